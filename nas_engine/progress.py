"""What an evaluation, real or simulated, tells its caller while it runs and when it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from nas_engine.evaluation_result import EvaluationResult

Phase = Literal["build", "float", "qat", "convert", "evaluate"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One report to the progress callback, which may raise EvaluationCancelled.

    `epoch` counts from 1 to `epochs` within the phase, and both are 0 in a phase without epochs. Loss and accuracies
    (0..1) are None where the phase has none.
    `seconds` is wall time since the evaluation began.
    """

    phase: Phase
    epoch: int
    epochs: int
    loss: float | None
    train_accuracy: float | None
    eval_accuracy: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class EpochResult:
    """One epoch of the learning curve; fields as in `Progress`."""

    phase: Phase
    epoch: int
    loss: float
    train_accuracy: float
    eval_accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of one trial: what was measured, the network itself, how it learnt and on what it was trained."""

    result: EvaluationResult
    tflite: bytes
    curve: tuple[EpochResult, ...]
    environment: Mapping[str, str]


OnProgress = Callable[[Progress], None]
