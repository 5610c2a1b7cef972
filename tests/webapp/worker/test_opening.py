"""Evaluation of an opening: the one process that reads the test split, and what is written back."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage

from nas_engine.audio.cache import Example, open_pack, write_pack
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.baselines import by_name
from nas_engine.testing.audio import spoil_test_split
from tests.webapp import finals as made
from tests.webapp import rows
from webapp.models import Clip, Dataset, SplitOpening
from webapp.queries.finals import final_networks
from webapp.queries.opening_statistics import difference_of, statistics_in
from webapp.services.openings import open_test_split
from webapp.storage import save_by_hash, save_file_by_hash
from webapp.worker.child.messages import AnswerSplits, TrainedNetwork
from webapp.worker.opening import evaluate_splits
from webapp.worker.packs import local_pack

pytestmark = pytest.mark.django_db(transaction=True)
CLIPS = 12


def dataset(*, spoilt: bool = False, shared_recording: bool = False) -> Dataset:
    """Three classes in three splits, each clip of a recording of two; perhaps with a test split that cannot be read."""
    rng = np.random.default_rng(0)
    examples = (
        Example(split, label, f"{split}-{label}-{number}", rng.normal(level, 1, (196, 40)).astype(np.float32))
        for split in ("train", "eval", "test")
        for level, label in enumerate(rows.CLASSES)
        for number in range(CLIPS)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.pack"
        write_pack(path, examples, FrontendConfig(), rows.CLASSES)
        if spoilt:
            spoil_test_split(path)
        name = save_file_by_hash(default_storage, "packs", path)
    counts = {split: dict.fromkeys(rows.CLASSES, CLIPS) for split in ("train", "eval", "test")}
    made_set = rows.ready_dataset(pack=name, counts=counts, frontend=rows.FRONTEND)
    Clip.objects.bulk_create(
        Clip(
            dataset=made_set,
            split=split,
            label=rows.CLASSES[position // CLIPS],
            group="shared" if shared_recording and position == 0 else f"{split} {position // 2}",
            source_name=f"{split} {position}",
            seconds=2.0,
            position=position,
            audio="clips/x.flac",
        )
        for split in ("eval", "test")
        for position in range(CLIPS * len(rows.CLASSES))
    )
    return made_set


def trained(count: int = 1, **values):
    study = made.search(dataset=dataset(**values))
    finalists = made.finalists(study, count=count, seeds=2)
    for finalist in finalists:
        made.train(finalist)
    content = save_by_hash(default_storage, "tflite", rows.SIMULATED_NETWORK, ".tflite")
    finalists[0].finals.trials.update(tflite=content)
    return study, finalists


def test_all_seeds_are_evaluated_on_both_splits_with_statistics(simulated):
    study, [finalist] = trained()
    opening = open_test_split(finalist_id=finalist.pk)
    evaluate_splits(opening.pk, "data-1")
    opening.refresh_from_db()
    assert (opening.state, opening.reason) == ("READY", "")
    assert len(opening.clips["test"]["labels"]) == len(opening.clips["test"]["recordings"]) == 3 * CLIPS
    results = list(opening.results.all())
    assert [len(result.test_answers) for result in results] == [3 * CLIPS] * 2
    found = statistics_in(opening)
    assert found is not None
    over_clips = found.test_clips
    assert over_clips.accuracy == pytest.approx(np.mean([result.test_accuracy for result in results]))
    assert (over_clips.seeds, over_clips.clips, over_clips.recordings) == (2, 3 * CLIPS, 3 * CLIPS // 2)
    assert over_clips.interval.low < over_clips.accuracy < over_clips.interval.high
    assert found.optimism is not None
    assert found.optimism.best_of == study.trials.filter(state="COMPLETED").count()


def test_two_networks_are_compared_pair_by_pair_whichever_was_opened_first(simulated):
    study, finalists = trained(count=2)
    for finalist in finalists:
        evaluate_splits(open_test_split(finalist_id=finalist.pk).pk, "data-1")
    first, second = final_networks(study)
    forth, back = difference_of(first, second), difference_of(second, first)
    assert forth is not None
    assert back is not None
    assert forth.difference == pytest.approx(first.test_accuracy.mean - second.test_accuracy.mean)
    assert back.difference == -forth.difference
    assert (back.interval.low, back.interval.high) == (-forth.interval.high, -forth.interval.low)


def test_two_networks_evaluated_at_once_are_compared_all_the_same(simulated):
    study, finalists = trained(count=2)
    opened = [open_test_split(finalist_id=finalist.pk) for finalist in finalists]
    results = rows.at_once(*(partial(evaluate_splits, one.pk, f"data-{one.pk}") for one in opened))
    assert results == [None, None]
    first, second = final_networks(study)
    assert difference_of(first, second) is not None


def test_a_large_network_on_many_clips_has_the_time_it_needs():
    network = TrainedNetwork("x.tflite", by_name("MobileNetV2"), 1)
    small = AnswerSplits((network,), "x.pack", "xnnpack", clips=100)
    large = AnswerSplits((network,) * 5, "x.pack", "micro", clips=2_000)
    assert small.patience_seconds < 500
    assert large.patience_seconds > 5 * 2_000 * 0.5  # measured: half a second a clip


def test_only_the_best_by_reward_is_said_to_be_the_best_of_all(simulated):
    study, finalists = trained(count=2)
    for finalist in finalists:
        evaluate_splits(open_test_split(finalist_id=finalist.pk).pk, "data-1")
    first, second = (statistics_in(one.opening) for one in final_networks(study))
    assert first.optimism.best_of == study.trials.filter(state="COMPLETED").count()
    assert second.optimism.best_of is None


def test_a_recording_in_both_splits_leaves_optimism_out(simulated):
    _, [finalist] = trained(shared_recording=True)
    opening = open_test_split(finalist_id=finalist.pk)
    evaluate_splits(opening.pk, "data-1")
    opening.refresh_from_db()
    found = statistics_in(opening)
    assert found is not None
    assert found.optimism is None


def test_only_the_opening_reads_the_test_split(simulated):
    """With a test split that raises when it is read, the recorded opening alone fails."""
    study, [finalist] = trained(spoilt=True)
    assert len(open_pack(local_pack(study.dataset.pack.name)).split("eval")) == 3 * CLIPS
    opening = open_test_split(finalist_id=finalist.pk)
    evaluate_splits(opening.pk, "data-1")
    opening.refresh_from_db()
    assert opening.state == SplitOpening.State.FAILED
    assert "spoilt" in opening.reason


@pytest.mark.slow
def test_real_networks_answer_as_they_did_when_they_were_trained():
    """The int8 accuracy on the evaluation split is that of the training, to the last clip."""
    from nas_engine.audio.batches import evaluation_arrays
    from nas_engine.network.tflite import evaluate_tflite
    from nas_engine.network.untrained import untrained_files
    from webapp.translation import architecture

    study, [finalist] = trained()
    x, y = evaluation_arrays(open_pack(local_pack(study.dataset.pack.name)), "eval")
    expected = []
    for trial in finalist.finals.trials.order_by("seed"):
        _, packed = untrained_files(architecture(trial.architecture), seed=trial.seed)
        finalist.finals.trials.filter(pk=trial.pk).update(
            tflite=save_by_hash(default_storage, "tflite", packed, ".tflite")
        )
        expected.append(evaluate_tflite(packed, x, y, len(rows.CLASSES))[0])
    opening = open_test_split(finalist_id=finalist.pk)
    evaluate_splits(opening.pk, "data-1")
    assert [result.eval_accuracy for result in opening.results.order_by("trial__seed")] == expected
