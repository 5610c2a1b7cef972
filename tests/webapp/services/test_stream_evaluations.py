"""Evaluations on streams as jobs: requested once at a time, begun again by other settings, the test split guarded."""

from dataclasses import replace

import pytest

from nas_engine.audio.cache import CLOSED_SPLIT, EVALUATION_SPLIT
from tests.webapp import rows
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import make_user, with_tflite
from tests.webapp.streams import PLAN, evaluated, opened
from webapp.models import Clip, SplitOpening, StreamEvaluation
from webapp.queries.pages.streams import chosen_loop
from webapp.services import jobs, stream_evaluations
from webapp.services.errors import Conflict

pytestmark = pytest.mark.django_db


def test_an_evaluation_is_requested_once_and_begun_again_by_other_settings() -> None:
    trial, ada = trial_with_network(), make_user()
    row = stream_evaluations.request_evaluation(trial_id=trial.pk, plan=PLAN, owner=ada)
    assert (row.state, row.owner, row.dispatched_at is None) == ("COMPUTING", ada, True)
    assert stream_evaluations.request_evaluation(trial_id=trial.pk, plan=PLAN) == row
    assert stream_evaluations.claim(evaluation_id=row.pk, worker="data-1")
    other = replace(PLAN, hours=0.1)
    again = stream_evaluations.request_evaluation(trial_id=trial.pk, plan=other, owner=ada)
    assert (again.pk, again.worker, again.plan) == (row.pk, "", other.to_json())
    assert not stream_evaluations.fail(evaluation_id=row.pk, worker="data-1", reason="late")


def test_an_outcome_of_former_settings_is_dropped_even_from_its_holder() -> None:
    trial = trial_with_network()
    row = evaluated(trial)
    held = trial.stream_evaluations.create(plan=PLAN.to_json())
    assert stream_evaluations.claim(evaluation_id=held.pk, worker="data-1")
    outcome = stream_evaluations.EvaluationOutcome.from_json(row.result)
    found = {"evaluation_id": held.pk, "worker": "data-1", "clips": [], "outcome": outcome}
    assert not stream_evaluations.complete(seen_plan=replace(PLAN, seed=8).to_json(), **found)
    assert stream_evaluations.complete(seen_plan=PLAN.to_json(), **found)


def test_one_worker_evaluates_and_another_changes_nothing() -> None:
    row = trial_with_network().stream_evaluations.create(plan=PLAN.to_json())
    assert stream_evaluations.claim(evaluation_id=row.pk, worker="data-1")
    assert stream_evaluations.claim(evaluation_id=row.pk, worker="data-2") is None
    assert not stream_evaluations.fail(evaluation_id=row.pk, worker="data-2", reason="no")
    assert stream_evaluations.fail(evaluation_id=row.pk, worker="data-1", reason="The disk is full.")


def test_an_evaluation_that_was_given_up_says_what_to_do() -> None:
    row = trial_with_network().stream_evaluations.create(plan=PLAN.to_json())
    for _ in range(jobs.MOST_ATTEMPTS):
        assert stream_evaluations.claim(evaluation_id=row.pk, worker="dead")
        jobs.recover(jobs.STREAMS, dead_workers=["dead"], worker_is_idle=False)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("FAILED", jobs.STREAMS.given_up)


def test_a_trial_without_a_network_or_a_split_without_sounds_is_refused_in_words() -> None:
    [waiting] = rows.requested_trials(rows.running_study())
    with pytest.raises(Conflict, match="it has no network"):
        stream_evaluations.request_evaluation(trial_id=waiting.pk, plan=PLAN)
    simulated = with_tflite(rows.completed_trial(rows.running_study()), b"TFL3")
    with pytest.raises(Conflict, match="has no real network"):
        stream_evaluations.request_evaluation(trial_id=simulated.pk, plan=PLAN)
    trial = trial_with_network()
    Clip.objects.filter(dataset=trial.study.dataset).exclude(label="negative").delete()
    with pytest.raises(Conflict, match="too few recordings"):
        stream_evaluations.request_evaluation(trial_id=trial.pk, plan=PLAN)
    assert not StreamEvaluation.objects.exists()


def test_clips_of_an_evaluation_are_two_halves_of_the_evaluation_split() -> None:
    trial = trial_with_network()
    parts = stream_evaluations.clips_for(trial, PLAN)
    both = [*parts.choosing, *parts.measuring]
    assert {one.split for one in both} == {EVALUATION_SPLIT}
    assert len({one.pk for one in both}) == len(both) == 18
    assert {one.label for one in parts.choosing} == {one.label for one in parts.measuring} == set(rows.CLASSES)


@pytest.mark.parametrize("state", ["EVALUATING", "FAILED"])
def test_the_test_split_is_measured_on_for_networks_of_a_recorded_opening_alone(state: str) -> None:
    trial = trial_with_network()
    opening = opened(trial)
    SplitOpening.objects.update(state=state, reason="no")
    with pytest.raises(Conflict, match="was not evaluated by this opening"):
        stream_evaluations.request_test(trial_id=trial.pk, opening_id=opening.pk, plan=PLAN)
    SplitOpening.objects.update(state="READY")
    row = stream_evaluations.request_test(trial_id=trial.pk, opening_id=opening.pk, plan=PLAN)
    parts = stream_evaluations.clips_for(trial, PLAN, opening)
    assert {one.split for one in parts.choosing} == {EVALUATION_SPLIT}
    assert {one.split for one in parts.measuring} == {CLOSED_SPLIT}
    other = replace(PLAN, seed=5)
    assert stream_evaluations.request_test(trial_id=trial.pk, opening_id=opening.pk, plan=other) == row
    row.refresh_from_db()
    assert row.plan == PLAN.to_json(), "the test split is looked at once"
    opening.results.all().delete()
    StreamEvaluation.objects.all().delete()
    with pytest.raises(Conflict, match="was not evaluated by this opening"):
        stream_evaluations.request_test(trial_id=trial.pk, opening_id=opening.pk, plan=PLAN)


def test_the_newest_thresholds_are_those_of_the_trial() -> None:
    trial = trial_with_network()
    assert chosen_loop(trial) is None
    evaluated(trial)
    newest = evaluated(trial, replace(PLAN, seed=3))
    trial.stream_evaluations.create(plan=PLAN.to_json())
    loop = chosen_loop(trial)
    assert loop is not None
    assert loop.to_json() == newest.result["loop"]
    assert set(loop.thresholds) == {"alarm", "dog"}


def test_clips_of_a_part_are_bounded_by_their_seconds_and_of_all_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trial_with_network()
    Clip.objects.update(seconds=30.0)
    monkeypatch.setattr(stream_evaluations, "MOST_SECONDS", 100.0)
    parts = stream_evaluations.clips_for(trial, PLAN)
    for part in (parts.choosing, parts.measuring):
        assert len(part) == 3
        assert {one.label for one in part} == set(rows.CLASSES)


def test_thresholds_for_recordings_are_chosen_on_the_whole_evaluation_split() -> None:
    parts = stream_evaluations.clips_for(trial_with_network(), PLAN, is_recorded=True)
    assert (len(parts.choosing), parts.measuring) == (18, ())
