"""Evaluations from a recording: its own trainings as they were, all others of their size and noise."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.architecture import Architecture
from nas_engine.baselines import nas_bayesian
from nas_engine.cost import cost
from nas_engine.evaluation_result import Evaluation, Progress
from nas_engine.layers import Conv, Dense, Depthwise, GlobalAverage, all_layers
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.simulation import simulated_evaluation
from nas_engine.simulation.recorded_trainings import RecordedEvaluator, training_noise
from nas_engine.simulation.recording import Recording, RecordingHeader, read_recording, record
from nas_engine.simulation.simulated_evaluation import SimulatedPlan
from nas_engine.testing.spaces import tiny_2d
from tests.nas_engine.sampling import samples

PLAN = SimulatedPlan(trial_epochs=20, qat_epochs=3)
COUNT = 150


def made(path: Path, header: RecordingHeader, count: int) -> Recording:
    def simulated(seed: int, architecture: Architecture) -> Evaluation:
        return simulated_evaluation.simulate(architecture, replace(PLAN, seed=seed))

    list(record(path, header, count, simulated))
    return read_recording(path)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recording") / "table.jsonl"


@pytest.fixture(scope="module")
def recording(path: Path) -> Recording:
    return made(path, RecordingHeader(paper_2d(), 7, "no clips: simulated", {"full_epochs": 20}, {}), COUNT)


@pytest.fixture(scope="module")
def evaluator(recording: Recording) -> RecordedEvaluator:
    return RecordedEvaluator(recording)


def test_a_recorded_network_returns_its_own_training(recording: Recording, evaluator: RecordedEvaluator) -> None:
    for training in recording.trainings[:20]:
        evaluation = evaluator.simulate(training.architecture)
        measured = evaluation.result
        assert (measured.float_accuracy, measured.int8_accuracy) == (training.float_accuracy, training.int8_accuracy)
        assert measured.seconds == training.seconds
        assert [replace(point, seconds=0.0) for point in evaluation.curve] == list(training.curve)
        assert evaluation.environment["source"] == measured.energy_source == "replayed"


def test_the_same_blocks_with_identities_elsewhere_are_the_recorded_network(evaluator: RecordedEvaluator) -> None:
    by_network = {training.architecture.network_hash for training in evaluator._trainings}
    twin = next(
        other
        for training in evaluator._trainings
        for other in _identities_moved(training.architecture)
        if other.hash != training.architecture.hash and other.network_hash in by_network
    )
    assert evaluator.simulate(twin).environment["source"] == "replayed"


def _identities_moved(architecture: Architecture) -> list[Architecture]:
    """Architectures of the paper's space with two neighbouring blocks exchanged, where one is an identity."""
    blocks, found = architecture.blocks, []
    for i in range(len(blocks) - 1):
        swapped = replace(architecture, blocks=(*blocks[:i], blocks[i + 1], blocks[i], *blocks[i + 2 :]))
        if "identity" in (blocks[i].kind, blocks[i + 1].kind) and paper_2d().contains(swapped):
            found.append(swapped)
    return found


def test_other_networks_are_simulated_and_say_so(evaluator: RecordedEvaluator) -> None:
    evaluation = evaluator.simulate(nas_bayesian())
    assert evaluation.environment["source"] == evaluation.result.energy_source == "simulated"
    assert b"simulated" in evaluation.tflite
    assert "150 trainings" in evaluation.environment["from"]


def test_an_equal_recording_and_plan_give_an_equal_result_in_every_process(
    path: Path, evaluator: RecordedEvaluator
) -> None:
    program = (
        "import sys; from pathlib import Path; from nas_engine.baselines import nas_bayesian\n"
        "from nas_engine.simulation.recorded_trainings import RecordedEvaluator\n"
        "from nas_engine.simulation.recording import read_recording\n"
        "print(repr(RecordedEvaluator(read_recording(Path(sys.argv[1]))).simulate(nas_bayesian())))"
    )
    other = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert repr(evaluator.simulate(nas_bayesian())) == other.stdout.strip()


def test_training_again_scatters_as_the_report_says(evaluator: RecordedEvaluator) -> None:
    accuracies = [
        evaluator.simulate(nas_bayesian(), replace(evaluator.plan, seed=seed)).result.int8_accuracy
        for seed in range(300)
    ]
    assert np.std(accuracies) == pytest.approx(evaluator.report.training_noise, rel=0.15)
    expected = evaluator.accuracy(nas_bayesian())
    assert np.mean(accuracies) == pytest.approx(expected, abs=4 * evaluator.report.training_noise / np.sqrt(300))


def test_new_networks_are_spread_as_the_recorded_ones(evaluator: RecordedEvaluator) -> None:
    accuracies = [evaluator.accuracy(architecture) for architecture in samples(paper_2d(), 200, seed=9)]
    assert np.std(accuracies) == pytest.approx(evaluator.report.spread, rel=0.35)


def test_what_made_recorded_networks_good_makes_others_good(recording: Recording) -> None:
    """Recorded accuracies that rise with FLOPs, by five points for each doubling."""

    def accuracy(architecture: Architecture) -> float:
        return 0.7 + 0.05 * float(np.log2(cost(architecture).flops / 6e6))

    trainings = tuple(
        replace(training, int8_accuracy=accuracy(training.architecture)) for training in recording.trainings
    )
    evaluator = RecordedEvaluator(replace(recording, trainings=trainings))
    drawn = samples(paper_2d(), 50, seed=9)
    simulated = [evaluator.simulate(architecture).result.int8_accuracy for architecture in drawn]
    assert np.corrcoef(simulated, [accuracy(architecture) for architecture in drawn])[0, 1] > 0.9
    assert evaluator.report.leave_one_out_error < evaluator.report.spread / 3


def test_other_landscapes_keep_the_recorded_networks(recording: Recording, evaluator: RecordedEvaluator) -> None:
    other = RecordedEvaluator(recording, landscape_seed=1)
    assert other.accuracy(nas_bayesian()) != evaluator.accuracy(nas_bayesian())
    known = recording.trainings[0].architecture
    assert other.simulate(known) == evaluator.simulate(known)


def test_nothing_is_ever_not_a_number_and_shares_are_shares(evaluator: RecordedEvaluator) -> None:
    for number, architecture in enumerate(samples(paper_2d(), 100, seed=4)):
        for epochs in (1, 7, 20, 90):
            evaluation = evaluator.simulate(architecture, SimulatedPlan(epochs, 1 + epochs // 10, seed=number))
            values = [value for point in evaluation.curve for value in (point.train_accuracy, point.eval_accuracy)] + [
                evaluation.result.int8_accuracy,
                evaluation.result.float_accuracy,
            ]
            assert all(0 <= value <= 1 for value in values)
            assert np.isfinite([(point.loss, point.seconds) for point in evaluation.curve]).all()
            assert [point.phase for point in evaluation.curve].count("float") == epochs


def test_a_shorter_training_ends_lower_and_sooner_and_a_longer_one_gains_nothing(evaluator: RecordedEvaluator) -> None:
    for architecture in (nas_bayesian(), evaluator._trainings[0].architecture):
        short, whole, long = (evaluator.simulate(architecture, SimulatedPlan(epochs, 3)) for epochs in (5, 20, 40))
        assert short.result.int8_accuracy < whole.result.int8_accuracy - 0.01
        assert long.result.int8_accuracy == pytest.approx(whole.result.int8_accuracy)
        assert short.result.seconds["float"] == pytest.approx(whole.result.seconds["float"] / 4)
        assert short.environment["source"] == long.environment["source"] == "simulated"


def test_seconds_grow_with_flops_as_recorded(evaluator: RecordedEvaluator) -> None:
    """The made-up seconds are in proportion to FLOPs."""
    seconds_per_flop = [
        evaluator.simulate(architecture).result.seconds["float"] / cost(architecture).flops
        for architecture in samples(paper_2d(), 50, seed=4)
    ]
    assert np.ptp(seconds_per_flop) < 0.01 * np.mean(seconds_per_flop)


def test_phases_and_epochs_are_reported_as_in_a_real_evaluation(evaluator: RecordedEvaluator) -> None:
    reports: list[Progress] = []
    evaluation = evaluator.evaluate(nas_bayesian(), None, SimulatedPlan(4, 2), reports.append)
    assert [(report.phase, report.epoch, report.epochs) for report in reports] == [
        ("build", 0, 0),
        *(("float", epoch, 4) for epoch in range(1, 5)),
        *(("qat", epoch, 2) for epoch in range(1, 3)),
        ("convert", 0, 0),
        ("evaluate", 0, 0),
    ]
    seconds = [report.seconds for report in reports]
    assert seconds == sorted(seconds)
    assert seconds[-1] == pytest.approx(sum(evaluation.result.seconds.values()))


def test_networks_trained_several_times_tell_the_training_noise(tmp_path: Path) -> None:
    """18 networks, 100 trainings: they scatter by the simulation's 0.005, and by the step to int8 of 0.004."""
    header = RecordingHeader(tiny_2d(), 7, "no clips: simulated", {}, {})
    recording = made(tmp_path / "tiny.jsonl", header, 100)
    assert 0.004 < training_noise(recording.trainings) < 0.008
    evaluator = RecordedEvaluator(recording)
    architecture = recording.trainings[0].architecture
    accuracies = {
        evaluator.simulate(architecture, replace(evaluator.plan, seed=seed)).result.int8_accuracy for seed in range(10)
    }
    recorded = {training.int8_accuracy for training in recording.trainings if training.architecture == architecture}
    assert len(accuracies) > 1
    assert recorded <= accuracies


def test_what_cannot_be_served_is_refused(recording: Recording, evaluator: RecordedEvaluator) -> None:
    with pytest.raises(ValueError, match="not in the search space"):
        evaluator.simulate(samples(tiny_2d(), 1)[0])
    with pytest.raises(ValueError, match="at least 8 recorded trainings, not 3"):
        RecordedEvaluator(replace(recording, trainings=recording.trainings[:3]))
    with pytest.raises(ValueError, match="no training with a learning curve"):
        RecordedEvaluator(replace(recording, trainings=()))


def test_the_recording_that_comes_along_holds_the_networks_its_header_names() -> None:
    recording = read_recording(Path("benchmarks/data/paper-2d.jsonl"))
    assert len(recording.trainings) >= 150
    for training in recording.trainings:
        assert training.architecture == recording.header.architecture(training.number)
        named = training.flash_bytes + _names_bytes(training.architecture)
        assert cost(training.architecture).flash_bytes_estimate == pytest.approx(named, rel=0.005)


def _names_bytes(architecture: Architecture) -> int:
    """What names cost that the recorded files do not have yet: an offset, a length and a short text for each tensor."""
    constants = {Conv: 2, Depthwise: 2, Dense: 2, GlobalAverage: 1}
    tensors = 2 + sum(1 + constants.get(type(layer), 0) for layer in all_layers(architecture))
    return 12 * tensors
