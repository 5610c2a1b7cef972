"""What a deploy bundle is made of, as values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nas_engine.deployment.arena import ArenaMeasurement
from nas_engine.deployment.model_card import CardFacts
from nas_engine.deployment.vectors import ScoredInputs

_SPARE = 1.25
_STEP_BYTES = 1024


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Settings of an always-on loop.

    An inference each `hop_s` seconds; scores averaged over `smoothing` inferences; a detection when a class's score is
    above its threshold in `needed` of the last `of_last` inferences; none of that class for `refractory_s` seconds.
    """

    hop_s: float
    smoothing: int = 1
    needed: int = 1
    of_last: int = 1
    refractory_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class BundleContents:
    """Contents of a deploy bundle.

    `documents` become JSON files by name, such as frontend.json. `arena` is None where it was not measured, and
    `arena_note` states why. `arena_estimate_bytes` is `peak_activation_bytes` of `nas_engine.cost`. `thresholds`
    (probability by class) and `loop` are None where nobody chose them. `files` are further files by their paths in the
    bundle: C sources in earshot/src/ are compiled with the rest.
    """

    title: str
    network: bytes
    labels: tuple[str, ...]
    documents: Mapping[str, Any]
    card: CardFacts
    arena_estimate_bytes: int
    arena: ArenaMeasurement | None = None
    arena_note: str = ""
    thresholds: Mapping[str, float] | None = None
    loop: LoopSettings | None = None
    vectors: ScoredInputs | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def reserved_arena_bytes(self) -> int:
        """Bytes that the C sources reserve: the measured arena, without one a quarter more than the estimate, each
        rounded up to whole kB of 1,024 bytes.
        """
        needed = self.arena.arena_bytes if self.arena else round(_SPARE * self.arena_estimate_bytes)
        return -(-needed // _STEP_BYTES) * _STEP_BYTES
