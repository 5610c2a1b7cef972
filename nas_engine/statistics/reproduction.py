"""Comparison of two trainings of one network with one seed: whether they came out the same, or where they part.

A phase is one of float training, training with simulated quantisation, conversion (weights and file), and evaluation.
Everything is compared bit for bit: figures that agree to ten digits differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nas_engine.files.tflite_difference import FileDifference

FLOAT, QAT, WEIGHTS, FILE, EVALUATION = "float", "qat", "weights", "file", "evaluation"
PHASE_NAMES: Mapping[str, str] = {
    FLOAT: "float training",
    QAT: "training with simulated quantisation",
    WEIGHTS: "weights",
    FILE: "file",
    EVALUATION: "evaluation",
}
_CONVERSION = "conversion"  # makes weights and file
NOT_RECORDED = "not recorded"
_KNOWN_CAUSES: Mapping[str, str] = {
    "tensorflow": "library version",
    "tf_keras": "library version",
    "tensorflow_model_optimization": "library version",
    "numpy": "library version",
    "python": "library version",
    "threads": "number of threads",
    "machine": "kind of processor",
    "processor": "processor",
    "engine": "source of the engine",
    "features": "features of the dataset",
}
_OF_THE_TRIAL = ("seed",)
_FEWEST_DIGITS, _MOST_DIGITS = 6, 17  # any two different floats differ in 17 significant digits


class Epoch(NamedTuple):
    """Point of a learning curve; accuracies (0..1) are None where none was recorded."""

    phase: str
    epoch: int
    loss: float
    train_accuracy: float | None
    eval_accuracy: float | None


@dataclass(frozen=True, slots=True)
class Training:
    """Result of one training: its learning curve (float, then qat), int8 accuracy (0..1), the SHA-256 of its .tflite
    file, and the environment that it ran in.
    """

    curve: tuple[Epoch, ...]
    int8_accuracy: float
    confusion: Sequence[Sequence[int]]
    sha256: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PhaseComparison:
    """Outcome of one phase. `is_same` is None where it is not known; `detail` has the figures, in words."""

    phase: str
    is_same: bool | None
    detail: str

    @property
    def name(self) -> str:
        """Name of the phase on pages."""
        return PHASE_NAMES[self.phase]

    @property
    def place(self) -> str:
        """Where two trainings part that differ here first."""
        return _CONVERSION if self.phase in (WEIGHTS, FILE) else self.name


@dataclass(frozen=True, slots=True)
class CircumstanceDifference:
    """Part of the environment that differs between two trainings, with the kind of cause it is."""

    name: str
    cause: str
    first: str
    second: str

    @property
    def is_known(self) -> bool:
        """Whether it was recorded of both."""
        return NOT_RECORDED not in (self.first, self.second)


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Comparison of two trainings, phase by phase."""

    first: Training
    second: Training
    phases: tuple[PhaseComparison, ...]
    circumstances: tuple[CircumstanceDifference, ...]

    @property
    def is_identical(self) -> bool:
        """Whether all that was recorded of both is the same, bit for bit, the file above all."""
        return self.first.sha256 == self.second.sha256 and all(one.is_same is not False for one in self.phases)

    @property
    def parting(self) -> PhaseComparison | None:
        """First phase that differs."""
        return next((one for one in self.phases if one.is_same is False), None)

    @property
    def verdict(self) -> str:
        """The outcome in words, with the circumstances that differ."""
        if self.parting is None:
            return f"The same, bit for bit: {_and(self._same())}."
        later = self.phases[self.phases.index(self.parting) + 1 :]
        others = [one for one in later if one.is_same is False and one.phase != FILE]
        further = "".join(f" {one.name.capitalize()}: {one.detail}." for one in others)
        return f"They part in {self.parting.place}: {self.parting.detail}.{further} {causes(self.circumstances)}"

    def _same(self) -> list[str]:
        epochs = len(self.first.curve)
        curve = [f"{epochs} epochs of training"] if epochs and self.first.curve == self.second.curve else []
        return [*curve, f"int8 accuracy {self.first.int8_accuracy:.4f}", f"file sha256 {self.first.sha256}"]


def compare(first: Training, second: Training, files: FileDifference | None) -> Reproduction:
    """Compare two trainings. `files` compares the tensors of their .tflite files; None where these are not at hand."""
    phases = (
        _curve(FLOAT, first, second),
        _curve(QAT, first, second),
        _weights(first, second, files),
        _file(first, second),
        _evaluation(first, second),
    )
    return Reproduction(first, second, phases, different_circumstances(first.environment, second.environment))


def different_circumstances(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[CircumstanceDifference, ...]:
    """Parts of two environments that differ or were recorded of one alone, known causes first."""
    order = {name: number for number, name in enumerate(_KNOWN_CAUSES)}
    names = sorted({*first, *second} - {*_OF_THE_TRIAL}, key=lambda name: (order.get(name, len(order)), name))
    pairs = [(name, first.get(name, NOT_RECORDED), second.get(name, NOT_RECORDED)) for name in names]
    return tuple(
        CircumstanceDifference(name, _KNOWN_CAUSES.get(name, "circumstance"), one, other)
        for name, one, other in pairs
        if one != other
    )


def causes(circumstances: Iterable[CircumstanceDifference]) -> str:
    """Sentences on the circumstances that differ, as possible causes of a difference."""
    found = list(circumstances)
    known = [f"{one.name} {one.first} and {one.second} ({one.cause})" for one in found if one.is_known]
    unknown = [one.name for one in found if not one.is_known]
    if known:
        words = f"Different: {_and(known, '; ')}."
    else:
        words = "Library versions, threads, processor and source of the engine are the same as far as recorded."
    return f"{words} Recorded of one of them alone: {_and(unknown)}." if unknown else words


def _curve(phase: str, first: Training, second: Training) -> PhaseComparison:
    """First epoch of a phase that differs."""
    pair = [{point.epoch: point for point in one.curve if point.phase == phase} for one in (first, second)]
    if not all(pair):
        return PhaseComparison(phase, None, "no learning curve is stored")
    for epoch in sorted({*pair[0], *pair[1]}):
        one, other = (points.get(epoch) for points in pair)
        if one is None or other is None:
            return PhaseComparison(phase, False, f"one of them has no epoch {epoch}")
        if one != other:
            return PhaseComparison(phase, False, f"epoch {epoch}, {_figures(one, other)}")
    return PhaseComparison(phase, True, f"loss and accuracies of all {len(pair[0])} epochs")


def _figures(one: Epoch, other: Epoch) -> str:
    pairs = {
        "loss": (one.loss, other.loss),
        "training accuracy": (one.train_accuracy, other.train_accuracy),
        "evaluation accuracy": (one.eval_accuracy, other.eval_accuracy),
    }
    return _and([f"{name} {distinct(*pair)}" for name, pair in pairs.items() if pair[0] != pair[1]], "; ")


def distinct(first: float | None, second: float | None) -> str:
    """Two different figures in as few digits, 6 at least, as show that they differ, and their difference."""
    if first is None or second is None:
        return " and ".join("none" if one is None else f"{one:.{_FEWEST_DIGITS}g}" for one in (first, second))
    enough = (n for n in range(_FEWEST_DIGITS, _MOST_DIGITS) if f"{first:.{n}g}" != f"{second:.{n}g}")
    digits = next(enough, _MOST_DIGITS)
    return f"{first:.{digits}g} and {second:.{digits}g} ({second - first:+.1e})"


def _weights(first: Training, second: Training, files: FileDifference | None) -> PhaseComparison:
    if first.sha256 == second.sha256:
        return PhaseComparison(WEIGHTS, True, "all weights, biases and scales")
    if files is None:
        return PhaseComparison(WEIGHTS, None, "the files cannot be read")
    if not files.same_structure:
        return PhaseComparison(WEIGHTS, False, "the files' tensors differ in number, shape or type")
    if files.same_weights:
        return PhaseComparison(WEIGHTS, True, f"all {files.values:,} weights and biases, and all scales")
    detail = (
        f"{len(files.differing):,} of {files.tensors:,} tensors differ, {files.values_differing:,} of {files.values:,} "
        f"weights and biases, int8 weights by at most {files.largest_int8_steps} step{_s(files.largest_int8_steps)}"
    )
    return PhaseComparison(WEIGHTS, False, detail)


def _file(first: Training, second: Training) -> PhaseComparison:
    is_same = first.sha256 == second.sha256
    detail = f"sha256 {first.sha256}" if is_same else f"sha256 {first.sha256} and {second.sha256}"
    return PhaseComparison(FILE, is_same, detail)


def _evaluation(first: Training, second: Training) -> PhaseComparison:
    one, other = first.int8_accuracy, second.int8_accuracy
    if one != other:
        return PhaseComparison(EVALUATION, False, f"int8 accuracy {distinct(one, other)}")
    if [*map(list, first.confusion)] != [*map(list, second.confusion)]:
        return PhaseComparison(EVALUATION, False, f"int8 accuracy {one:.4f} of both, but other answers to some clips")
    return PhaseComparison(EVALUATION, True, f"int8 accuracy {one:.4f} and the confusion matrix")


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _and(parts: Sequence[str], separator: str = ", ") -> str:
    """A list in words."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{separator.join(parts[:-1])}{separator.rstrip() if separator != ', ' else ''} and {parts[-1]}"
