"""Stop rules: each stops a running study exactly when it is met, states its figures, and keeps the budget's meaning."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError
from django.utils import timezone

from tests.webapp import rows
from webapp.models import Event, Study, Trial
from webapp.queries.budget import budget_of
from webapp.queries.stop_rules import running_seconds
from webapp.services import recovery, reproduction, steering, studies, trials
from webapp.services.errors import Conflict

pytestmark = pytest.mark.django_db
State = Study.State
STOPPING = {"decisions": [{"forecast": 0.1, "low": 0.0, "high": 0.2, "epoch": 3}]}


def finish(study: Study, accuracies: list[float], energies: list[float] | None = None, seed: int = 1) -> None:
    """Completed trials of these int8 accuracies, one after another; energies of 1 mJ cost no reward."""
    for index, accuracy in enumerate(accuracies):
        energy = energies[index] if energies else 1.0
        rows.completed_trial(study, seed=seed + index, int8_accuracy=accuracy, energy_mj=energy, flash_bytes=10_000)
    study.refresh_from_db()


def test_a_study_stops_after_so_many_trials_without_a_better_reward():
    study = rows.running_study(trial_budget=20, stop_trials=3)
    finish(study, [0.5, 0.8, 0.7, 0.8])
    assert study.state == State.RUNNING
    waiting = rows.requested_trials(study, seed=99)[0]
    finish(study, [0.6], seed=50)
    assert study.state == State.STOPPED
    assert study.reason == (
        "Stop rule: no better reward in 3 trials. The best, 0.8000, is that of trial 2; 3 trials have ended after it, "
        "as completed or stopped early."
    )
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("CANCELLED", "The study was stopped by a rule.")
    assert budget_of(study).counted == 5, "a cancelled trial uses up no budget"


def test_the_events_state_the_rule_and_running_trials_end_at_their_next_epoch():
    study = rows.running_study(trial_budget=20, stop_trials=2)
    running = rows.running_trial(study, "worker-b", seed=77)
    finish(study, [0.8, 0.7, 0.7])
    assert study.state == State.DRAINING
    assert not trials.heartbeat(trial_id=running.pk, worker="worker-b")
    assert trials.cancel(trial_id=running.pk, worker="worker-b", reason="The study was stopped.")
    study.refresh_from_db()
    assert study.state == State.STOPPED
    moves = Event.objects.filter(study=study, trial=None, message=study.reason).order_by("pk")
    assert list(moves.values_list("old_state", "new_state")) == [("RUNNING", "DRAINING"), ("DRAINING", "STOPPED")]


def test_trials_stopped_early_count_and_failed_ones_do_not():
    study = rows.running_study(trial_budget=20, stop_trials=2)
    finish(study, [0.8])
    failed = rows.running_trial(study, seed=31)
    assert trials.fail(trial_id=failed.pk, worker="worker-a", reason="diverged", retry=False)
    for seed in (32, 33):
        study.refresh_from_db()
        assert study.state == State.RUNNING
        trial = rows.running_trial(study, seed=seed)
        assert trials.stop_early(trial_id=trial.pk, worker="worker-a", stopping=STOPPING, reason="Below the best.")
    study.refresh_from_db()
    assert study.state == State.STOPPED


def test_the_rules_of_a_resumed_study_count_from_there():
    study = rows.running_study(trial_budget=20, stop_trials=2)
    finish(study, [0.8, 0.7, 0.7])
    assert study.state == State.STOPPED
    studies.resume(study_id=study.pk)
    finish(study, [0.7], seed=60)
    assert study.state == State.RUNNING
    finish(study, [0.7], seed=61)
    assert study.state == State.STOPPED


def test_a_study_that_was_paused_goes_on_counting():
    study = rows.running_study(trial_budget=20, stop_trials=2)
    finish(study, [0.8, 0.7])
    studies.pause(study_id=study.pk)
    studies.resume(study_id=study.pk)
    finish(study, [0.7], seed=60)
    assert study.state == State.STOPPED


def test_a_flat_front_stops_a_study_with_both_hypervolumes():
    study = rows.running_study(trial_budget=30, stop_front_percent=5.0, stop_front_trials=2)
    finish(study, [0.3, 0.5, 0.6], [4.0, 3.0, 2.0])
    # Measured from accuracy 0 (no counts of clips) and 4 mJ: .6 x 2 before the last two, more since.
    finish(study, [0.9, 0.5], [2.0, 3.0], seed=20)
    assert study.state == State.RUNNING
    finish(study, [0.4], [3.5], seed=30)
    assert study.state == State.STOPPED
    assert "the front grew less than 5 % over the last 2 trials" in study.reason
    assert "grew by 0 %, from 1.8 to 1.8 mJ, measured from an accuracy of 0.0 % and 4 mJ" in study.reason


def test_hours_are_those_in_which_the_study_runs():
    study = rows.running_study(trial_budget=20)
    began = timezone.now() - timedelta(hours=5)
    Study.objects.filter(pk=study.pk).update(started_at=began, rules_from=began)
    Event.objects.filter(study=study, new_state="RUNNING").update(at=began)
    studies.pause(study_id=study.pk)
    Event.objects.filter(study=study, new_state="PAUSED").update(at=began + timedelta(hours=1))
    studies.resume(study_id=study.pk)
    study.refresh_from_db()
    in_half_an_hour = timezone.now() + timedelta(minutes=30)
    assert running_seconds(study, in_half_an_hour) == pytest.approx(1.5 * 3600, abs=5)


def test_the_reaper_stops_a_study_whose_hours_are_over():
    study = rows.running_study(trial_budget=20, stop_hours=2.0)
    recovery.reap()
    study.refresh_from_db()
    assert study.state == State.RUNNING
    began = timezone.now() - timedelta(hours=2, minutes=3)
    Study.objects.filter(pk=study.pk).update(rules_from=began)
    Event.objects.filter(study=study, new_state="RUNNING").update(at=began)
    recovery.reap()
    study.refresh_from_db()
    assert study.state == State.STOPPED
    assert study.reason == "Stop rule: 2 hours of running. The study has run for 2.05 hours."


def test_a_budget_that_is_used_up_completes_the_study_first():
    study = rows.running_study(trial_budget=3, stop_trials=2)
    finish(study, [0.8, 0.7, 0.7])
    assert (study.state, study.reason) == (State.COMPLETED, "All trials of the budget have ended.")


def test_rewards_at_chance_are_never_the_best():
    dataset = rows.ready_dataset(counts={"eval": {"alarm": 50, "dog": 50, "negative": 50}})
    study = rows.running_study(trial_budget=20, stop_trials=2, dataset=dataset)
    finish(study, [0.34, 0.33, 0.33, 0.33])
    assert study.state == State.RUNNING


def test_rules_can_be_changed_while_a_study_runs_and_one_that_is_met_stops_it():
    study = rows.running_study(trial_budget=20)
    finish(study, [0.8, 0.7, 0.7])
    steering.change_stop_rules(study_id=study.pk, values={"stop_trials": 5})
    study.refresh_from_db()
    assert (study.state, study.stop_trials) == (State.RUNNING, 5)
    steering.change_stop_rules(study_id=study.pk, values={"stop_trials": 2})
    study.refresh_from_db()
    assert study.state == State.STOPPED
    assert study.events.filter(message="Stop rules: no better reward in 2 trials.").exists()


def test_a_draft_and_a_list_have_no_rules_to_change():
    draft = rows.draft_study()
    with pytest.raises(Conflict, match="is a draft"):
        steering.change_stop_rules(study_id=draft.pk, values={})
    Study.objects.filter(pk=draft.pk).update(kind="baselines", state="RUNNING")
    with pytest.raises(Conflict, match="given list"):
        steering.change_stop_rules(study_id=draft.pk, values={})


def test_half_a_rule_of_the_front_is_refused_by_the_database():
    study = rows.draft_study()
    with pytest.raises(IntegrityError, match="study_front_rule_is_whole"):
        Study.objects.filter(pk=study.pk).update(stop_front_percent=1.0)


def test_clones_take_the_rules_over_and_repetitions_do_not():
    study = rows.running_study(trial_budget=20, stop_trials=7, stop_hours=3.0)
    trial = rows.completed_trial(study, seed=3)
    copy = studies.clone(study_id=study.pk, owner=None)
    assert (copy.stop_trials, copy.stop_hours, copy.rules_from) == (7, 3.0, None)
    repetition = reproduction.reproduce(trial_id=trial.pk)
    assert (repetition.study.stop_trials, repetition.study.stop_hours) == (None, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize("round_", range(5))
def test_of_two_results_at_once_the_one_that_meets_the_rule_stops_the_study_once(round_):
    study = rows.running_study(trial_budget=20, stop_trials=3)
    finish(study, [0.9, 0.5])
    both = [rows.running_trial(study, worker, seed=seed) for worker, seed in (("worker-a", 41), ("worker-b", 42))]
    third = rows.requested_trials(study, seed=43)[0]
    calls = [
        partial(
            trials.complete,
            trial_id=trial.pk,
            worker=trial.worker,
            evaluation=rows.evaluation(int8_accuracy=0.5),
            tflite_name=rows.TFLITE,
        )
        for trial in both
    ]
    assert rows.at_once(*calls) == [True, True]
    study.refresh_from_db()
    third.refresh_from_db()
    assert (study.state, third.state) == (State.STOPPED, Trial.State.CANCELLED)
    assert "3 trials have ended after it" in study.reason, "neither saw the other's trial twice or not at all"
    assert Event.objects.filter(study=study, new_state="DRAINING").count() == 1
