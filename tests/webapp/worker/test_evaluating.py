"""A training worker and its child: results, deaths, cancellations, outages."""

import errno
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from nas_engine.baselines import by_name
from nas_engine.network.schedule import TrainingConfig
from nas_engine.simulation.simulated_evaluation import SIMULATED_TFLITE
from tests.webapp import packs, rows
from webapp.models import Dataset, Study, Trial, Worker
from webapp.services import studies, working
from webapp.worker import evaluating
from webapp.worker.child import process
from webapp.worker.packs import local_pack

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(broker: None) -> Dataset:
    return packs.dataset_with_features()


def requested(dataset: Dataset, **values) -> Trial:
    return rows.requested_trials(rows.running_study(dataset=dataset, full_epochs=8, **values))[0]


def until(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def when_running(trial: Trial, act) -> threading.Thread:
    """Call `act` from a thread as soon as the trial has an epoch behind it."""

    def wait_and_act() -> None:
        try:
            until(lambda: trial.curve.exists())
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


def slow_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARSHOT_SIMULATED_EPOCH_SECONDS", "0.5")


def test_a_trial_ends_completed_with_curve_network_and_environment(worker, dataset):
    trial = requested(dataset)
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.COMPLETED, trial.reason
    assert trial.curve.filter(phase="float").count() == 6  # three quarters of eight
    assert trial.energy_source == "simulated"
    assert default_storage.open(trial.tflite.name).read() == SIMULATED_TFLITE
    assert trial.environment["features"] == dataset.pack.name.split("/")[1].removesuffix(".pack")
    assert "write" in trial.seconds
    assert trial.worker == worker.name


def test_the_next_trial_uses_the_warm_child(worker, dataset):
    pids = []
    for _ in range(2):
        evaluating.evaluate(requested(dataset).pk, worker)
        pids.append(worker.trainer.pid)
    assert pids[0] == pids[1]
    assert Trial.objects.filter(state="COMPLETED").count() == 2


def test_a_trial_of_another_worker_is_left_alone(worker, dataset):
    trial = rows.running_trial(rows.running_study(dataset=dataset), "somebody else")
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert (trial.state, trial.worker) == (Trial.State.RUNNING, "somebody else")
    assert worker.trainer.pid is None


@pytest.mark.parametrize(("number", "name"), [(signal.SIGSEGV, "SIGSEGV"), (signal.SIGKILL, "SIGKILL")])
def test_the_childs_death_fails_the_trial_by_the_signals_name(worker, dataset, simulated, number, name):
    slow_epochs(simulated)
    trial = requested(dataset)
    thread = when_running(trial, lambda: os.kill(worker.trainer.pid, number))
    evaluating.evaluate(trial.pk, worker)
    thread.join()
    trial.refresh_from_db()
    assert trial.state == Trial.State.FAILED
    assert f"ended by signal {int(number)} ({name})" in trial.reason
    assert Trial.objects.get(retried_from=trial).state == Trial.State.REQUESTED
    simulated.setenv("EARSHOT_SIMULATED_EPOCH_SECONDS", "0")
    evaluating.evaluate(trial.retry.pk, worker)
    trial.retry.refresh_from_db()
    assert trial.retry.state == Trial.State.COMPLETED


def test_a_stopped_study_cancels_its_trial_at_the_next_epoch(worker, dataset, simulated):
    slow_epochs(simulated)
    trial = requested(dataset)
    thread = when_running(trial, lambda: studies.stop(study_id=trial.study_id))
    evaluating.evaluate(trial.pk, worker)
    thread.join()
    trial.refresh_from_db()
    assert trial.state == Trial.State.CANCELLED
    assert Study.objects.get(pk=trial.study_id).state == Study.State.STOPPED
    assert worker.trainer.pid is not None  # it gave up by itself and is still warm


def test_a_worker_that_is_shut_down_hands_its_trial_back(worker, dataset, simulated):
    slow_epochs(simulated)
    trial = requested(dataset)
    thread = when_running(trial, worker.stopping.set)
    began = time.monotonic()
    evaluating.evaluate(trial.pk, worker)
    thread.join()
    trial.refresh_from_db()
    assert (trial.state, trial.curve.count()) == (Trial.State.REQUESTED, 0)
    assert worker.trainer.pid is None
    assert time.monotonic() - began < 15


def test_a_child_that_says_nothing_for_long_is_ended(worker, dataset, simulated, monkeypatch):
    simulated.setenv("EARSHOT_SIMULATED_EPOCH_SECONDS", "600")
    monkeypatch.setattr(evaluating, "SILENCE_SECONDS", 3.0)
    trial = requested(dataset)
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert (trial.state, trial.reason) == (Trial.State.FAILED, "No progress for 3 s.")


def test_a_large_network_is_given_time_for_its_epochs():
    small, large = (evaluating.patience_with(by_name(name)) for name in ("TC-ResNet8", "MobileNetV2"))
    assert small == evaluating.SILENCE_SECONDS
    assert large == pytest.approx(4.3 * evaluating.SILENCE_SECONDS, rel=0.01)


def test_a_child_that_does_not_hear_a_cancellation_is_ended(worker, dataset, simulated, monkeypatch):
    slow_epochs(simulated)
    monkeypatch.setattr(evaluating, "CANCEL_SECONDS", 1.0)
    trial = requested(dataset)

    def stop_deafly() -> None:
        os.kill(worker.trainer.pid, signal.SIGSTOP)
        studies.stop(study_id=trial.study_id)

    thread = when_running(trial, stop_deafly)
    evaluating.evaluate(trial.pk, worker)
    thread.join()
    trial.refresh_from_db()
    assert trial.state == Trial.State.CANCELLED


def test_a_worn_child_is_replaced_between_trials(worker, dataset, monkeypatch):
    monkeypatch.setattr(process, "MOST_JOBS", 1)
    evaluating.evaluate(requested(dataset).pk, worker)
    first = worker.trainer.pid
    evaluating.evaluate(requested(dataset).pk, worker)
    assert worker.trainer.pid != first
    assert Trial.objects.filter(state="COMPLETED").count() == 2


def test_a_damaged_copy_of_the_features_is_fetched_again_for_the_retry(worker, dataset):
    path = local_pack(dataset.pack.name)
    path.write_bytes(path.read_bytes()[:-100])
    trial = requested(dataset)
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.FAILED
    assert "damaged" in trial.reason
    evaluating.evaluate(trial.retry.pk, worker)
    trial.retry.refresh_from_db()
    assert trial.retry.state == Trial.State.COMPLETED


def test_the_child_dies_with_its_parent(worker, dataset):
    worker.trainer.warm_up()
    process = worker.trainer._process
    worker.trainer._connection.close()  # what the system does for a parent that was killed
    assert process.wait(20) == 1


def test_a_lease_that_was_taken_away_ends_the_evaluation_and_changes_nothing(worker, dataset, simulated):
    slow_epochs(simulated)
    trial = requested(dataset)
    thread = when_running(trial, lambda: Trial.objects.filter(pk=trial.pk).update(worker="somebody else"))
    evaluating.evaluate(trial.pk, worker)
    thread.join()
    trial.refresh_from_db()
    assert (trial.state, trial.worker) == (Trial.State.RUNNING, "somebody else")


def test_connections_that_break_during_a_trial_cost_nothing(worker, dataset, simulated):
    """What a restart of PostgreSQL does to the worker: all of its connections end, in the middle of an epoch."""
    simulated.setenv("EARSHOT_SIMULATED_EPOCH_SECONDS", "0.1")
    trial = requested(dataset)

    def break_connections() -> None:
        for _ in range(3):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            time.sleep(0.15)

    thread = when_running(trial, break_connections)
    evaluating.evaluate(trial.pk, worker)
    thread.join()
    trial.refresh_from_db()
    assert trial.state == Trial.State.COMPLETED
    plan = TrainingConfig(full_epochs=8)
    for phase, epochs in (("float", plan.trial_epochs), ("qat", plan.qat_epochs)):
        assert list(trial.curve.filter(phase=phase).values_list("epoch", flat=True)) == list(range(1, epochs + 1))


def test_a_worker_says_that_it_is_alive_and_signs_off(worker):
    until(lambda: Worker.objects.filter(name=worker.name).exists())
    worker.end()
    assert not Worker.objects.filter(name=worker.name).exists()


def test_a_trial_that_meets_a_full_disk_is_handed_back_however_often(worker, dataset, monkeypatch):
    def full(name: str) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    trial = requested(dataset)
    monkeypatch.setattr(working, "PAUSE_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(evaluating, "local_pack", full)
        for _ in range(3):
            evaluating.evaluate(trial.pk, worker)
            trial.refresh_from_db()
            assert (trial.state, trial.worker) == (Trial.State.REQUESTED, "")
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.COMPLETED, trial.reason
    assert not Trial.objects.filter(retried_from=trial).exists()
