"""`reproduce` as a person at a terminal meets it; trainings are simulated."""

import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.webapp import packs, rows
from webapp.management.commands import reproduce as command
from webapp.models import Study, Trial, Worker
from webapp.services import trials, workers
from webapp.services.reproduction import reproduce
from webapp.worker.here import evaluate_here

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture
def originals(monkeypatch: pytest.MonkeyPatch) -> list[Trial]:
    """Two completed trials of the study "quick", trained by a simulated worker."""
    monkeypatch.setenv("EARSHOT_EVALUATOR", "simulated")
    study = rows.running_study(name="quick", dataset=packs.dataset_with_features(), full_epochs=8)
    for trial in rows.requested_trials(study, 2):
        evaluate_here(trial.pk, threads="1")
    return list(study.trials.order_by("number"))


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("reproduce", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def in_a_worker(act) -> threading.Thread:
    """A training worker that shows itself, and acts on the first repetition."""

    def work() -> None:
        try:
            rows.until(lambda: Trial.objects.exclude(reproduces=None).exists())
            act(Trial.objects.exclude(reproduces=None).get())
        finally:
            connection.close()

    workers.record_heartbeat(name="worker-a", role=Worker.Role.TRAINING)
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_trials_trained_here_come_out_the_same(originals):
    output = run("quick/1", f"{originals[1].study_id}/2", "--here")
    assert output.count("The same, bit for bit: 10 epochs of training") == 2
    assert "All 2 came out the same, bit for bit." in output
    for original in originals:
        assert output.count(f"sha256 {original.tflite.name[7:71]}  trial {original.study_id}/{original.number}") == 1
    assert [trial.state for trial in Trial.objects.exclude(reproduces=None)] == ["COMPLETED"] * 2


def test_a_difference_ends_the_command_with_an_error(originals):
    original = originals[0]
    original.curve.filter(phase="float", epoch=2).update(loss=9.0)
    Trial.objects.filter(pk=original.pk).update(environment=original.environment | {"threads": "4"})
    with pytest.raises(CommandError, match="1 of 1 did not come out the same") as caught:
        run("quick/1", "--here")
    assert caught.value.returncode == 1


def test_without_a_worker_nothing_is_requested(originals):
    with pytest.raises(CommandError, match="No training worker is alive: start the workers with"):
        run("quick/1")
    assert not Study.objects.filter(kind="repetitions").exists()


def test_a_request_alone_needs_no_worker(originals):
    output = run("quick/1", "--no-wait")
    container = Study.objects.get(kind="repetitions")
    assert output == f"Trial 1 of Repetitions of quick ({container.pk}/1): trial 1 again.\n"
    assert container.trials.get().state == "REQUESTED"


def test_waiting_ends_with_the_repetition_that_a_worker_has_trained(originals):
    thread = in_a_worker(lambda trial: evaluate_here(trial.pk, threads="1"))
    assert "All 1 came out the same" in run("quick/1")
    thread.join()


def test_a_repetition_that_fails_is_followed_to_its_retry(originals):
    def fail_and_retry(trial: Trial) -> None:
        assert trials.claim(trial_id=trial.pk, worker="worker-a")
        assert trials.fail(trial_id=trial.pk, worker="worker-a", reason="killed")
        evaluate_here(Trial.objects.get(retried_from=trial).pk, threads="1")

    thread = in_a_worker(fail_and_retry)
    assert "All 1 came out the same" in run("quick/1")
    thread.join()


def test_a_repetition_without_a_result_is_named_with_its_reason(originals):
    def fail(trial: Trial) -> None:
        assert trials.claim(trial_id=trial.pk, worker="worker-a")
        assert trials.fail(trial_id=trial.pk, worker="worker-a", reason="it diverged", retry=False)

    output = io.StringIO()
    thread = in_a_worker(fail)
    with pytest.raises(CommandError, match="1 of 1 did not come out the same"):
        call_command("reproduce", "quick/1", stdout=output)
    thread.join()
    assert "not reproduced: trial 1 again is failed. it diverged" in output.getvalue()


def test_workers_that_are_gone_end_the_waiting_and_the_repetition_stays(originals, monkeypatch):
    monkeypatch.setattr(command, "_PATIENCE_SECONDS", 0.5)
    thread = in_a_worker(lambda trial: workers.sign_off(name="worker-a"))
    with pytest.raises(CommandError, match="trial 1 again waits for them, as requested"):
        run("quick/1")
    thread.join()
    assert Trial.objects.exclude(reproduces=None).get().state == "REQUESTED"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["99/1"], "There is no study 99"),
        (["quick/7"], "There is no trial 7 in 'quick'"),
        (["quick"], "'quick' is no STUDY/NUMBER"),
        (["quick/2", "quick/1"], "is being reproduced already"),
        (["quick/2", "--here", "--wait"], "not allowed with"),
    ],
)
def test_a_mistake_is_reported_in_words_and_requests_nothing(originals, arguments, message):
    reproduce(trial_id=originals[0].pk)
    workers.record_heartbeat(name="worker-a", role=Worker.Role.TRAINING)
    with pytest.raises(CommandError, match=message):
        run(*arguments)
    assert Trial.objects.exclude(reproduces=None).count() == 1
