"""Early stopping of real trials by a training worker."""

import time

import pytest

from nas_engine.early_stopping.base import Curve, Decision
from nas_engine.evaluation_result import Progress
from tests.webapp import packs, rows
from webapp.models import CurvePoint, Study, Trial
from webapp.worker import evaluating, stopping
from webapp.worker.history import Memory, history_of
from webapp.worker.stopping import StopCheck

pytestmark = pytest.mark.django_db(transaction=True)


def study_with_a_high_best(rule: str) -> Study:
    """Six completed trials with whole curves, one of which is out of reach."""
    study = rows.running_study(
        dataset=packs.dataset_with_features(), full_epochs=16, early_stopping=rule, trial_budget=20
    )
    for seed in range(1, 7):
        trial = rows.completed_trial(study, seed=seed, int8_accuracy=0.99 if seed == 6 else 0.6, energy_mj=1.0)
        CurvePoint.objects.bulk_create(
            CurvePoint(trial=trial, phase="float", epoch=epoch, loss=1.0, train_accuracy=0.5, eval_accuracy=0.6)
            for epoch in range(1, 13)
        )
    return study


def test_a_trial_that_cannot_win_ends_stopped_and_its_forecast_is_what_the_designer_hears(worker, monkeypatch):
    study = study_with_a_high_best("exponential_decay")
    trial = rows.requested_trials(study, seed=50)[0]
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.STOPPED, trial.reason
    assert "Stopped after epoch" in trial.reason
    last = trial.stopping["decisions"][-1]
    assert last["stop"]
    assert last["low"] < last["forecast"] < last["high"] < last["best_reward"]
    assert trial.curve.count() == last["epoch"] < 12
    outcome = history_of(study, Memory()).finished[trial.architecture_id]
    assert (outcome.reward, outcome.objectives) == (last["forecast"], None)


def test_marginal_value_says_below_what_new_trials_are_worth_more(worker, monkeypatch):
    monkeypatch.setenv("EARSHOT_SIMULATED_EPOCH_SECONDS", "0.5")
    study = rows.running_study(
        dataset=packs.dataset_with_features(), full_epochs=16, early_stopping="marginal_value", trial_budget=20
    )
    for seed in range(1, 13):
        ended = rows.completed_trial(study, seed=seed, int8_accuracy=0.7 + 0.02 * seed, energy_mj=1.0)
        CurvePoint.objects.bulk_create(
            CurvePoint(
                trial=ended,
                phase="float",
                epoch=epoch,
                loss=1.0 - 0.04 * seed - 0.01 * epoch,
                train_accuracy=0.5,
                eval_accuracy=0.6 + 0.01 * seed + 0.01 * epoch,
            )
            for epoch in range(1, 13)
        )
    trial = rows.requested_trials(study, seed=50)[0]  # its losses begin at 2
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.STOPPED, trial.reason
    last = trial.stopping["decisions"][-1]
    assert last["forecast"] < last["threshold"] < last["best_reward"]
    assert f"Below {last['threshold']:.3f} its further epochs are worth less than new trials." in trial.reason


def test_where_no_decision_comes_in_time_the_training_is_stopped_an_epoch_later(worker, monkeypatch):
    monkeypatch.setenv("EARSHOT_SIMULATED_EPOCH_SECONDS", "0.5")
    monkeypatch.setattr(evaluating, "VERDICT_SECONDS", 0.05)
    decide = StopCheck.after

    def slowly(check: StopCheck, progress: Progress) -> Decision | None:
        time.sleep(0.2)
        return decide(check, progress)

    monkeypatch.setattr(StopCheck, "after", slowly)
    trial = rows.requested_trials(study_with_a_high_best("exponential_decay"), seed=50)[0]
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.STOPPED, trial.reason
    assert trial.curve.count() == trial.stopping["decisions"][-1]["epoch"] + 1


def test_without_early_stopping_nothing_is_asked(worker):
    study = study_with_a_high_best("none")
    trial = rows.requested_trials(study, seed=50)[0]
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert (trial.state, trial.stopping) == (Trial.State.COMPLETED, None)


def test_a_rule_that_fails_costs_no_trial(worker, monkeypatch, caplog):
    def broken(study: Study) -> list[Curve]:
        raise ArithmeticError("no forecast")

    monkeypatch.setattr(stopping, "ended_curves", broken)
    trial = rows.requested_trials(study_with_a_high_best("tsgp"), seed=50)[0]
    evaluating.evaluate(trial.pk, worker)
    trial.refresh_from_db()
    assert trial.state == Trial.State.COMPLETED
    assert "The stopping rule of study" in caplog.text
