"""One trial, for real, on small data; once on the real clips."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from nas_engine.architecture import Architecture, Stem
from nas_engine.audio.cache import FeaturePack, open_pack
from nas_engine.audio.clips import scan
from nas_engine.audio.dataset import prepare
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.baselines import by_name, nas_bayesian
from nas_engine.cost import cost
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.errors import BadDataset, EvaluationCancelled, TrainingDiverged
from nas_engine.evaluation import evaluate
from nas_engine.evaluation_result import Evaluation, Progress
from nas_engine.network.runtimes import available
from nas_engine.network.schedule import TrainingConfig
from nas_engine.testing.audio import spoil_test_split, tiny_pack
from nas_engine.testing.spaces import tiny_2d
from tests.nas_engine.network.threads import use_one_thread

use_one_thread()

SHORT = TrainingConfig(full_epochs=4, qat_epochs=2, batch_size=8)


def ignore(_: Progress) -> None:
    """For those who do not want to know."""


@pytest.fixture(scope="module")
def pack_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pack") / "tones.pack"
    tiny_pack(path)
    spoil_test_split(path)  # training, quantisation and evaluation read nothing of it
    return path


@pytest.fixture(scope="module")
def pack(pack_file: Path) -> FeaturePack:
    return open_pack(pack_file)


@pytest.fixture(scope="module")
def architecture() -> Architecture:
    return tiny_2d().sample(np.random.default_rng(0))


@pytest.fixture(scope="module")
def reports() -> list[Progress]:
    return []


@pytest.fixture(scope="module")
def evaluation(architecture: Architecture, pack: FeaturePack, reports: list[Progress]) -> Evaluation:
    return evaluate(architecture, pack, SHORT, reports.append)


def test_every_epoch_of_every_phase_is_reported_in_order(evaluation: Evaluation, reports: list[Progress]) -> None:
    assert [(report.phase, report.epoch, report.epochs) for report in reports] == [
        ("build", 0, 0),
        ("float", 1, 3),
        ("float", 2, 3),
        ("float", 3, 3),
        ("qat", 1, 2),
        ("qat", 2, 2),
        ("convert", 0, 0),
        ("evaluate", 0, 0),
    ]
    seconds = [report.seconds for report in reports]
    assert seconds == sorted(seconds)


def test_the_curve_is_what_was_reported(evaluation: Evaluation, reports: list[Progress]) -> None:
    reported = [(report.phase, report.epoch, report.loss, report.eval_accuracy) for report in reports if report.epoch]
    assert [(point.phase, point.epoch, point.loss, point.eval_accuracy) for point in evaluation.curve] == reported
    assert evaluation.result.float_accuracy == evaluation.curve[2].eval_accuracy


def test_costs_are_those_of_the_architecture_and_of_the_file(
    evaluation: Evaluation, architecture: Architecture
) -> None:
    counted, measured = cost(architecture), evaluation.result
    assert measured.flash_bytes == len(evaluation.tflite)
    assert (measured.flops, measured.parameters) == (counted.flops, counted.parameters)
    assert measured.peak_activation_bytes == counted.peak_activation_bytes
    predicted = predict_energy_mj(counted)
    assert (measured.energy_mj, measured.energy_source) == (predicted.energy_mj, predicted.source)


def test_the_confusion_counts_the_eval_split(evaluation: Evaluation, pack: FeaturePack) -> None:
    confusion = np.array(evaluation.result.confusion)
    assert confusion.sum(axis=1).tolist() == np.bincount(pack.split("eval").labels).tolist()
    assert evaluation.result.int8_accuracy == np.trace(confusion) / confusion.sum()


def test_the_mistakes_are_the_clips_off_the_diagonal_the_most_certain_first(
    evaluation: Evaluation, pack: FeaturePack
) -> None:
    mistakes = evaluation.result.mistakes
    assert mistakes is not None
    confusion = np.array(evaluation.result.confusion)
    np.fill_diagonal(confusion, 0)
    counted = np.zeros_like(confusion)
    for one in mistakes:
        assert pack.split("eval").labels[one.position] == one.label
        counted[one.label, one.answer] += 1
    np.testing.assert_array_equal(counted, confusion)
    scores = [one.score for one in mistakes]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_all_runtimes_of_this_machine_give_the_same_answers(evaluation: Evaluation, pack: FeaturePack) -> None:
    measured = evaluation.result
    assert tuple(measured.runtimes) == available()
    for result in measured.runtimes.values():
        assert (result.clips, result.other_answers) == (len(pack.split("eval")), 0)
        assert result.largest_difference <= 1
        assert result.accuracy == measured.int8_accuracy


def test_seconds_are_told_for_each_phase(evaluation: Evaluation, reports: list[Progress]) -> None:
    phases = evaluation.result.seconds
    assert set(phases) == {
        "build",
        "float_trace",
        "float",
        "quantise",
        "qat_trace",
        "qat",
        "convert",
        "evaluate",
        "compare",
    }
    assert all(seconds > 0 for seconds in phases.values())
    assert sum(phases.values()) - phases["compare"] <= reports[-1].seconds


def test_the_environment_names_the_versions_that_made_the_network(evaluation: Evaluation) -> None:
    assert {"tensorflow", "tf_keras", "tensorflow_model_optimization"} <= set(evaluation.environment)


def test_the_same_seed_gives_the_same_network(
    evaluation: Evaluation, architecture: Architecture, pack: FeaturePack
) -> None:
    again = evaluate(architecture, pack, SHORT, ignore)
    assert again.tflite == evaluation.tflite
    assert [point.loss for point in again.curve] == [point.loss for point in evaluation.curve]


def test_another_seed_gives_another_network(
    evaluation: Evaluation, architecture: Architecture, pack: FeaturePack
) -> None:
    assert evaluate(architecture, pack, replace(SHORT, seed=1), ignore).tflite != evaluation.tflite


@pytest.mark.parametrize("last", [("float", 2), ("qat", 1)])
def test_the_callback_can_cancel_after_any_epoch(
    architecture: Architecture, pack: FeaturePack, last: tuple[str, int]
) -> None:
    seen: list[tuple[str, int]] = []

    def cancel(progress: Progress) -> None:
        seen.append((progress.phase, progress.epoch))
        if seen[-1] == last:
            raise EvaluationCancelled("enough")

    with pytest.raises(EvaluationCancelled, match="enough"):
        evaluate(architecture, pack, SHORT, cancel)
    assert seen[-1] == last


def test_training_that_diverges_says_so(architecture: Architecture, pack: FeaturePack) -> None:
    with pytest.raises(TrainingDiverged, match="epoch 1 of float training"):
        evaluate(architecture, pack, replace(SHORT, learning_rate=1e38, warmup_epochs=0), ignore)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda a: replace(a, head=replace(a.head, classes=9)), "answers 9 classes, the dataset has 3"),
        (lambda a: replace(a, stem=Stem(frames=98)), "takes 98 frames of 40 mel bins"),
    ],
)
def test_a_network_that_does_not_fit_the_data_is_refused(
    architecture: Architecture, pack: FeaturePack, change: Callable[[Architecture], Architecture], complaint: str
) -> None:
    with pytest.raises(BadDataset, match=complaint):
        evaluate(change(architecture), pack, SHORT, ignore)


def test_the_pack_of_a_2d_network_serves_a_1d_baseline_too(evaluation: Evaluation, pack_file: Path) -> None:
    """One cache: TC-ResNet sees the mel bins as depth, 196 x 1 x 40, and learns from the very file."""
    pack = open_pack(pack_file)
    network = by_name("TC-ResNet8-0.25", classes=len(pack.classes))
    before = pack_file.read_bytes()
    measured = evaluate(network, pack, replace(SHORT, full_epochs=16), ignore).result
    assert pack_file.read_bytes() == before
    assert list(pack_file.parent.iterdir()) == [pack_file]
    assert network.stem.input_shape == (pack.config.frames, 1, pack.config.mel_bins)
    assert np.array(measured.confusion).sum() == len(pack.split("eval"))
    assert measured.int8_accuracy > 0.6  # guessing one of three is right in a third


@pytest.mark.slow
def test_ten_trials_in_one_process_do_not_pile_up_memory(pack: FeaturePack) -> None:
    process, rng = psutil.Process(), np.random.default_rng(1)
    used = []
    for _ in range(14):
        evaluate(tiny_2d().sample(rng), pack, replace(SHORT, full_epochs=1, qat_epochs=1), ignore)
        used.append(process.memory_info().rss / 1e6)
    # The first trials fill caches. A leaked model alone would be 20 MB a trial, a leaked graph 4 MB.
    assert used[-1] - used[3] < 20


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_table_2s_network_learns_tones_and_keeps_its_accuracy_in_int8(tmp_path: Path) -> None:
    """Three classes, 16 clips each; guessing one of three is right in a third."""
    pack = tiny_pack(tmp_path / "tones.pack", clips_per_class=16)
    config = TrainingConfig(full_epochs=16, qat_epochs=2, batch_size=8)
    measured = evaluate(nas_bayesian(classes=len(pack.classes)), pack, config, ignore).result
    assert measured.int8_accuracy > 0.6
    assert measured.int8_accuracy == pytest.approx(measured.float_accuracy, abs=0.1)
    assert measured.flash_bytes < 60_000


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_table_2s_network_learns_the_real_clips_and_keeps_its_accuracy_in_int8(
    sound_events: Path, tmp_path: Path
) -> None:
    """A shortened training; always answering "negative" scores 0.50, a whole trial about 0.77."""
    prepared = prepare(scan(sound_events), FrontendConfig(), lambda *_: None, tmp_path / "work")
    prepared.write_pack(tmp_path / "clips.pack")
    config = TrainingConfig(full_epochs=20, qat_epochs=2)
    measured = evaluate(nas_bayesian(), open_pack(tmp_path / "clips.pack"), config, ignore).result
    assert measured.int8_accuracy > 0.6
    assert measured.int8_accuracy == pytest.approx(measured.float_accuracy, abs=0.04)
    assert measured.flash_bytes < 60_000
