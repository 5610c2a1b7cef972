"""Protocol of a designer, its inputs (outcomes, settings) and its outputs (suggestions)."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from nas_engine.architecture import Architecture
from nas_engine.constraints import Penalty
from nas_engine.errors import EarshotError

State = dict[str, Any]
_log = logging.getLogger(__name__)


class SpaceExhausted(EarshotError):
    """Every architecture of the space is finished, violating or pending; the study has no further trial."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An architecture to try. `metadata` belongs to the designer: keep it and return it with the outcome."""

    architecture: Architecture
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DesignerSettings:
    """Settings of a study's designer in addition to the seed. Each designer reads those it has a use for.

    `switch_at`: number of trials after which the hybrid leaves the Gaussian process, at least 1 (else ValueError).
    `by_compute`: whether a trial stopped early counts for `switch_at` as the share of a whole training that it took,
    and the forecast of its reward is as uncertain as its rule states. Otherwise, as in the paper, each trial counts as
    one, and a forecast as a result.
    `penalty`: accuracy (0..1) subtracted from an architecture's accuracy to give its reward, infinite where it will
    not be trained; None where it is not known.
    """

    switch_at: int = 1_000
    penalty: Penalty | None = None
    by_compute: bool = False

    def __post_init__(self) -> None:
        if self.switch_at < 1:
            raise ValueError(f"switch_at must be at least 1, not {self.switch_at}")


@dataclass(frozen=True, slots=True)
class Objectives:
    """Terms of a reward: accuracy of the int8 network that it is taken from (0..1), energy per inference (mJ), size of
    its file (bytes).

    Raises ValueError for a value that is not finite.
    """

    accuracy: float
    energy_mj: float
    flash_bytes: float

    def __post_init__(self) -> None:
        values = (self.accuracy, self.energy_mj, self.flash_bytes)
        if not all(map(math.isfinite, values)):
            raise ValueError(f"objectives must be finite, not {values!r}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of trial `number` of a study as reported to its designer; `reward` is None where it is infeasible.

    `objectives` is None where the trial is infeasible, or was stopped early and `reward` is a forecast. `deviation` is
    the standard deviation of such a forecast (unit of the reward), and `trained_share` (0..1) the epochs trained in
    those of a whole training; of all other trials they are 0 and 1. Trials that failed for a reason outside the
    architecture are not outcomes; do not report them. Raises ValueError for a reward that is not finite, a negative
    deviation and a share out of range.
    """

    number: int
    architecture: Architecture
    reward: float | None
    metadata: Mapping[str, str] = field(default_factory=dict)
    objectives: Objectives | None = None
    deviation: float = 0.0
    trained_share: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.deviation < math.inf:
            raise ValueError(f"the deviation of trial {self.number} must be finite and not below 0: {self.deviation!r}")
        if not 0.0 <= self.trained_share <= 1.0:
            raise ValueError(f"the trained share of trial {self.number} must be 0 to 1, not {self.trained_share!r}")
        if self.reward is not None and not math.isfinite(self.reward):
            raise ValueError(f"the reward of trial {self.number} must be finite or None, not {self.reward!r}")


@dataclass(frozen=True, slots=True)
class ViolatingSuggestion:
    """Suggestion that violates a constraint, with the reason. It is trial `number` of its study and is not trained."""

    number: int
    suggestion: Suggestion
    reason: str

    @property
    def outcome(self) -> Outcome:
        """Outcome reported to the designer: infeasible."""
        return Outcome(self.number, self.suggestion.architecture, None, self.suggestion.metadata)


class NothingFeasible(EarshotError):
    """None of many architectures checked meets the constraints; the study has no further trial.

    `violating` are those among them that the designer had suggested.
    """

    def __init__(self, message: str, violating: Sequence[ViolatingSuggestion] = ()) -> None:
        super().__init__(message)
        self.violating = tuple(violating)


class Designer(Protocol):
    """Search algorithm: suggests architectures of one search space and learns from the outcomes of trials.

    The study's outcomes are the authoritative state: `registry.create(name, space, seed, state, history)` makes an
    equivalent designer at any time from `dump()` and the outcomes, or from the outcomes alone. An implementation may
    assume that it is used by one thread, and that every architecture passed to it belongs to the space; it may not
    assume that it suggested them, that outcomes arrive in order or at all, or that any outcome is feasible.
    """

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """`count` (at least 1) architectures of the space.

        They differ from each other and from `pending` (suggested earlier, by this designer or another, and not yet
        finished) unless the designer finds no others. They may repeat finished ones, which `deduplication.fill` drops.
        """
        ...

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from outcomes that were not passed to this designer before."""
        ...

    def dump(self) -> State:
        """State that cannot be recomputed from the outcomes, as JSON-able values."""
        ...


def accepted_state(state: State | None, form: str) -> State | None:
    """`state` if its format is `form`, else None.

    The state of another designer or version is no error: the designer is then rebuilt from the outcomes.
    """
    if state is not None and state.get("format") != form:
        _log.warning("a designer's state of format %r is ignored: %r is needed", state.get("format"), form)
        return None
    return state
