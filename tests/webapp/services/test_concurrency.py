"""Two at the same moment, on the real database: exactly one wins, and nothing is lost or doubled."""

import itertools
from functools import partial

import pytest

from nas_engine.evaluation_result import Progress
from tests.webapp import rows
from webapp.models import Event, Study, Trial
from webapp.services import requests, studies, trials
from webapp.services.errors import Conflict
from webapp.storage import DatabaseStorage, save_by_hash

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]
State = Study.State
ROUNDS = range(5)  # a race is not lost every time


@pytest.mark.parametrize("round_", ROUNDS)
def test_of_many_claims_of_one_trial_exactly_one_wins(round_):
    trial = rows.requested_trials(rows.running_study())[0]
    claims = rows.at_once(*(partial(trials.claim, trial_id=trial.pk, worker=f"worker-{n}") for n in range(6)))
    won = [claim for claim in claims if claim is not None]
    assert len(won) == 1
    assert isinstance(won[0], trials.Claim)
    assert Event.objects.filter(trial=trial, new_state="RUNNING").count() == 1


@pytest.mark.parametrize("round_", ROUNDS)
def test_of_two_starts_exactly_one_wins(round_):
    study = rows.draft_study()
    results = rows.at_once(*[partial(studies.start, study_id=study.pk)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Study"]
    assert Event.objects.filter(study=study, new_state="RUNNING").count() == 1


@pytest.mark.parametrize("round_", ROUNDS)
def test_after_a_pause_no_trial_starts(round_):
    study = rows.running_study()
    trial = rows.requested_trials(study)[0]
    _, claim = rows.at_once(
        partial(studies.pause, study_id=study.pk), partial(trials.claim, trial_id=trial.pk, worker="worker-a")
    )
    trial.refresh_from_db()
    paused = Event.objects.get(study=study, new_state="PAUSED")
    claimed = Event.objects.filter(trial=trial, new_state="RUNNING").first()
    assert trial.state == ("REQUESTED" if claim is None else "RUNNING")
    assert claimed is None or claimed.pk < paused.pk


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_stop_and_the_last_result_leave_the_study_ended_and_the_trial_whole(round_):
    study = rows.running_study(trial_budget=1)
    trial = rows.running_trial(study)
    finish = partial(trials.complete, trial_id=trial.pk, worker="worker-a", tflite_name=rows.TFLITE)
    stopped, completed = rows.at_once(
        partial(studies.stop, study_id=study.pk), partial(finish, evaluation=rows.evaluation())
    )
    study.refresh_from_db()
    trial.refresh_from_db()
    assert completed is True
    assert trial.state == Trial.State.COMPLETED
    assert study.state == (State.COMPLETED if isinstance(stopped, Conflict) else State.STOPPED)


@pytest.mark.parametrize("round_", ROUNDS)
def test_the_last_results_together_complete_the_study(round_):
    """Neither sees the other as still running."""
    study = rows.running_study(trial_budget=3)
    running = [rows.running_trial(study, f"worker-{n}", seed=n) for n in range(3)]
    finish = [
        partial(trials.complete, trial_id=t.pk, worker=t.worker, evaluation=rows.evaluation(), tflite_name=rows.TFLITE)
        for t in running
    ]
    assert rows.at_once(*finish) == [True] * 3
    study.refresh_from_db()
    assert study.state == State.COMPLETED
    assert Event.objects.filter(study=study, trial=None, new_state="COMPLETED").count() == 1


@pytest.mark.parametrize("round_", ROUNDS)
def test_trials_requested_and_retried_together_are_numbered_without_gaps(round_):
    study = rows.running_study(trial_budget=20)
    failing = [rows.running_trial(study, f"worker-{n}", seed=n) for n in range(3)]
    items = [[requests.RequestedTrial(network)] for network in rows.networks(study, 3, seed=9)]
    calls = [partial(trials.fail, trial_id=t.pk, worker=t.worker, reason="killed") for t in failing]
    calls += [
        partial(requests.request_trials, study_id=study.pk, requested=item, designer_state=None) for item in items
    ]
    results = rows.at_once(*calls)
    assert not [result for result in results if isinstance(result, Exception)]
    assert sorted(study.trials.values_list("number", flat=True)) == list(range(1, 10))
    assert study.trials.filter(retried_from__isnull=False).count() == 3


@pytest.mark.parametrize("round_", ROUNDS)
def test_two_suggestions_from_one_view_of_the_study_are_not_both_taken(round_):
    study = rows.running_study()
    request = partial(requests.request_trials, study_id=study.pk, designer_state=None, expected_trials=0)
    items = [[requests.RequestedTrial(network)] for network in rows.networks(study, 2)]
    results = rows.at_once(*(partial(request, requested=item) for item in items))
    assert sorted(map(len, results)) == [0, 1]
    assert study.trials.count() == 1


def test_people_who_click_everything_at_once_leave_a_state_that_holds_together():
    for _ in range(5):
        study = rows.running_study(trial_budget=3)
        trial = rows.running_trial(study)
        rows.requested_trials(study, 2, seed=5)
        clicks = [studies.pause, studies.resume, studies.stop, studies.stop, studies.pause, studies.delete]
        results = rows.at_once(
            *(partial(click, study_id=study.pk) for click in clicks),
            partial(studies.extend_budget, study_id=study.pk, additional_trials=1),
            partial(trials.fail, trial_id=trial.pk, worker="worker-a", reason="killed"),
            partial(trials.heartbeat, trial_id=trial.pk, worker="worker-a"),
        )
        unexpected = [
            r for r in results if isinstance(r, Exception) and not isinstance(r, Conflict | Study.DoesNotExist)
        ]
        assert unexpected == []
        survivor = Study.objects.filter(pk=study.pk).first()
        if survivor is None:
            continue
        history = list(survivor.events.filter(trial=None).order_by("pk").values_list("old_state", "new_state"))
        assert all(before[1] == after[0] for before, after in itertools.pairwise(history))
        assert history[-1][1] == survivor.state
        assert sorted(survivor.trials.values_list("number", flat=True)) == list(range(1, survivor.trials.count() + 1))


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_curve_written_while_its_trial_ends_is_either_in_time_or_refused(round_):
    trial = rows.running_trial(rows.running_study())
    progress = Progress("float", 1, 10, loss=1.0, train_accuracy=0.5, eval_accuracy=0.4, seconds=1.0)
    written, handed_back = rows.at_once(
        partial(trials.record_curve_point, trial_id=trial.pk, worker="worker-a", progress=progress),
        partial(trials.hand_back, trial_id=trial.pk, worker="worker-a", reason="shut down"),
    )
    assert handed_back is True
    assert written in (True, False)
    assert trial.curve.count() == 0


@pytest.mark.parametrize("round_", ROUNDS)
def test_workers_that_store_the_same_bytes_share_one_file(round_):
    storage, content = DatabaseStorage(), b"same" * 500_000 + bytes([round_])
    names = rows.at_once(*[partial(save_by_hash, storage, "tflite", content, ".tflite")] * 4)
    assert len(set(names)) == 1
    with storage.open(names[0]) as file:
        assert file.read() == content
