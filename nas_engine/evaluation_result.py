"""Result of one trial's evaluation, real or simulated, and the progress it reports while it runs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

Phase = Literal["build", "float", "qat", "convert", "evaluate"]
Runtime = Literal["xnnpack", "reference", "micro"]
"""TensorFlow Lite with XNNPACK or with its reference kernels, or TensorFlow Lite Micro; see `network.runtimes`."""


@dataclass(frozen=True, slots=True)
class RuntimeResult:
    """Answers of one runtime to `clips` of the eval split, of which `correct` are right.

    Compared with the runtime that the study optimises for: `other_answers` counts clips of which it names another
    class, `largest_difference` is that of any output, in int8 steps (256 are a probability of 1).
    """

    clips: int
    correct: int
    other_answers: int
    largest_difference: int

    @property
    def accuracy(self) -> float:
        """Share of correct answers (0..1)."""
        return self.correct / self.clips

    def to_json(self) -> dict[str, int]:
        """All fields by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ClipMistake:
    """Wrong answer of the int8 network to the clip at `position` of the eval split, in the pack's order.

    `label` and `answer` are indices of classes; `score` (0..1) is the output of the class that was answered.
    """

    position: int
    label: int
    answer: int
    score: float


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """Accuracy, size, cost and estimated energy of an architecture that was trained and quantised.

    Accuracies are the share of correct answers (0..1) on the eval split, before and after int8 conversion.
    `runtimes` compares runtimes; int8 accuracy and `confusion` are those of the one that the study optimises for.
    `flash_bytes` is the size of the .tflite file. FLOPs are 2 MACs. `energy_mj` is per inference; `energy_source`
    names the predictor. `confusion[t][p]` counts the examples of class t answered p by the int8 network. `seconds` is
    wall time by phase. `mistakes` are the wrong answers counted by `confusion`, the most certain first, None where they
    are not known. Raises ValueError naming the wrong field.
    """

    float_accuracy: float
    int8_accuracy: float
    flash_bytes: int
    flops: int
    parameters: int
    energy_mj: float
    energy_source: str
    peak_activation_bytes: int
    confusion: tuple[tuple[int, ...], ...]
    seconds: Mapping[str, float]
    runtimes: Mapping[Runtime, RuntimeResult] = field(default_factory=dict)
    mistakes: tuple[ClipMistake, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("float_accuracy", "int8_accuracy"):
            value = getattr(self, name)
            if not 0 <= value <= 1:  # also false for NaN
                raise ValueError(f"{name} must lie in 0..1, not {value!r}")
        for name in ("flash_bytes", "flops", "parameters", "peak_activation_bytes"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)!r}")
        if not (math.isfinite(self.energy_mj) and self.energy_mj >= 0):
            raise ValueError(f"energy_mj must be a finite number of at least 0, not {self.energy_mj!r}")
        if not self.energy_source:
            raise ValueError("energy_source must name where energy_mj comes from")
        if any(len(row) != len(self.confusion) or min(row) < 0 for row in self.confusion):
            raise ValueError("confusion must be a square matrix of counts of at least 0")
        wrong = sum(map(sum, self.confusion)) - sum(row[true] for true, row in enumerate(self.confusion))
        if self.mistakes is not None and len(self.mistakes) != wrong:
            raise ValueError(f"mistakes must be the {wrong} wrong answers of confusion, not {len(self.mistakes)}")
        for phase, value in self.seconds.items():
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"seconds[{phase!r}] must be a finite number of at least 0, not {value!r}")


@dataclass(frozen=True, slots=True)
class Progress:
    """Report to the progress callback, which may raise EvaluationCancelled.

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
    """A finished evaluation: its result, the .tflite file, the learning curve and the versions it ran on."""

    result: EvaluationResult
    tflite: bytes
    curve: tuple[EpochResult, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SplitAnswers:
    """Answers of several networks to the clips of one split, in the pack's order.

    labels: index of the true class of each clip [n]; clip_ids [n]; answers: index of the class that each network
    answers [networks][n].
    """

    labels: tuple[int, ...]
    clip_ids: tuple[str, ...]
    answers: tuple[tuple[int, ...], ...]

    def accuracies(self) -> tuple[float, ...]:
        """Share of right answers (0..1) of each network."""
        pairs = (zip(one, self.labels, strict=True) for one in self.answers)
        return tuple(sum(answer == label for answer, label in one) / len(self.labels) for one in pairs)


@dataclass(frozen=True, slots=True)
class BothSplits:
    """Answers of the same networks to the evaluation split and to the test split."""

    evaluation: SplitAnswers
    test: SplitAnswers


OnProgress = Callable[[Progress], None]
