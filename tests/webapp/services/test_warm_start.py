"""A warm start: the best networks of an earlier study, by the new one's reward, are its first trials."""

import pytest

from tests.webapp import rows
from webapp.models import Study
from webapp.queries.budget import budget_of
from webapp.services import studies
from webapp.services.errors import Conflict
from webapp.services.warm_start import choose_warm_start
from webapp.worker.history import Memory, history_of
from webapp.worker.suggesting import suggest_for

pytestmark = pytest.mark.django_db
State = Study.State


def dataset(**values: object) -> object:
    return rows.ready_dataset(frontend=rows.FRONTEND, **values)


def earlier(**values: object) -> Study:
    """Five completed trials; trial 3 is the most accurate and takes the most energy."""
    study = rows.running_study(name="Kitchen by day", trial_budget=9, dataset=dataset(), **values)
    for seed, (accuracy, energy) in enumerate([(0.5, 1.0), (0.7, 1.0), (0.8, 10.0), (0.6, 1.0), (0.4, 1.0)], start=1):
        rows.completed_trial(study, seed=seed, int8_accuracy=accuracy, energy_mj=energy, flash_bytes=10_000)
    return study


def started(source: Study, networks: int, **values: object) -> Study:
    values.setdefault("dataset", dataset())
    draft = rows.draft_study(name="Kitchen by night", designer="eagle", **{"trial_budget": 8, **values})
    choose_warm_start(study_id=draft.pk, source_id=source.pk, networks=networks)
    return studies.start(study_id=draft.pk)


def notes(study: Study) -> list[str]:
    return list(study.trials.order_by("number").values_list("origin_note", flat=True))


def test_the_best_networks_by_the_new_studys_reward_are_its_first_trials():
    source = earlier()
    study = started(source, 3)
    assert notes(study) == [f"trial {number} of Kitchen by day" for number in (2, 4, 3)]  # .8 less .23 for 8.75 mJ
    assert set(study.trials.values_list("origin", "state")) == {("warm_start", "REQUESTED")}
    assert study.warm_start == {"study": "Kitchen by day", "completed": 5, "numbers": [2, 4, 3]}
    assert study.trials.first().events.get().message == "Warm start: trial 2 of Kitchen by day."
    message = "Warm start: 3 of 5 completed trials of Kitchen by day are trained first."
    assert study.events.filter(message=message).exists()
    indifferent = rows.draft_study(dataset=dataset(), energy_step_points=0.0)
    choose_warm_start(study_id=indifferent.pk, source_id=source.pk, networks=1)
    assert notes(studies.start(study_id=indifferent.pk)) == ["trial 3 of Kitchen by day"]


def test_each_counts_to_the_budget_and_the_designer_learns_from_it():
    study = started(earlier(), 2)
    assert (budget_of(study).counted, budget_of(study).budget) == (2, 8)
    for trial in study.trials.order_by("number"):
        rows.complete(trial)
    assert len(history_of(study, Memory()).outcomes) == 2
    suggest_for(study.pk)
    suggested = study.trials.filter(origin="suggested")
    assert suggested.exists()
    taken = study.trials.exclude(origin="suggested").values("architecture")
    assert not suggested.filter(architecture__in=taken).exists()


def test_no_more_are_taken_than_the_budget_holds():
    study = started(earlier(), 5, trial_budget=2)
    assert len(notes(study)) == 2
    assert budget_of(study).remaining == 0


def test_networks_are_fitted_to_the_new_data_set():
    study = started(earlier(), 1, dataset=dataset(classes=["a", "b", "c", "d"]))
    assert study.trials.get().architecture.spec["head"]["classes"] == 4


def test_networks_that_violate_a_constraint_are_left_out_and_with_none_left_the_study_does_not_start():
    source = earlier()
    with pytest.raises(Conflict, match="None of the 5 completed trials of Kitchen by day is a network"):
        started(source, 2, space="paper_1d")
    draft = Study.objects.get(name="Kitchen by night")
    assert (draft.state, draft.trials.count()) == (State.DRAFT, 0)
    choose_warm_start(study_id=draft.pk, source_id=None, networks=2)
    assert studies.start(study_id=draft.pk).state == State.RUNNING
    tight = rows.draft_study(dataset=dataset(), enforce_constraints=True, flash_limit_kb=1.0)
    choose_warm_start(study_id=tight.pk, source_id=source.pk, networks=2)
    with pytest.raises(Conflict, match="keeps its constraints"):
        studies.start(study_id=tight.pk)


def test_a_study_that_has_started_or_a_source_without_results_is_refused():
    source = earlier()
    empty = rows.running_study()
    draft = rows.draft_study()
    with pytest.raises(Conflict, match="no completed trial above chance"):
        choose_warm_start(study_id=draft.pk, source_id=empty.pk, networks=2)
    with pytest.raises(Conflict, match="has started"):
        choose_warm_start(study_id=empty.pk, source_id=source.pk, networks=2)


def test_what_was_taken_stays_stated_when_the_source_is_deleted():
    source = earlier()
    study = started(source, 1)
    studies.stop(study_id=source.pk)
    studies.delete(study_id=source.pk)
    study.refresh_from_db()
    assert (study.warm_start_from, study.warm_start["study"]) == (None, "Kitchen by day")
