"""What a deploy bundle is made of, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.deployment.arena import ArenaMeasurement, arena_to_reserve, weight_channels
from nas_engine.deployment.model_card import CardFacts
from nas_engine.deployment.vectors import ScoredInputs
from nas_engine.files.tflite_operators import operator_codes
from nas_engine.streaming.loop import LoopSettings

_STEP_BYTES = 1024


@dataclass(frozen=True, slots=True)
class BundleContents:
    """Contents of a deploy bundle.

    `frontend` is the content of frontend.json, with "input" and "output"; `documents` become further JSON files by
    name. `arena` is None where it was not measured, and `arena_note` states why. `arena_estimate_bytes` is
    `peak_activation_bytes` of `nas_engine.cost`. `loop` is None where nobody chose settings: then the sources have the
    defaults. `sounds` are 16-bit PCM [n] by name, which `vectors` scores last. `files` are further files by their paths
    in the bundle: C sources in earshot/src/ are compiled with the rest.
    """

    title: str
    network: bytes
    labels: tuple[str, ...]
    frontend: Mapping[str, Any]
    documents: Mapping[str, Any]
    card: CardFacts
    arena_estimate_bytes: int
    arena: ArenaMeasurement | None = None
    arena_note: str = ""
    loop: LoopSettings | None = None
    vectors: ScoredInputs | None = None
    sounds: Mapping[str, NDArray[np.int16]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def loop_or_default(self) -> LoopSettings:
        """Settings that the sources are made with."""
        return self.loop or LoopSettings()

    @property
    def reserved_arena_bytes(self) -> int:
        """Bytes that the C sources reserve, in whole kB of 1,024 bytes: the measured arena, else `arena_to_reserve`.

        Raises ValueError for a network that is no .tflite file.
        """
        needed = self.arena.arena_bytes if self.arena else self._arena_without_measurement
        return -(-needed // _STEP_BYTES) * _STEP_BYTES

    @property
    def _arena_without_measurement(self) -> int:
        operators = len(operator_codes(self.network))
        return arena_to_reserve(self.arena_estimate_bytes, operators, weight_channels(self.network))
