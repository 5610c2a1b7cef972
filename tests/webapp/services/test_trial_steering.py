"""Trials that a person gives up or has retried: exact under the lock, and the budget keeps its meaning."""

from functools import partial

import pytest

from tests.webapp import rows
from webapp.models import Study, Trial
from webapp.queries.budget import budget_of
from webapp.services import recovery, studies, trials
from webapp.services.errors import Conflict
from webapp.services.trial_steering import retry_trial, skip_trial
from webapp.worker.history import Memory, history_of

pytestmark = pytest.mark.django_db
ME = "worker-a"
State = Study.State


def failed(study: Study, *, seed: int = 0, log: str = "") -> Trial:
    trial = rows.running_trial(study, ME, seed)
    assert trials.fail(trial_id=trial.pk, worker=ME, reason="diverged", retry=False, log=log)
    trial.refresh_from_db()
    return trial


def test_a_waiting_trial_is_cancelled_at_once_and_frees_its_place_in_the_budget():
    study = rows.running_study(trial_budget=3)
    trial = rows.requested_trials(study)[0]
    before = budget_of(study).remaining
    skip_trial(trial_id=trial.pk)
    trial.refresh_from_db()
    assert (trial.state, trial.reason) == ("CANCELLED", "Given up by a person.")
    assert trials.claim(trial_id=trial.pk, worker=ME) is None
    assert budget_of(study).remaining == before + 1


def test_a_running_trial_ends_at_its_next_epoch_and_the_study_goes_on():
    study = rows.running_study(trial_budget=3)
    trial = rows.running_trial(study, ME)
    other = rows.running_trial(study, "worker-b", seed=5)
    skip_trial(trial_id=trial.pk)
    assert not trials.heartbeat(trial_id=trial.pk, worker=ME)
    assert trials.heartbeat(trial_id=other.pk, worker="worker-b")
    assert trials.cancel(trial_id=trial.pk, worker=ME, reason="The study was stopped.")
    trial.refresh_from_db()
    study.refresh_from_db()
    assert (trial.state, trial.reason, study.state) == ("CANCELLED", "Given up by a person.", State.RUNNING)


@pytest.mark.parametrize("end", ["fail", "hand_back"])
def test_a_given_up_trial_comes_back_neither_as_a_retry_nor_as_a_request(end):
    study = rows.running_study(trial_budget=3)
    trial = rows.running_trial(study, ME)
    skip_trial(trial_id=trial.pk)
    assert getattr(trials, end)(trial_id=trial.pk, worker=ME, reason="killed")
    trial.refresh_from_db()
    assert (trial.state, study.trials.count()) == ("CANCELLED", 1)


def test_a_result_that_came_first_is_kept():
    study = rows.running_study(trial_budget=3)
    trial = rows.running_trial(study, ME)
    skip_trial(trial_id=trial.pk)
    assert trials.complete(trial_id=trial.pk, worker=ME, evaluation=rows.evaluation(), tflite_name=rows.TFLITE)
    with pytest.raises(Conflict, match="is completed already"):
        skip_trial(trial_id=trial.pk)


def test_the_network_of_a_given_up_trial_is_not_suggested_again_as_that_of_a_stopped_study_is():
    study = rows.running_study(trial_budget=6)
    given_up, waiting = rows.requested_trials(study, 2)
    skip_trial(trial_id=given_up.pk)
    studies.stop(study_id=study.pk)
    history = history_of(study, Memory())
    assert list(history.finished) == [given_up.architecture_id]
    assert history.finished[given_up.architecture_id].reward is None
    waiting.refresh_from_db()
    assert waiting.state == "CANCELLED"


def test_the_reaper_ends_a_given_up_trial_of_a_dead_worker_without_a_retry():
    study = rows.running_study(trial_budget=3)
    trial = rows.running_trial(study, ME)
    skip_trial(trial_id=trial.pk)
    Trial.objects.filter(pk=trial.pk).update(heartbeat_at="2020-01-01T00:00Z")
    assert recovery.reap().failed_trials == 1
    trial.refresh_from_db()
    assert (trial.state, study.trials.count()) == ("CANCELLED", 1)


def test_a_failed_trial_keeps_the_end_of_its_log_and_is_retried_with_its_seed():
    study = rows.running_study(trial_budget=3)
    trial = failed(study, log="x" * 9_000 + "\x00\nValueError: no such layer")
    assert len(trial.log_tail) == trials.LONGEST_LOG
    assert trial.log_tail.endswith("\ufffd\nValueError: no such layer")
    counted = budget_of(study).counted
    retry = retry_trial(trial_id=trial.pk)
    assert (retry.retried_from_id, retry.seed, retry.architecture_id) == (trial.pk, trial.seed, trial.architecture_id)
    assert budget_of(study).counted == counted, "it takes the place of the failed one"
    with pytest.raises(Conflict, match=f"has been retried already, as trial {retry.number}"):
        retry_trial(trial_id=trial.pk)


def test_a_failed_retry_is_retried_by_a_person_as_often_as_wanted():
    study = rows.running_study(trial_budget=3)
    retry = retry_trial(trial_id=failed(study).pk)
    assert trials.claim(trial_id=retry.pk, worker=ME)
    assert trials.fail(trial_id=retry.pk, worker=ME, reason="killed")
    assert retry_trial(trial_id=retry.pk).retried_from_id == retry.pk
    assert budget_of(study).counted == 1


def test_a_completed_study_runs_again_for_a_retry_and_a_stopped_one_is_resumed_first():
    study = rows.running_study(trial_budget=1)
    trial = failed(study)
    study.refresh_from_db()
    assert study.state == State.COMPLETED
    rows.complete(retry_trial(trial_id=trial.pk))
    study.refresh_from_db()
    assert study.state == State.COMPLETED
    other = rows.running_study(trial_budget=3)
    trial = failed(other)
    studies.stop(study_id=other.pk)
    with pytest.raises(Conflict, match="resume it before you retry"):
        retry_trial(trial_id=trial.pk)


def test_what_has_not_failed_is_not_retried_and_lists_are_not_steered():
    study = rows.running_study(trial_budget=3)
    trial = rows.requested_trials(study)[0]
    with pytest.raises(Conflict, match="only a failed trial"):
        retry_trial(trial_id=trial.pk)
    Study.objects.filter(pk=study.pk).update(kind="finals")
    with pytest.raises(Conflict, match="given list"):
        skip_trial(trial_id=trial.pk)
    with pytest.raises(Conflict, match="was deleted"):
        retry_trial(trial_id=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize("round_", range(3))
def test_of_two_retries_at_once_one_is_made(round_):
    trial = failed(rows.running_study(trial_budget=3))
    results = rows.at_once(*[partial(retry_trial, trial_id=trial.pk)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Trial"]
    assert Trial.objects.filter(retried_from=trial).count() == 1
