"""Repetitions of a trial, and whether they came out the same: from rows and files that are there already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.files.storage import default_storage

from nas_engine.files.tflite_difference import FileDifference, file_difference
from nas_engine.statistics.reproduction import Epoch, Reproduction, Training, compare
from webapp.caches import kept
from webapp.models import CurvePoint, Study, Trial
from webapp.storage import NotStored, hash_in_name

MOST_SHOWN = 20
_PHASES = ("float", "qat")


@dataclass(frozen=True, slots=True)
class Repetition:
    """A repetition of a trial. `same_file` is None before it has ended with a file."""

    trial: Trial
    same_file: bool | None

    @property
    def is_open(self) -> bool:
        return self.trial.state in Trial.OPEN


@dataclass(frozen=True, slots=True)
class Repetitions:
    """Repetitions of one trial, the newest first, and the comparison with the newest that is completed."""

    rows: tuple[Repetition, ...]
    compared: Trial | None
    outcome: Reproduction | None

    @property
    def is_live(self) -> bool:
        return any(row.is_open for row in self.rows)


@dataclass(frozen=True, slots=True)
class RepeatedTrial:
    """A repetition as a row of its study's page, next to the trial that it repeats."""

    repetition: Trial
    original: Trial
    same_file: bool | None


def repetitions_of(trial: Trial) -> Repetitions:
    """Of a completed trial. Two queries, one without a completed repetition; more where files have to be read."""
    found = Trial.objects.filter(reproduces=trial).select_related("study").defer("study__space_spec")
    rows = tuple(Repetition(one, _same_file(trial, one)) for one in found.order_by("-pk")[:MOST_SHOWN])
    completed = next((row.trial for row in rows if row.trial.state == Trial.State.COMPLETED), None)
    return Repetitions(rows, completed, outcome(trial, completed) if completed else None)


def outcome(original: Trial, repetition: Trial) -> Reproduction:
    """Comparison of two completed trials. One query; more for the tensors of files that differ and are not kept."""
    curves = _curves((original.pk, repetition.pk))
    first, second = (_training(trial, curves[trial.pk]) for trial in (original, repetition))
    names = str(original.tflite.name), str(repetition.tflite.name)
    return compare(first, second, None if names[0] == names[1] else _difference(*names))


def repeated_trials(study: Study) -> tuple[RepeatedTrial, ...]:
    """The trials of a study of repetitions, the newest first, each with its original. One query."""
    found = study.trials.select_related("reproduces").exclude(reproduces=None).order_by("-number")
    pairs = [(trial, trial.reproduces) for trial in found]
    return tuple(RepeatedTrial(trial, one, _same_file(one, trial)) for trial, one in pairs if one is not None)


def _same_file(original: Trial, repetition: Trial) -> bool | None:
    """By the hashes in the names of the files."""
    return original.tflite.name == repetition.tflite.name if repetition.tflite else None


def _curves(trial_ids: Iterable[int]) -> Mapping[int, tuple[Epoch, ...]]:
    """Learning curves, float before QAT. One query."""
    curves: dict[int, list[Epoch]] = {trial_id: [] for trial_id in trial_ids}
    for one in CurvePoint.objects.filter(trial__in=curves):
        point = Epoch(one.phase, one.epoch, one.loss, one.train_accuracy, one.eval_accuracy)
        curves[one.trial_id].append(point)
    return {trial_id: tuple(sorted(curve, key=_place)) for trial_id, curve in curves.items()}


def _place(point: Epoch) -> tuple[int, int]:
    return _PHASES.index(point.phase), point.epoch


def _training(trial: Trial, curve: Sequence[Epoch]) -> Training:
    return Training(
        curve=tuple(curve),
        int8_accuracy=trial.int8_accuracy or 0.0,  # a completed trial has one
        confusion=trial.confusion or (),
        sha256=hash_in_name(str(trial.tflite.name)),
        environment=trial.environment,
    )


@kept("differences of networks")
def _difference(first: str, second: str) -> FileDifference | None:
    """Difference of two stored files, whose names hold their hashes; None if one is no network or is lost."""
    try:
        return file_difference(*(_content(name) for name in (first, second)))
    except (NotStored, ValueError):
        return None


def _content(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())
