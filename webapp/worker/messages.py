"""What a training worker and its child say to each other over their pipe. Nothing here loads TensorFlow."""

from dataclasses import dataclass
from typing import Literal

from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import Evaluation, Progress

Ending = Literal["infeasible", "failed", "transient", "cancelled"]


@dataclass(frozen=True, slots=True)
class Evaluate:
    """To the child: evaluate this."""

    architecture: Architecture
    pack_path: str
    full_epochs: int
    batch_size: int
    seed: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the child: give up at the next epoch."""


@dataclass(frozen=True, slots=True)
class Ready:
    """From the child: everything is loaded. `seconds` is how long that took."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reported:
    """From the child: an epoch or a phase is done."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Finished:
    """From the child: the result."""

    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Ended:
    """From the child: there is no result, and why."""

    kind: Ending
    reason: str


ToChild = Evaluate | Cancel
FromChild = Ready | Reported | Finished | Ended
