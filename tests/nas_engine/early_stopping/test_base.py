import json
from typing import Any

import numpy as np
import pytest

from nas_engine.early_stopping.base import Curve, Forecast, best_reward, compare, continue_training

CURVE = Curve((0.5, 0.6), (1.0,), 0.02)


@pytest.mark.parametrize(
    "wrong", [{"accuracies": (0.5, np.nan)}, {"features": (np.inf,)}, {"penalty": np.nan}, {"final_accuracy": np.nan}]
)
def test_a_number_that_is_not_finite_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    values: dict[str, Any] = {"accuracies": (0.5,), "features": (), "penalty": 0.0, "final_accuracy": 0.5}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Curve(**values | wrong)


def test_losses_are_those_of_the_same_epochs_or_not_known() -> None:
    with pytest.raises(ValueError, match="2 epochs has 1 losses"):
        Curve((0.5, 0.6), (), 0.0, losses=(1.0,))
    whole = Curve((0.5, 0.6), (), 0.0, 0.6, losses=(1.0, 0.9))
    assert whole.cut(1) == Curve((0.5,), (), 0.0, losses=(1.0,))
    assert CURVE.cut(1).losses == ()


def test_the_best_reward_is_that_of_finished_trials_after_penalties() -> None:
    finished = Curve((0.9,), (), 0.1, 0.7)
    assert best_reward([finished, Curve((0.9,), (), 0.0, 0.65), CURVE]) == 0.65
    assert best_reward([CURVE]) is None


def test_a_trial_is_stopped_from_the_confidence_on() -> None:
    forecast = Forecast(0.60, 0.01)
    decision = compare(CURVE, forecast, 0.62, 0.97)
    assert decision.probability == pytest.approx(0.97725, abs=1e-5)  # two deviations
    assert decision.stop
    assert not compare(CURVE, forecast, 0.62, 0.98).stop
    assert (decision.low, decision.high) == (pytest.approx(0.5804), pytest.approx(0.6196))


def test_a_decision_becomes_json() -> None:
    decision = compare(CURVE, Forecast(0.60, 0.01), 0.62, 0.97)
    assert json.loads(json.dumps(decision.to_json(), allow_nan=False)) == {
        "epoch": 2, "stop": True, "penalty": 0.02, "forecast": 0.6, "low": decision.low, "high": decision.high,
        "best_reward": 0.62, "probability": decision.probability, "required": 0.97, "rate": None,
        "threshold": None,
    }  # fmt: skip
    assert continue_training(CURVE).to_json()["forecast"] is None
