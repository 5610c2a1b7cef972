"""Recordings of real trainings, for simulated evaluations and comparisons of stopping rules and designers.

A recording is a text file of JSON lines. The first line holds the search space, the clips, the training configuration
and the versions of libraries; each further line is one training. Lines are appended one by one, so an interrupted run
continues where it stopped.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np

from nas_engine.architecture import Architecture, json_fields
from nas_engine.evaluation_result import EpochResult, Evaluation, Phase
from nas_engine.search_space.paper_spaces import SearchSpace

_T = TypeVar("_T")
FORMAT = "earshot-trainings-1"
_DIGITS = 4
_PHASES: tuple[Phase, ...] = ("float", "qat")
_CURVES = ("loss", "train_accuracy", "eval_accuracy")
_SEEDS_A_REPETITION = 1_000_000
_ADDED_SETTINGS: Mapping[str, Any] = {"runtime": "xnnpack", "statistics_stride": 1}
"""Settings of a training that headers of earlier versions lack, with the values that they had."""


@dataclass(frozen=True, slots=True)
class RecordingHeader:
    """First line of a recording. `sounds` describes the clips to the user, `training` is the configuration.

    Training `number` has architecture `space.sample(default_rng([seed, number]))`.
    """

    space: SearchSpace
    seed: int
    sounds: str
    training: Mapping[str, Any]
    environment: Mapping[str, str]

    def architecture(self, number: int) -> Architecture:
        """Architecture of training `number`, counted from 1."""
        return self.space.sample(np.random.default_rng([self.seed, number]))

    def to_json(self) -> dict[str, Any]:
        """All fields by name, and `format`, the version of the file format."""
        return {
            "format": FORMAT,
            "space": self.space.to_json(),
            "seed": self.seed,
            "sounds": self.sounds,
            "training": dict(self.training),
            "environment": dict(self.environment),
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Inverse of `to_json`. Raises ValueError naming the key that is missing, unknown or wrong."""
        fields = json_fields(data, "header", ("format", "space", "seed", "sounds", "training", "environment"))
        if fields.pop("format") != FORMAT:
            raise ValueError(f"header: format must be {FORMAT!r}")
        return cls(**fields | {"space": SearchSpace.from_json(fields["space"])})


@dataclass(frozen=True, slots=True)
class RecordedTraining:
    """One training. Accuracies are 0..1 on the eval split except the curve's train accuracy; size of the .tflite file.

    `repetition` counts the trainings of one number, from 0; they differ in the seed alone (`training_seed`).
    `curve` has every epoch, float then QAT; its `seconds` are not kept (0.0). `seconds` is wall time by phase.
    """

    number: int
    architecture: Architecture
    float_accuracy: float
    int8_accuracy: float
    flash_bytes: int
    curve: tuple[EpochResult, ...]
    seconds: Mapping[str, float]
    repetition: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """Content of a recording; trainings in the order in which they were made."""

    header: RecordingHeader
    trainings: tuple[RecordedTraining, ...]


def training_seed(number: int, repetition: int = 0) -> int:
    """Seed of a training's weights and batches."""
    return number + repetition * _SEEDS_A_REPETITION


def read_recording(path: Path) -> Recording:
    """Read a recording. Raises ValueError with the file's name and the line that is wrong.

    An incomplete last line, left by an interrupted run, is ignored.
    """
    lines = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
    if not lines:
        raise ValueError(f"{path}: this is no recording: it has no complete line")
    header = _parsed(path, 1, lines[0], RecordingHeader.from_json)
    trainings = (
        _parsed(path, number, line, lambda data: _training(header.space, data))
        for number, line in enumerate(lines[1:], start=2)
    )
    return Recording(header, tuple(trainings))


def record(
    path: Path,
    header: RecordingHeader,
    count: int,
    evaluate: Callable[[int, Architecture], Evaluation | None],
    *,
    first: int = 1,
    repetitions: int = 0,
) -> Iterator[RecordedTraining]:
    """Run trainings `first` .. `count` that `path` does not hold yet, then each `repetitions` times again with other
    seeds; append and yield each as it ends.

    `evaluate(seed, architecture)` trains; a training that has no result (None) is left out. Raises ValueError,
    before anything is trained or written, where `path` holds a recording of another space, of other clips, or trained
    in another way.
    """
    done = _continued(path, header)
    for repetition, number in product(range(repetitions + 1), range(first, count + 1)):
        if (number, repetition) in done:
            continue
        architecture = header.architecture(number)
        evaluation = evaluate(training_seed(number, repetition), architecture)
        if evaluation is None:
            continue
        line = _line(header.space, number, repetition, architecture, evaluation)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
        yield _training(header.space, json.loads(line))


def _continued(path: Path, header: RecordingHeader) -> set[tuple[int, int]]:
    """Numbers and repetitions already in the file; creates a missing file and cuts off an incomplete line."""
    if not path.exists():
        path.write_text(_json(header.to_json()), encoding="utf-8")
        return set()
    recording = read_recording(path)
    found = recording.header
    found = replace(found, training={**_ADDED_SETTINGS, **found.training})
    wanted = replace(header, training={**_ADDED_SETTINGS, **header.training})
    for name in ("space", "seed", "sounds", "training"):
        if getattr(found, name) != getattr(wanted, name):
            raise ValueError(f"{path} holds a recording with another {name}: choose another file, or remove this one")
    content = path.read_bytes()
    if not content.endswith(b"\n"):
        path.write_bytes(content[: content.rfind(b"\n") + 1])
    return {(training.number, training.repetition) for training in recording.trainings}


def _line(space: SearchSpace, number: int, repetition: int, architecture: Architecture, evaluation: Evaluation) -> str:
    result = evaluation.result
    curves: dict[str, dict[str, list[float]]] = {
        phase: {
            name: [round(getattr(point, name), _DIGITS) for point in evaluation.curve if point.phase == phase]
            for name in _CURVES
        }
        for phase in _PHASES
    }
    return _json(
        {
            "number": number,
            "repetition": repetition,
            "options": list(space.encode(architecture)),
            "float_accuracy": round(result.float_accuracy, _DIGITS),
            "int8_accuracy": round(result.int8_accuracy, _DIGITS),
            "flash_bytes": result.flash_bytes,
            "seconds": {phase: round(seconds, 2) for phase, seconds in result.seconds.items()},
            **curves,
        }
    )


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":")) + "\n"


def _training(space: SearchSpace, data: object) -> RecordedTraining:
    """Training of a line; one without `repetition`, as lines once were, is its number's first."""
    keys = ("number", "repetition", "options", "float_accuracy", "int8_accuracy", "flash_bytes", "seconds", *_PHASES)
    fields = json_fields({"repetition": 0, **data} if isinstance(data, Mapping) else data, "training", keys)
    return RecordedTraining(
        number=fields["number"],
        architecture=space.decode(fields["options"]),
        float_accuracy=fields["float_accuracy"],
        int8_accuracy=fields["int8_accuracy"],
        flash_bytes=fields["flash_bytes"],
        curve=tuple(point for phase in _PHASES for point in _curve(phase, fields[phase])),
        seconds=fields["seconds"],
        repetition=fields["repetition"],
    )


def _curve(phase: Phase, data: object) -> Iterator[EpochResult]:
    curves = json_fields(data, phase, _CURVES)
    points = zip(*(curves[name] for name in _CURVES), strict=True)
    for epoch, (loss, train_accuracy, eval_accuracy) in enumerate(points, start=1):
        yield EpochResult(phase, epoch, loss, train_accuracy, eval_accuracy, seconds=0.0)


def _parsed(path: Path, number: int, line: str, parse: Callable[[Any], _T]) -> _T:
    try:
        return parse(json.loads(line))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}, line {number}: {error}") from error
