"""A table of trainings: what is written is what is read, whatever interrupts the writing."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import Evaluation
from nas_engine.simulation import simulated_evaluation
from nas_engine.simulation.recording import RecordedTraining, RecordingHeader, read_recording, record
from nas_engine.simulation.simulated_evaluation import SimulatedPlan
from nas_engine.testing.spaces import tiny_2d

HEADER = RecordingHeader(tiny_2d(), 7, "tones: 4 clips", {"full_epochs": 4}, {"tensorflow": "none: simulated"})
PLAN = SimulatedPlan(trial_epochs=3, qat_epochs=2)


def simulated(seed: int, architecture: Architecture) -> Evaluation:
    return simulated_evaluation.simulate(architecture, replace(PLAN, seed=seed))


def trained(path: Path, count: int, header: RecordingHeader = HEADER) -> list[RecordedTraining]:
    return list(record(path, header, count, simulated))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.jsonl"


def test_what_is_recorded_is_read_back(path: Path) -> None:
    made = trained(path, 3)
    recording = read_recording(path)
    assert recording.header == HEADER
    assert list(recording.trainings) == made
    assert [training.number for training in made] == [1, 2, 3]


def test_a_training_keeps_its_values_to_four_digits(path: Path) -> None:
    (training,) = trained(path, 1)
    evaluation = simulated(1, training.architecture)
    assert training.int8_accuracy == pytest.approx(evaluation.result.int8_accuracy, abs=5e-5)
    assert training.flash_bytes == evaluation.result.flash_bytes
    assert [(point.phase, point.epoch) for point in training.curve] == [
        (point.phase, point.epoch) for point in evaluation.curve
    ]
    for kept, point in zip(training.curve, evaluation.curve, strict=True):
        assert kept.loss == pytest.approx(point.loss, abs=5e-5)
        assert kept.eval_accuracy == pytest.approx(point.eval_accuracy, abs=5e-5)


def test_a_recording_goes_on_where_it_stopped_and_samples_the_same_networks(path: Path, tmp_path: Path) -> None:
    first = trained(path, 2)
    later = trained(path, 4)
    assert [training.number for training in later] == [3, 4]
    assert first + later == trained(tmp_path / "at once.jsonl", 4)


@pytest.mark.parametrize("lost", [1, 20, 200])
def test_a_line_cut_off_by_a_kill_is_made_again(path: Path, lost: int) -> None:
    trained(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole[:-lost])
    assert len(read_recording(path).trainings) == 2
    assert [training.number for training in trained(path, 3)] == [3]
    assert path.read_bytes() == whole


def test_a_training_without_a_result_is_left_out_and_the_next_one_made(path: Path) -> None:
    def all_but_the_first(number: int, architecture: Architecture) -> Evaluation | None:
        return None if number == 1 else simulated(number, architecture)

    made = record(path, HEADER, 2, all_but_the_first)
    assert [training.number for training in made] == [2]


def test_repetitions_train_the_same_networks_with_other_seeds(path: Path) -> None:
    once = trained(path, 2)
    again = list(record(path, HEADER, 2, simulated, repetitions=2))
    assert [(one.number, one.repetition) for one in again] == [(1, 1), (2, 1), (1, 2), (2, 2)]
    for one in again:
        first = once[one.number - 1]
        assert one.architecture == first.architecture
        assert one.int8_accuracy != first.int8_accuracy
    assert list(read_recording(path).trainings) == once + again
    assert not list(record(path, HEADER, 2, simulated, repetitions=2))


def test_a_line_of_before_there_were_repetitions_is_its_numbers_first(path: Path) -> None:
    (training,) = trained(path, 1)
    damaged(lambda data: data.pop("repetition"))(path)
    assert read_recording(path).trainings == (training,)
    assert not trained(path, 1)


def test_processes_that_share_the_work_make_what_one_would(path: Path) -> None:
    second = path.with_name("second.jsonl")
    shared = trained(path, 2) + list(record(second, HEADER, 4, simulated, first=3))
    assert shared == trained(path.with_name("whole.jsonl"), 4)


def other_headers() -> Iterator[tuple[str, RecordingHeader]]:
    yield "space", replace(HEADER, space=tiny_2d(classes=4))
    yield "seed", replace(HEADER, seed=8)
    yield "sounds", replace(HEADER, sounds="other tones")
    yield "training", replace(HEADER, training={"full_epochs": 5})


@pytest.mark.parametrize(("name", "header"), tuple(other_headers()))
def test_a_file_is_not_continued_with_other_settings(path: Path, name: str, header: RecordingHeader) -> None:
    trained(path, 1)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"another {name}"):
        trained(path, 2, header)
    assert path.read_bytes() == before


def test_a_file_is_continued_whose_header_is_from_before_a_setting_was_added(path: Path) -> None:
    trained(path, 1)
    with_new = replace(HEADER, training={"full_epochs": 4, "runtime": "xnnpack", "statistics_stride": 1})
    assert [training.number for training in trained(path, 2, with_new)] == [2]
    with pytest.raises(ValueError, match="another training"):
        trained(path, 3, replace(with_new, training={**with_new.training, "statistics_stride": 2}))


def damaged(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        lines = path.read_text().splitlines()
        data = json.loads(lines[1])
        change(data)
        path.write_text("\n".join([lines[0], json.dumps(data)]) + "\n")

    return apply


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_text(""), "no complete line"),
        (lambda path: path.write_text("number,accuracy\n1,0.5\n"), "line 1"),
        (lambda path: path.write_text('{"format":"other"}\n'), "line 1: header: key 'space' is missing"),
        (damaged(lambda data: data.pop("int8_accuracy")), "line 2: training: key 'int8_accuracy' is missing"),
        (damaged(lambda data: data.update(options=[0, 0, 99])), "line 2: position 3 of tiny_2d has no option 99"),
        (damaged(lambda data: data.update(qat={"loss": [1.0]})), "line 2: qat: key 'train_accuracy' is missing"),
    ],
)
def test_a_file_that_is_no_recording_is_named_with_the_line(
    path: Path, damage: Callable[[Path], None], message: str
) -> None:
    trained(path, 1)
    damage(path)
    with pytest.raises(ValueError, match=message) as error:
        read_recording(path)
    assert str(path) in str(error.value)
