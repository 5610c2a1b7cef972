"""What a designer is told of a study."""

import pytest

from nas_engine.designers.base import Objectives
from tests.webapp import rows
from webapp.models import Trial
from webapp.services import trials
from webapp.worker.history import Memory, history_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_completed_trials_come_with_what_their_reward_is_made_of() -> None:
    study = rows.running_study()
    trial = rows.running_trial(study)
    done = rows.evaluation(int8_accuracy=0.8, energy_mj=0.9, flash_bytes=41_000)
    assert trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=done, tflite_name=rows.TFLITE)
    (outcome,) = history_of(study, Memory()).outcomes
    assert outcome.objectives == Objectives(int8_accuracy=0.8, energy_mj=0.9, flash_bytes=41_000)
    assert outcome.reward == pytest.approx(0.8)


def test_infeasible_trials_have_neither_reward_nor_objectives() -> None:
    study = rows.running_study()
    trial = rows.running_trial(study)
    Trial.objects.filter(pk=trial.pk).update(state="INFEASIBLE", reason="it cannot be built")
    (outcome,) = history_of(study, Memory()).outcomes
    assert (outcome.reward, outcome.objectives) == (None, None)


def test_what_has_ended_is_read_once_and_nothing_is_missed(django_assert_num_queries) -> None:
    study = rows.running_study(trial_budget=10)
    memory = Memory()
    first = rows.completed_trial(study, seed=1)
    assert [outcome.number for outcome in history_of(study, memory).outcomes] == [first.number]
    second = rows.running_trial(study, seed=2)
    with django_assert_num_queries(3):  # counts, states, the new architecture
        history = history_of(study, memory)
    assert (len(history.finished), len(history.pending), history.last) == (1, 1, second.architecture_id)
    assert trials.fail(trial_id=second.pk, worker="worker-a", reason="killed")
    third = rows.completed_trial(study, seed=3)
    history = history_of(study, memory)
    assert [outcome.number for outcome in history.outcomes] == [first.number, third.number]
    assert [architecture.hash for architecture in history.pending] == [second.architecture_id]
    assert (history.trials, history.turns) == (4, 3)
    assert history == history_of(study, Memory())
