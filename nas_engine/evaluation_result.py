"""Result of one trial's evaluation, real or simulated, and the progress it reports while it runs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

Phase = Literal["build", "float", "qat", "convert", "streams", "evaluate"]
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
class DetectedClass:
    """What the always-on loop makes of one class on streams, at the threshold (0..1) that was chosen on them.

    Raises ValueError for more misses than events, or fewer than 0 of anything.
    """

    label: str
    threshold: float
    events: int
    misses: int
    false_alarms: int

    def __post_init__(self) -> None:
        if not (0 <= self.misses <= self.events and self.false_alarms >= 0):
            raise ValueError(f"{self.misses} misses of {self.events} events, {self.false_alarms} false alarms")

    @property
    def miss_rate(self) -> float | None:
        """Share of the events that are missed (0..1), None without events."""
        return self.misses / self.events if self.events else None


@dataclass(frozen=True, slots=True)
class StreamResult:
    """The always-on loop on streams, at the point of its DET curves where it keeps a rate of false alarms.

    At most `allowed` false alarms, of all classes together, are within the target in `hours`. Thresholds are chosen on
    the very streams they are counted on. Raises ValueError where no class has events.
    """

    hours: float
    allowed: int
    classes: tuple[DetectedClass, ...]

    def __post_init__(self) -> None:
        if not any(one.events for one in self.classes):
            raise ValueError("A miss rate needs streams with events.")

    @property
    def accuracy(self) -> float:
        """1 less the mean miss rate of the classes with events (0..1)."""
        rates = [one.miss_rate for one in self.classes if one.miss_rate is not None]
        return 1.0 - sum(rates) / len(rates)

    @property
    def events(self) -> int:
        """Events of all classes."""
        return sum(one.events for one in self.classes)

    @property
    def misses(self) -> int:
        """Missed events of all classes."""
        return sum(one.misses for one in self.classes)

    @property
    def false_alarms(self) -> int:
        """False alarms of all classes."""
        return sum(one.false_alarms for one in self.classes)

    def to_json(self) -> dict[str, Any]:
        """All fields by name; `from_json` is the inverse."""
        return {"hours": self.hours, "allowed": self.allowed, "classes": [asdict(one) for one in self.classes]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Result from the JSON of `to_json`. Raises ValueError for values, TypeError for names that are wrong."""
        return cls(data["hours"], data["allowed"], tuple(DetectedClass(**one) for one in data["classes"]))


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
    wall time by phase. `streams` is the int8 network on streams, where its accuracy there counts. `mistakes` are the
    wrong answers counted by `confusion`, the most certain first, None where they are not known. Raises ValueError
    naming the wrong field.
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
    streams: StreamResult | None = None
    mistakes: tuple[ClipMistake, ...] | None = None

    @property
    def reward_accuracy(self) -> float:
        """Accuracy that Equation 1 takes (0..1): on streams where it was measured there, else on clips."""
        return self.int8_accuracy if self.streams is None else self.streams.accuracy

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
