"""Networks added by hand: trials of the study, in or outside of its space, with the budget's meaning kept."""

from dataclasses import replace

import pytest

from nas_engine.architecture import Architecture
from nas_engine.baselines import baseline
from tests.webapp import rows
from webapp import translation
from webapp.models import Study, Trial
from webapp.queries.budget import budget_of
from webapp.services import requests, studies, trials
from webapp.services.added_networks import add_network
from webapp.services.errors import Conflict
from webapp.worker.history import Memory, history_of
from webapp.worker.suggesting import suggest_for

pytestmark = pytest.mark.django_db
State = Study.State


def ready(**values: object) -> Study:
    return rows.running_study(dataset=rows.ready_dataset(frontend=rows.FRONTEND), designer="eagle", **values)


def own(study: Study, seed: int = 7) -> Architecture:
    return rows.networks(study, 1, seed)[0]


def published(study: Study) -> Architecture:
    return translation.baseline_network(baseline("TC-ResNet8"), study.dataset)


def test_an_added_network_is_a_trial_that_counts_and_the_budget_grows_by_one():
    study = ready(trial_budget=4)
    before = budget_of(study)
    trial = add_network(study_id=study.pk, network=own(study), note="drawn for a test")
    study.refresh_from_db()
    after = budget_of(study)
    assert (trial.state, trial.origin, trial.origin_note) == ("REQUESTED", "added", "drawn for a test")
    assert not trial.outside_space
    assert (after.budget, after.counted, after.remaining) == (5, 1, before.remaining)
    assert trial.events.get().message == "Added by hand: drawn for a test."
    assert study.events.filter(message="A network was added by hand; the budget is 5 trials now.").exists()


def test_the_designer_learns_from_a_network_of_the_space_and_suggests_it_no_more():
    study = ready(trial_budget=6)
    trial = add_network(study_id=study.pk, network=own(study), note="drawn for a test")
    assert own(study) in history_of(study, Memory()).pending
    rows.complete(trial)
    outcome = history_of(study, Memory()).finished[trial.architecture_id]
    trial.refresh_from_db()
    assert (outcome.number, outcome.reward) == (trial.number, trial.reward)
    suggest_for(study.pk)
    suggested = study.trials.exclude(pk=trial.pk)
    assert suggested.exists()
    assert not suggested.filter(architecture=trial.architecture_id).exists()


def test_a_network_outside_of_the_space_is_trained_and_the_designer_goes_on_without_it():
    study = ready(trial_budget=6)
    rows.completed_trial(study, seed=3)
    trial = add_network(study_id=study.pk, network=published(study), note="published", label="TC-ResNet8")
    assert (trial.outside_space, trial.label) == (True, "TC-ResNet8")
    suggest_for(study.pk)
    assert study.trials.filter(state="REQUESTED", outside_space=False).exists(), "it was not held up by the open one"
    rows.complete(trial)
    history = history_of(study, Memory())
    assert trial.architecture_id not in history.finished
    assert (history.trials, len(history.finished)) == (study.trials.count(), 1)
    suggest_for(study.pk)
    study.refresh_from_db()
    assert (study.state, study.suggest_failures) == (State.RUNNING, 0)


def test_an_added_network_is_trained_whole():
    study = ready(trial_budget=6, early_stopping="marginal_value")
    trial = add_network(study_id=study.pk, network=own(study), note="drawn for a test")
    claim = trials.claim(trial_id=trial.pk, worker="worker-a")
    assert claim is not None
    assert claim.trains_whole


def test_a_retry_of_an_added_network_is_one_too():
    study = ready(trial_budget=6)
    trial = add_network(study_id=study.pk, network=published(study), note="published")
    assert trials.claim(trial_id=trial.pk, worker="worker-a")
    assert trials.fail(trial_id=trial.pk, worker="worker-a", reason="killed")
    retry = Trial.objects.get(retried_from=trial)
    assert (retry.origin, retry.origin_note, retry.outside_space) == ("added", "published", True)


def test_the_same_network_is_not_added_twice_even_with_its_identities_elsewhere():
    study = ready(trial_budget=6)
    trial = rows.requested_trials(study, seed=7)[0]
    with pytest.raises(Conflict, match=rf"has this network already, as trial {trial.number} \(waiting\)"):
        add_network(study_id=study.pk, network=own(study), note="again")


def test_a_completed_study_runs_again_and_a_stopped_one_is_to_be_resumed_first():
    study = ready(trial_budget=1)
    rows.completed_trial(study, seed=3)
    study.refresh_from_db()
    assert study.state == State.COMPLETED
    trial = add_network(study_id=study.pk, network=own(study), note="later")
    study.refresh_from_db()
    assert (study.state, study.trial_budget) == (State.RUNNING, 2)
    rows.complete(trial)
    study.refresh_from_db()
    assert study.state == State.COMPLETED
    stopped = ready()
    studies.stop(study_id=stopped.pk)
    with pytest.raises(Conflict, match="resume it before"):
        add_network(study_id=stopped.pk, network=own(stopped), note="later")


def test_what_does_not_fit_the_data_set_is_refused_with_what_to_change():
    study = ready()
    network = own(study)
    wide = replace(network, stem=replace(network.stem, mel_bins=64))
    with pytest.raises(Conflict, match=r"196 frames of 64 mel bins, but .* has 196 of 40: change its stem"):
        add_network(study_id=study.pk, network=wide, note="x")
    many = replace(network, head=replace(network.head, classes=12))
    with pytest.raises(Conflict, match=r"12 outputs, but .* has 3 classes: change its head"):
        add_network(study_id=study.pk, network=many, note="x")
    assert study.trials.count() == 0


def test_an_enforced_constraint_holds_for_added_networks_too():
    study = ready(enforce_constraints=True, flash_limit_kb=1.0)
    with pytest.raises(Conflict, match=r"violates a constraint of .*, which enforces them: flash"):
        add_network(study_id=study.pk, network=own(study), note="x")


def test_a_draft_and_a_study_that_is_stopping_take_no_network():
    draft = rows.draft_study(dataset=rows.ready_dataset(frontend=rows.FRONTEND))
    with pytest.raises(Conflict, match="is a draft"):
        add_network(study_id=draft.pk, network=own(draft), note="x")
    study = ready()
    rows.running_trial(study)
    studies.stop(study_id=study.pk)
    with pytest.raises(Conflict, match="is stopping"):
        add_network(study_id=study.pk, network=own(study), note="x")


def test_a_suggestion_made_before_the_network_came_is_dropped():
    study = ready(trial_budget=6)
    history = history_of(study, Memory())
    add_network(study_id=study.pk, network=own(study), note="x")
    late = [requests.RequestedTrial(own(study, seed=8))]
    assert requests.request_trials(
        study_id=study.pk, requested=late, designer_state=None, expected_trials=history.trials
    ) == []  # fmt: skip
