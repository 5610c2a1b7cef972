"""One trial in the process of a command."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.webapp import packs, rows
from webapp.models import Trial, Worker
from webapp.worker.here import evaluate_here

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker", "simulated")]


@pytest.fixture
def trial(broker: None) -> Trial:
    return rows.requested_trials(rows.running_study(dataset=packs.dataset_with_features(), full_epochs=8))[0]


def interrupt_when_trained(trial: Trial) -> threading.Thread:
    """Send this process a Ctrl-C after the first epoch."""

    def interrupt() -> None:
        try:
            rows.until(lambda: trial.curve.exists())
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            connection.close()

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


def test_a_trial_is_evaluated_and_the_worker_signs_off(trial: Trial) -> None:
    evaluate_here(trial.pk, threads="1")
    trial.refresh_from_db()
    assert (trial.state, trial.worker.startswith("here@")) == ("COMPLETED", True)
    assert not Worker.objects.exists()


def test_a_trial_that_a_worker_has_claimed_is_left_to_it(trial: Trial) -> None:
    Trial.objects.filter(pk=trial.pk).update(state="RUNNING", worker="worker-a", heartbeat_at=trial.requested_at)
    evaluate_here(trial.pk, threads="1")
    trial.refresh_from_db()
    assert (trial.state, trial.worker) == ("RUNNING", "worker-a")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also in a worker of pytest-xdist, which ignores it otherwise."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_trial_waits_for_the_next_worker(trial: Trial, simulated: pytest.MonkeyPatch) -> None:
    simulated.setenv("EARSHOT_SIMULATED_EPOCH_SECONDS", "0.5")
    thread = interrupt_when_trained(trial)
    with pytest.raises(KeyboardInterrupt):
        evaluate_here(trial.pk, threads="1")
    thread.join()
    trial.refresh_from_db()
    assert (trial.state, trial.worker, trial.curve.count()) == ("REQUESTED", "", 0)
    assert not Worker.objects.exists()
