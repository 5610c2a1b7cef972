"""What every designer is: a protocol of three methods, and the values that go in and out."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from nas_engine.architecture import Architecture
from nas_engine.errors import EarshotError
from nas_engine.penalty import Penalty

State = dict[str, Any]
_log = logging.getLogger(__name__)


class SpaceExhausted(EarshotError):
    """Every architecture of the space was tried or refused, or is being tried. The study has nothing left to ask."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An architecture to try. `metadata` belongs to the designer: keep it and return it with the outcome."""

    architecture: Architecture
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DesignerSettings:
    """What a study may say to its designer beside the seed. Each designer reads what concerns it.

    `switch_at`: the trials that the hybrid leaves to the Gaussian process. `penalty`: what will be taken from an
    architecture's accuracy to make its reward, infinite where it will not be trained; None where that is not known.
    """

    switch_at: int = 1_000
    penalty: Penalty | None = None

    def __post_init__(self) -> None:
        if self.switch_at < 1:
            raise ValueError(f"switch_at must be at least 1, not {self.switch_at}")


@dataclass(frozen=True, slots=True)
class Objectives:
    """What a reward is made of: accuracy of the int8 network (0..1), energy per inference, size of its file."""

    int8_accuracy: float
    energy_mj: float
    flash_bytes: float

    def __post_init__(self) -> None:
        values = (self.int8_accuracy, self.energy_mj, self.flash_bytes)
        if not all(map(math.isfinite, values)):
            raise ValueError(f"objectives must be finite, not {values!r}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial ended. `number` is the trial's number in its study; `reward` is None where it is infeasible.

    `objectives` is None where they were not measured: it is infeasible, or was stopped early and `reward` is a
    forecast. Trials that failed for a reason outside the architecture are not outcomes; do not report them.
    """

    number: int
    architecture: Architecture
    reward: float | None
    metadata: Mapping[str, str] = field(default_factory=dict)
    objectives: Objectives | None = None

    def __post_init__(self) -> None:
        if self.reward is not None and not math.isfinite(self.reward):
            raise ValueError(f"the reward of trial {self.number} must be finite or None, not {self.reward!r}")


@dataclass(frozen=True, slots=True)
class ViolatingSuggestion:
    """A suggestion that the screen refused, with the reason. It is trial `number` of its study and costs nothing."""

    number: int
    suggestion: Suggestion
    reason: str

    @property
    def outcome(self) -> Outcome:
        """What the designer is told of it: infeasible."""
        return Outcome(self.number, self.suggestion.architecture, None, self.suggestion.metadata)


class NothingFeasible(EarshotError):
    """Of many architectures looked at, none passes the screen. The study has nothing left to train.

    `violating` are those among them that the designer had suggested.
    """

    def __init__(self, message: str, violating: Sequence[ViolatingSuggestion] = ()) -> None:
        super().__init__(message)
        self.violating = tuple(violating)


class Designer(Protocol):
    """Proposes architectures of one search space and learns from what became of them.

    A designer holds no truth. `registry.create(name, space, seed, state, history)` makes an equivalent one at any time
    from `dump()` and the study's outcomes, or from the outcomes alone. An implementation may assume that it is used by
    one thread, and that every architecture it is told of belongs to the space; it may not assume that it suggested
    them, that suggestions come back in order or at all, or that any outcome is feasible.
    """

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """`count` architectures of the space, at least one.

        They differ from each other and from `pending` (suggested earlier, by this designer or another, and not yet
        finished) unless the designer finds no others; they may repeat finished ones. `deduplication.fill` is strict.
        """
        ...

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """Learn from outcomes that this designer has not been told of yet."""
        ...

    def dump(self) -> State:
        """What cannot be recomputed from the outcomes, as JSON-able values."""
        ...


def accepted_state(state: State | None, form: str) -> State | None:
    """`state` if a designer that writes the format `form` dumped it, else None.

    A state of another designer or version is no error: the outcomes are the truth, and the designer begins from them.
    """
    if state is not None and state.get("format") != form:
        _log.warning("a designer's state of format %r is left aside: %r is needed", state.get("format"), form)
        return None
    return state
