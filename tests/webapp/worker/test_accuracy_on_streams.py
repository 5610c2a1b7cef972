"""Trials that are evaluated on streams by workers: simulated ones, and real ones with real sound."""

from pathlib import Path

import numpy as np
import pytest
from django.conf import settings as django_settings

from nas_engine.evaluation_result import StreamResult
from nas_engine.reward import reward
from nas_engine.testing.spaces import tiny_2d
from tests.webapp import on_streams, packs, rows
from tests.webapp.worker.test_real_trial import synthetic_dataset
from webapp.models import Clip, Dataset, StreamDetection, Study, Trial, Worker
from webapp.services import stream_detections
from webapp.services.finals import train_final_baselines
from webapp.services.stream_evaluations import evaluation_clips
from webapp.services.working import TakenOver
from webapp.translation import reward_parameters, stream_plan
from webapp.worker import composing, dry_running, evaluating
from webapp.worker.detecting import detect_on_streams
from webapp.worker.lifecycle import ThisWorker
from webapp.worker.packs import local_pack

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_simulated_trial_detects_the_square_of_what_it_answers(worker: ThisWorker) -> None:
    study = on_streams.running_study(packs.dataset_with_features(), full_epochs=8)
    trial = rows.requested_trials(study)[0]
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.COMPLETED, trial.reason
    assert trial.stream_accuracy == pytest.approx((trial.int8_accuracy or 0.0) ** 2, abs=1e-4)
    assert trial.reward_accuracy == trial.stream_accuracy
    assert not list((django_settings.DATA_FOLDER.cache / "streams").glob("*.streams")), "nothing is put together"


def test_a_dry_run_states_that_nothing_was_heard() -> None:
    dataset = packs.dataset_with_features()
    settings = {"designer": "random", "trial_budget": 4, "full_epochs": 8}
    on_clips = rows.draft_study(dataset=dataset, **settings)
    found = dry_running.simulated(rows.draft_study(dataset=dataset, **settings, **on_streams.SETTINGS))
    assert found.accuracies_from.endswith("squared to stand for streams, which were not heard")
    last = found.by_workers[0].checkpoints[-1].best_reward[1]
    assert last < dry_running.simulated(on_clips).by_workers[0].checkpoints[-1].best_reward[1]


@pytest.mark.parametrize("rule", ["exponential_decay", "tsgp", "marginal_value"])
def test_a_dry_run_of_such_a_study_stops_trials_by_every_rule(rule: str) -> None:
    settings = on_streams.SETTINGS | {"designer": "random", "trial_budget": 40, "early_stopping": rule}
    study = rows.draft_study(dataset=packs.dataset_with_features(), full_epochs=40, **settings)
    assert any(one.stopped for one in dry_running.simulated(study).by_workers)


def real_worker() -> ThisWorker:
    return ThisWorker.begin("real@here", Worker.Role.TRAINING)


def small_study(dataset: Dataset) -> Study:
    study = on_streams.running_study(dataset, full_epochs=4, batch_size=32, trial_budget=2, stream_hours=0.2)
    Study.objects.filter(pk=study.pk).update(space_spec=tiny_2d(classes=len(dataset.classes)).to_json())
    study.refresh_from_db()
    return study


@pytest.mark.slow
def test_a_real_trial_is_evaluated_on_streams_that_are_put_together_once(broker: None) -> None:
    dataset = synthetic_dataset()
    study = small_study(dataset)
    worker = real_worker()
    try:
        first, second = rows.requested_trials(study, 2)
        evaluating.evaluate(first.pk, worker)
        (path,) = (django_settings.DATA_FOLDER.cache / "streams").glob("*.streams")
        written = path.stat().st_ctime_ns, path.stat().st_size
        made = path.read_bytes()
        evaluating.evaluate(second.pk, worker)
    finally:
        worker.end()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("COMPLETED", "COMPLETED"), (first.reason, second.reason)
    assert path.read_bytes() == made
    assert written[1] == path.stat().st_size
    detected = StreamResult.from_json(first.streams)
    assert {one.label for one in detected.classes} == set(dataset.classes) - {"negative"}
    assert (detected.hours, detected.events, detected.allowed) == (pytest.approx(0.2), 12, 6)
    assert detected.false_alarms <= 6
    assert (first.stream_accuracy, first.reward_accuracy) == (detected.accuracy, detected.accuracy)
    assert first.int8_accuracy != first.stream_accuracy
    expected = reward(detected.accuracy, first.energy_mj or 0.0, first.flash_bytes or 0, reward_parameters(study))
    assert first.reward == pytest.approx(expected)
    assert first.seconds["streams"] > 0.0
    same_network_as_a_baseline_detects_the_same(study, first)
    damaged_streams_are_put_together_again(study, path, made)


def same_network_as_a_baseline_detects_the_same(study: Study, trial: Trial) -> None:
    finals = train_final_baselines(study_id=study.pk, names=["TC-ResNet8"], seeds=1).finals
    published = finals.trials.get()
    values = {"state": "COMPLETED", "architecture": trial.architecture, "tflite": trial.tflite.name}
    results = ("float_accuracy", "int8_accuracy", "flash_bytes", "energy_mj", "reward", "finished_at")
    Trial.objects.filter(pk=published.pk).update(**values, **{name: getattr(trial, name) for name in results})
    stream_detections.request_baselines(study)
    row = StreamDetection.objects.get()
    detect_on_streams(row.pk, "data-1")
    row.refresh_from_db()
    assert (row.state, row.accuracy, row.result) == ("READY", trial.stream_accuracy, trial.streams), row.reason


def damaged_streams_are_put_together_again(study: Study, path: Path, made: bytes) -> None:
    path.write_bytes(made[:-1])
    plan, clips = stream_plan(study), evaluation_clips(study.dataset)
    assert plan is not None
    pack = local_pack(study.dataset.pack.name)
    file = composing.local_streams(plan.to_json(), clips, pack)
    assert (file.path, path.read_bytes()) == (str(path), made), "the same clips give the same streams"
    path.write_bytes(made[:5_000] + bytes(4) + made[5_004:])
    composing.discard_if_damaged(file)
    assert not path.exists()


def test_clips_that_no_stream_can_be_put_together_from_fail_the_trial_in_words(
    broker: None,
) -> None:
    dataset = packs.dataset_with_features()
    study = on_streams.running_study(dataset)
    Clip.objects.filter(dataset=dataset, split="eval").exclude(label="negative").delete()
    trial = rows.requested_trials(study)[0]
    worker = real_worker()
    try:
        evaluating.evaluate(trial.pk, worker)
    finally:
        worker.end()
    trial.refresh_from_db()
    assert (trial.state, hasattr(trial, "retry")) == ("FAILED", False)
    assert trial.reason.startswith(
        "The streams could not be put together: BadDataset: A stream with events needs clips"
    )


def test_whoever_has_to_wait_for_streams_can_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = packs.dataset_with_features()
    clips, pack = evaluation_clips(dataset), tmp_path / "some.pack"
    plan = stream_plan(Study(**on_streams.SETTINGS))
    assert plan is not None

    def left() -> None:
        raise TakenOver

    path = composing._folder() / f"{composing._key(plan.to_json(), clips, pack)}.streams"
    with composing._locked(path, left), pytest.raises(TakenOver):
        composing.local_streams(plan.to_json(), clips, pack, left)


def test_only_the_evaluation_split_is_heard() -> None:
    dataset = packs.dataset_with_features()
    assert {clip.split for clip in evaluation_clips(dataset)} == {"eval"}
    assert len(evaluation_clips(dataset)) == 18


def test_a_baseline_without_a_real_network_states_so() -> None:
    study = on_streams.running_study(packs.dataset_with_features())
    trial = rows.completed_trial(study, streams=on_streams.detected(0.5))
    rows.store_simulated_network(trial)
    row = StreamDetection.objects.create(trial=trial, key="k", plan=stream_plan(study).to_json())
    detect_on_streams(row.pk, "data-1")
    row.refresh_from_db()
    assert (row.state, "has no real network" in row.reason) == ("FAILED", True)


def test_streams_unused_for_longest_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = composing._folder()
    kept, old = folder / "a.streams", folder / "b.streams"
    for path in (old, kept):
        path.write_bytes(np.zeros(10, np.uint8).tobytes())
    monkeypatch.setattr(composing, "MOST_BYTES", 15)
    composing._evict(kept)
    assert (kept.exists(), old.exists()) == (True, False)
