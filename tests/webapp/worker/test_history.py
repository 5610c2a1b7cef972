"""What a designer is told of a study."""

import pytest

from nas_engine.designers.base import Objectives
from nas_engine.network.schedule import TrainingConfig
from tests.webapp import energy_models, rows
from webapp.models import Study, Trial
from webapp.services import energy_estimates, trials
from webapp.translation import architecture, described
from webapp.worker.history import Memory, history_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


def test_completed_trials_come_with_what_their_reward_is_made_of() -> None:
    study = rows.running_study()
    trial = rows.running_trial(study)
    done = rows.evaluation(int8_accuracy=0.8, energy_mj=0.9, flash_bytes=41_000)
    assert trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=done, tflite_name=rows.TFLITE)
    (outcome,) = history_of(study, Memory()).outcomes
    assert outcome.objectives == Objectives(accuracy=0.8, energy_mj=0.9, flash_bytes=41_000)
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
    assert (len(history.finished), len(history.pending)) == (1, 1)
    assert history.last is not None
    assert history.last.id == second.pk
    assert trials.fail(trial_id=second.pk, worker="worker-a", reason="killed")
    third = rows.completed_trial(study, seed=3)
    history = history_of(study, memory)
    assert [outcome.number for outcome in history.outcomes] == [first.number, third.number]
    assert [architecture.hash for architecture in history.pending] == [second.architecture_id]
    assert (history.trials, history.turns) == (4, 3)
    assert history == history_of(study, Memory())


def test_a_repriced_study_tells_its_outcomes_at_the_new_prices() -> None:
    study, memory = rows.running_study(), Memory()
    rows.completed_trial(study)
    (before,) = history_of(study, memory).outcomes
    model = energy_models.ready_model(energy_models.device(), times=4.0)
    energy_estimates.reestimate(study_id=study.pk, energy_model_id=model.pk)
    (after,) = history_of(Study.objects.get(pk=study.pk), memory).outcomes
    assert before.objectives is not None
    assert after.objectives is not None
    assert after.objectives.accuracy == before.objectives.accuracy
    assert after.objectives.energy_mj != before.objectives.energy_mj
    assert after.reward != before.reward


def test_the_forecast_that_stopped_a_trial_is_told_at_the_present_price() -> None:
    study = rows.running_study()
    trial = rows.running_trial(study)
    network = architecture(trial.architecture)
    penalty = described(network, study).penalty
    stopping = {"penalty": penalty, "decisions": [{"epoch": 3, "forecast": 0.7, "low": 0.6608, "high": 0.7392}]}
    assert trials.stop_early(trial_id=trial.pk, worker="worker-a", stopping=stopping, reason="hopeless")
    (before,) = history_of(study, Memory()).outcomes
    assert before.reward == pytest.approx(0.7)
    assert before.deviation == pytest.approx(0.02)
    config = TrainingConfig(full_epochs=study.full_epochs, qat_epochs=study.qat_epochs)
    assert before.trained_share == 3 / (config.trial_epochs + config.qat_epochs)
    study.energy_model = energy_models.ready_model(energy_models.device(), times=4.0)
    (after,) = history_of(study, Memory()).outcomes
    assert after.reward == pytest.approx(0.7 + penalty - described(network, study).penalty)
    assert after.reward < before.reward
