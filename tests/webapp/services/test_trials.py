"""Moves of trials: leases, results, retries, and that a finished trial is never rewritten."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from nas_engine.evaluation_result import Progress
from tests.webapp import rows
from webapp.models import CurvePoint, Event, Study, Trial
from webapp.services import studies, trials

pytestmark = pytest.mark.django_db
ME, OTHER = "worker-a", "worker-b"


def epoch(number: int, phase: str = "float") -> Progress:
    return Progress(phase, number, 10, loss=1.0 / number, train_accuracy=0.5, eval_accuracy=0.4, seconds=1.0)


def test_a_claim_carries_all_that_an_evaluation_needs():
    study = rows.running_study(full_epochs=7, batch_size=16, runtime="micro", statistics_stride=3)
    trial = rows.requested_trials(study)[0]
    claim = trials.claim(trial_id=trial.pk, worker=ME)
    assert claim is not None
    assert claim.architecture.hash == trial.architecture_id
    assert (claim.settings.full_epochs, claim.settings.batch_size, claim.settings.seed) == (7, 16, trial.seed)
    assert (claim.settings.runtime, claim.settings.statistics_stride) == ("micro", 3)
    assert claim.pack_name == study.dataset.pack.name
    trial.refresh_from_db()
    assert (trial.state, trial.worker) == (Trial.State.RUNNING, ME)


def test_a_second_worker_cannot_claim_a_running_trial():
    trial = rows.running_trial(rows.running_study(), ME)
    assert trials.claim(trial_id=trial.pk, worker=OTHER) is None


def test_a_worker_whose_answer_was_lost_may_claim_again():
    trial = rows.running_trial(rows.running_study(), ME)
    assert trials.claim(trial_id=trial.pk, worker=ME) is not None
    assert trial.events.filter(new_state="RUNNING").count() == 1


@pytest.mark.parametrize("move", [studies.pause, studies.stop])
def test_trials_of_a_study_that_does_not_run_cannot_be_claimed(move):
    study = rows.running_study()
    trial = rows.requested_trials(study)[0]
    move(study_id=study.pk)
    assert trials.claim(trial_id=trial.pk, worker=ME) is None


def test_a_deleted_trial_cannot_be_claimed():
    assert trials.claim(trial_id=0, worker=ME) is None


def test_a_completed_trial_holds_the_result_and_its_reward():
    study = rows.running_study()
    trial = rows.completed_trial(study, int8_accuracy=0.70, energy_mj=2.0, flash_bytes=90_000)
    # Equation 1: 0.75 mJ and 30 kB above the thresholds cost 2 points each
    assert trial.reward == pytest.approx(0.70 - 0.02 - 0.02)
    assert trial.confusion == [[5, 1, 0], [0, 6, 0], [1, 0, 5]]
    assert (trial.state, trial.seconds["convert"], trial.tflite.name) == ("COMPLETED", 0.5, rows.TFLITE)


def test_every_move_leaves_an_event():
    trial = rows.completed_trial(rows.running_study())
    moves = list(trial.events.order_by("pk").values_list("old_state", "new_state"))
    assert moves == [("", "REQUESTED"), ("REQUESTED", "RUNNING"), ("RUNNING", "COMPLETED")]


@pytest.mark.parametrize(
    "late_move",
    [
        lambda pk: trials.complete(trial_id=pk, worker=OTHER, evaluation=rows.evaluation(), tflite_name="x"),
        lambda pk: trials.fail(trial_id=pk, worker=OTHER, reason="late"),
        lambda pk: trials.infeasible(trial_id=pk, worker=OTHER, reason="late"),
        lambda pk: trials.cancel(trial_id=pk, worker=OTHER, reason="late"),
        lambda pk: trials.hand_back(trial_id=pk, worker=OTHER, reason="late"),
        lambda pk: trials.heartbeat(trial_id=pk, worker=OTHER, progress=epoch(3)),
        lambda pk: trials.record_curve_point(trial_id=pk, worker=OTHER, progress=epoch(3)),
        lambda pk: trials.fail(trial_id=pk, worker=ME, reason="late"),
        lambda pk: trials.infeasible(trial_id=pk, worker=ME, reason="late"),
        lambda pk: trials.cancel(trial_id=pk, worker=ME, reason="late"),
        lambda pk: trials.hand_back(trial_id=pk, worker=ME, reason="late"),
        lambda pk: trials.record_curve_point(trial_id=pk, worker=ME, progress=epoch(3)),
    ],
)
def test_a_finished_trial_is_never_rewritten(late_move):
    trial = rows.completed_trial(rows.running_study(), ME)
    before = Trial.objects.filter(pk=trial.pk).values().get()
    assert not late_move(trial.pk)
    assert Trial.objects.filter(pk=trial.pk).values().get() == before
    assert Trial.objects.filter(retried_from=trial).count() == 0
    assert CurvePoint.objects.filter(trial=trial).count() == 0


def test_a_result_without_a_lease_is_dropped_with_an_event():
    trial = rows.running_trial(rows.running_study(), ME)
    assert not trials.complete(trial_id=trial.pk, worker=OTHER, evaluation=rows.evaluation(), tflite_name="x")
    event = trial.events.latest("pk")
    assert (event.worker, event.new_state) == (OTHER, "RUNNING")
    assert "too late" in event.message


def test_saying_completed_twice_is_answered_alike_and_counts_once():
    trial = rows.running_trial(rows.running_study(), ME)
    for _ in range(2):
        assert trials.complete(trial_id=trial.pk, worker=ME, evaluation=rows.evaluation(), tflite_name=rows.TFLITE)
    assert trial.events.filter(new_state="COMPLETED").count() == 1


def test_a_failed_trial_is_retried_once_as_a_new_trial_with_the_same_seed():
    study = rows.running_study()
    first = rows.running_trial(study, ME)
    assert trials.fail(trial_id=first.pk, worker=ME, reason="killed")
    retry = Trial.objects.get(retried_from=first)
    assert (retry.number, retry.seed, retry.architecture_id) == (2, first.seed, first.architecture_id)
    assert trials.claim(trial_id=retry.pk, worker=ME) is not None
    assert trials.fail(trial_id=retry.pk, worker=ME, reason="killed again")
    assert not Trial.objects.filter(retried_from=retry).exists()


def test_saying_failed_twice_retries_once():
    trial = rows.running_trial(rows.running_study(), ME)
    for _ in range(2):
        assert trials.fail(trial_id=trial.pk, worker=ME, reason="killed")
    assert Trial.objects.filter(retried_from=trial).count() == 1


def test_a_failure_that_would_come_again_is_not_retried():
    trial = rows.running_trial(rows.running_study(), ME)
    trials.fail(trial_id=trial.pk, worker=ME, reason="diverged", retry=False)
    assert not Trial.objects.filter(retried_from=trial).exists()


def test_a_worker_that_shows_itself_keeps_its_lease():
    trial = rows.running_trial(rows.running_study(), ME)
    long_ago = timezone.now() - timedelta(minutes=1)
    assert not trials.fail(trial_id=trial.pk, worker=ME, reason="silent", silent_since=long_ago)
    trial.refresh_from_db()
    assert trial.state == Trial.State.RUNNING


def test_heartbeats_renew_the_lease_and_show_the_progress():
    trial = rows.running_trial(rows.running_study(), ME)
    Trial.objects.filter(pk=trial.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert trials.heartbeat(trial_id=trial.pk, worker=ME, progress=epoch(4, "qat"))
    trial.refresh_from_db()
    assert timezone.now() - trial.heartbeat_at < timedelta(minutes=1)
    assert (trial.phase, trial.epoch, trial.epochs) == ("qat", 4, 10)


def test_an_epoch_said_twice_is_one_point_of_the_curve():
    trial = rows.running_trial(rows.running_study(), ME)
    for _ in range(2):
        assert trials.record_curve_point(trial_id=trial.pk, worker=ME, progress=epoch(1))
    assert trial.curve.count() == 1


def test_a_worker_hears_at_its_heartbeat_that_its_study_is_being_stopped():
    study = rows.running_study()
    trial = rows.running_trial(study, ME)
    studies.stop(study_id=study.pk)
    assert not trials.heartbeat(trial_id=trial.pk, worker=ME)
    assert trials.cancel(trial_id=trial.pk, worker=ME, reason="The study was stopped.")
    study.refresh_from_db()
    assert study.state == Study.State.STOPPED


def test_a_paused_study_lets_running_trials_end():
    study = rows.running_study()
    trial = rows.running_trial(study, ME)
    studies.pause(study_id=study.pk)
    assert trials.heartbeat(trial_id=trial.pk, worker=ME)
    assert trials.complete(trial_id=trial.pk, worker=ME, evaluation=rows.evaluation(), tflite_name=rows.TFLITE)


def test_a_trial_that_is_handed_back_begins_anew():
    trial = rows.running_trial(rows.running_study(), ME)
    trials.record_curve_point(trial_id=trial.pk, worker=ME, progress=epoch(1))
    assert trials.hand_back(trial_id=trial.pk, worker=ME, reason="shut down")
    trial.refresh_from_db()
    assert (trial.state, trial.worker, trial.epoch, trial.curve.count()) == ("REQUESTED", "", 0, 0)
    assert trials.claim(trial_id=trial.pk, worker=OTHER) is not None


def test_a_trial_handed_back_to_a_stopping_study_is_cancelled():
    study = rows.running_study()
    trial = rows.running_trial(study, ME)
    studies.stop(study_id=study.pk)
    trials.hand_back(trial_id=trial.pk, worker=ME, reason="shut down")
    study.refresh_from_db()
    trial.refresh_from_db()
    assert (study.state, trial.state) == (Study.State.STOPPED, Trial.State.CANCELLED)


def test_the_last_result_completes_the_study():
    study = rows.running_study(trial_budget=2)
    rows.completed_trial(study, seed=1)
    study.refresh_from_db()
    assert study.state == Study.State.RUNNING
    rows.completed_trial(study, seed=2)
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED
    assert study.finished_at is not None


def test_a_retried_failure_does_not_use_up_the_budget():
    study = rows.running_study(trial_budget=2)
    rows.completed_trial(study, seed=1)
    failed = rows.running_trial(study, seed=2)
    trials.fail(trial_id=failed.pk, worker=ME, reason="killed")
    retry = Trial.objects.get(retried_from=failed)
    study.refresh_from_db()
    assert study.state == Study.State.RUNNING
    trials.claim(trial_id=retry.pk, worker=ME)
    trials.infeasible(trial_id=retry.pk, worker=ME, reason="too deep")
    study.refresh_from_db()
    assert study.state == Study.State.COMPLETED


def test_no_move_leaves_half_of_itself_behind():
    """A move and its event are one transaction."""
    trial = rows.running_trial(rows.running_study(), ME)
    events = Event.objects.count()
    with transaction.atomic():
        trials.fail(trial_id=trial.pk, worker=ME, reason="killed")
        transaction.set_rollback(True)
    trial.refresh_from_db()
    assert (trial.state, Event.objects.count()) == (Trial.State.RUNNING, events)
