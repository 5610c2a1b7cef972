"""Moves of studies."""

import pytest

from tests.webapp import rows
from webapp.models import Dataset, Study, Trial
from webapp.services import requests, studies, suggestion_failures, trials
from webapp.services.errors import Conflict

pytestmark = pytest.mark.django_db
State = Study.State


def test_a_new_study_is_a_draft_with_its_space_fixed():
    study = rows.draft_study()
    assert study.state == State.DRAFT
    assert study.space_spec["name"] == "paper_2d"
    assert study.space_spec["head"]["classes"] == len(rows.CLASSES)


def test_a_second_study_of_one_name_is_refused_in_words():
    rows.draft_study(name="same")
    with pytest.raises(Conflict, match="choose another name"):
        rows.draft_study(name="same")


def test_a_study_cannot_start_before_its_dataset_is_ready():
    dataset = Dataset.objects.create(name="slow")
    study = rows.draft_study(dataset=dataset)
    assert study.space_spec == {}
    with pytest.raises(Conflict, match="slow is preparing"):
        studies.start(study_id=study.pk)
    ready = rows.ready_dataset()
    Dataset.objects.filter(pk=dataset.pk).update(
        state="READY", pack=ready.pack.name, prepared_at=ready.prepared_at, classes=["a", "b"]
    )
    assert studies.start(study_id=study.pk).space_spec["head"]["classes"] == 2


def test_each_move_is_allowed_from_its_states_only():
    allowed = {
        studies.start: {State.DRAFT},
        studies.pause: {State.RUNNING},
        studies.resume: {State.PAUSED, State.STOPPED, State.FAILED},
        studies.stop: {State.RUNNING, State.PAUSED},
    }
    for move, states in allowed.items():
        for state in State:
            study = rows.draft_study()
            Study.objects.filter(pk=study.pk).update(state=state)
            if state in states:
                move(study_id=study.pk)
                assert study.events.latest("pk").old_state != ""
            else:
                with pytest.raises(Conflict, match=study.name):
                    move(study_id=study.pk)
                assert Study.objects.get(pk=study.pk).state == state


def test_stopping_cancels_what_waits_and_waits_for_what_runs():
    study = rows.running_study()
    running = rows.running_trial(study, seed=1)
    waiting = rows.requested_trials(study, seed=2)[0]
    assert studies.stop(study_id=study.pk).state == State.DRAINING
    waiting.refresh_from_db()
    assert waiting.state == Trial.State.CANCELLED
    trials.complete(trial_id=running.pk, worker="worker-a", evaluation=rows.evaluation(), tflite_name=rows.TFLITE)
    study.refresh_from_db()
    assert (study.state, study.reason) == (State.STOPPED, "Stopped by a person.")


def test_stopping_an_idle_study_ends_it_at_once():
    study = rows.running_study()
    assert studies.stop(study_id=study.pk).state == State.STOPPED


def test_a_stopped_study_can_be_resumed():
    study = rows.running_study()
    rows.requested_trials(study)
    studies.stop(study_id=study.pk)
    resumed = studies.resume(study_id=study.pk)
    assert (resumed.state, resumed.finished_at, resumed.reason) == (State.RUNNING, None, "")


def test_resuming_offers_the_waiting_trials_again(django_capture_on_commit_callbacks):
    study = rows.running_study()
    rows.requested_trials(study, 2)
    Trial.objects.update(dispatched_at=None)
    studies.pause(study_id=study.pk)
    with django_capture_on_commit_callbacks() as callbacks:
        studies.resume(study_id=study.pk)
    assert len(callbacks) == 2  # two open trials are as many as a study keeps when no trainer lives
    assert not Trial.objects.filter(dispatched_at=None).exists()


def test_an_extended_budget_reopens_a_completed_study():
    study = rows.running_study(trial_budget=1)
    rows.completed_trial(study)
    study.refresh_from_db()
    assert study.state == State.COMPLETED
    extended = studies.extend_budget(study_id=study.pk, additional_trials=2)
    assert (extended.state, extended.trial_budget) == (State.RUNNING, 3)


def test_a_budget_cannot_shrink():
    with pytest.raises(Conflict, match="at least 1"):
        studies.extend_budget(study_id=rows.draft_study().pk, additional_trials=0)


def test_a_clone_has_the_settings_and_nothing_of_the_life():
    study = rows.running_study(trial_budget=7, energy_threshold_mj=3.5)
    copy = studies.clone(study_id=study.pk, owner=None)
    assert (copy.name, copy.trial_budget, copy.energy_threshold_mj) == (f"{study.name} copy", 7, 3.5)
    assert (copy.state, copy.cloned_from, copy.started_at) == (State.DRAFT, study, None)
    assert studies.clone(study_id=study.pk, owner=None).name == f"{study.name} copy 2"


def test_the_clone_of_the_longest_name_has_a_name_that_fits():
    study = rows.draft_study(name="n" * 120)
    assert len(studies.clone(study_id=study.pk, owner=None).name) == 120


@pytest.mark.parametrize("state", [State.RUNNING, State.DRAINING])
def test_a_study_at_work_cannot_be_deleted(state):
    study = rows.draft_study()
    Study.objects.filter(pk=study.pk).update(state=state)
    with pytest.raises(Conflict, match="stop it"):
        studies.delete(study_id=study.pk)


def test_a_paused_study_with_a_running_trial_cannot_be_deleted():
    study = rows.running_study()
    rows.running_trial(study)
    studies.pause(study_id=study.pk)
    with pytest.raises(Conflict, match="running trials"):
        studies.delete(study_id=study.pk)


def test_deleting_a_study_deletes_its_trials():
    study = rows.running_study(trial_budget=1)
    rows.completed_trial(study)
    studies.delete(study_id=study.pk)
    assert not Study.objects.filter(pk=study.pk).exists()
    assert Trial.objects.count() == 0


def test_suggestions_made_from_an_old_view_of_the_study_are_refused():
    study = rows.running_study()
    item = requests.RequestedTrial(rows.networks(study, 1)[0])
    first = requests.request_trials(study_id=study.pk, requested=[item], designer_state={"a": 1}, expected_trials=0)
    second = requests.request_trials(study_id=study.pk, requested=[item], designer_state={"b": 1}, expected_trials=0)
    assert (len(first), second) == (1, [])
    study.refresh_from_db()
    assert study.designer_state == {"a": 1}


def test_a_study_that_cannot_be_suggested_for_fails_with_the_reason():
    study = rows.running_study()
    waiting = rows.requested_trials(study)[0]
    assert suggestion_failures.fail_study(study_id=study.pk, reason="The designer failed.")
    study.refresh_from_db()
    waiting.refresh_from_db()
    assert (study.state, study.reason, waiting.state) == (State.FAILED, "The designer failed.", "CANCELLED")
