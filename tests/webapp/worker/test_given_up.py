"""A training worker with its real child: a trial that a person gives up, and the log of one that fails."""

import os
import signal

import pytest

from tests.webapp import packs, rows
from tests.webapp.worker.test_evaluating import requested, slow_epochs, until, when_running
from webapp.models import Dataset, Study, Trial
from webapp.services.trial_steering import skip_trial
from webapp.worker import evaluating
from webapp.worker.child.log_tail import MOST_BYTES, LogTail

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dataset(broker: None) -> Dataset:
    return packs.dataset_with_features()


def test_a_given_up_trial_ends_at_its_next_epoch_and_the_child_stays_warm(worker, dataset, simulated):
    slow_epochs(simulated)
    trial = requested(dataset)
    thread = when_running(trial, lambda: skip_trial(trial_id=trial.pk))
    evaluating.evaluate(trial.pk, worker)
    thread.join()
    trial.refresh_from_db()
    assert (trial.state, trial.reason) == (Trial.State.CANCELLED, "Given up by a person.")
    assert Study.objects.get(pk=trial.study_id).state == Study.State.RUNNING
    assert worker.trainer.pid is not None
    other = rows.requested_trials(trial.study, seed=4)[0]
    simulated.setenv("EARSHOT_SIMULATED_EPOCH_SECONDS", "0")
    evaluating.evaluate(other.pk, worker)
    other.refresh_from_db()
    assert other.state == Trial.State.COMPLETED, other.reason


def test_a_native_crash_leaves_its_traceback_with_the_trial(worker, dataset, simulated):
    slow_epochs(simulated)
    trial = requested(dataset)
    thread = when_running(trial, lambda: os.kill(worker.trainer.pid, signal.SIGSEGV))
    evaluating.evaluate(trial.pk, worker)
    thread.join()
    trial.refresh_from_db()
    assert trial.state == Trial.State.FAILED
    assert "Fatal Python error: Segmentation fault" in trial.log_tail
    assert "webapp/worker/child" in trial.log_tail, "the lines that it happened in"


def test_an_error_of_the_worker_itself_leaves_its_traceback_too(worker, dataset, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("no such pack")

    monkeypatch.setattr(evaluating, "local_pack", broken)
    trial = requested(dataset)
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.FAILED
    assert trial.log_tail.endswith("RuntimeError: no such pack\n")
    assert "in _ending" in trial.log_tail


def test_the_tail_is_bounded_whole_in_lines_and_begins_again_with_each_job():
    tail = LogTail()
    reading, writing = os.pipe()
    tail.follow(os.fdopen(reading, "rb"))
    with os.fdopen(writing, "wb", buffering=0) as log:
        for number in range(2_000):
            log.write(b"line %d\n" % number)
        until(lambda: tail.text().endswith("line 1999"))
        assert len(tail.text()) < MOST_BYTES
        assert tail.text().splitlines()[0].startswith("line ")
        tail.clear()
        log.write(b"\xff\x00another\n")
        until(lambda: tail.text() == "\ufffd\ufffdanother")
