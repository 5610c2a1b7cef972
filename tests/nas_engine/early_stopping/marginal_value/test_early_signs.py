"""Forecasts from early signs: right in the mean, as certain as they say, whatever was stopped by them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.marginal_value import early_signs
from tests.nas_engine.early_stopping.curves import EPOCHS, curve

POINTS = tuple(range(2, EPOCHS + 1, 2))
Values = NDArray[np.float64]


def drawn(count: int, seed: int) -> list[Curve]:
    rng = np.random.default_rng(seed)
    return [curve(final, rng) for final in rng.uniform(0.62, 0.78, count)]


SEEN, NEW = drawn(60, 3), drawn(200, 4)
FINALS = np.array([one.final_accuracy for one in NEW], dtype=float)


def forecasts(seen: Sequence[Curve], point: int, new: Sequence[Curve] = NEW) -> Values:
    """Means and deviations [n, 2]."""
    fitted = early_signs.fit(seen, POINTS)
    return np.array([fitted.forecast(one, point) for one in new])


@pytest.mark.parametrize("point", [5, 7, 10])
def test_forecasts_are_right_in_the_mean_and_as_certain_as_they_say(point: int) -> None:
    means, deviations = forecasts(SEEN, point).T
    assert np.polyfit(means, FINALS, 1)[0] == pytest.approx(1.0, abs=0.3)
    assert np.std((FINALS - means) / deviations) == pytest.approx(1.0, abs=0.2)


def test_forecasts_move_as_far_as_deviations_shrink() -> None:
    """In the mean over studies: a forecast is a martingale, and its steps are what the policy is made of."""
    moved, shrunk = [], []
    for seed in range(20):
        fitted = early_signs.fit(drawn(60, 10 + seed), POINTS)
        means = np.array([[fitted.forecast(one, point)[0] for point in (4, 7, 10)] for one in NEW])
        moved.append(np.mean(np.diff(means, axis=1) ** 2, axis=0))
        shrunk.append(-np.diff(fitted.deviations[[4, 7, 10]] ** 2))
    assert np.mean(moved, axis=0) == pytest.approx(np.mean(shrunk, axis=0), rel=0.25)


def test_stopping_the_poor_changes_what_is_expected_of_none() -> None:
    """The finished ones alone would be above the mean of all."""
    means = []
    for seed in range(20):
        seen = drawn(80, 40 + seed)
        whole = early_signs.fit(seen[:20], POINTS)
        stopped = [
            one if number < 20 or whole.forecast(one, 6)[0] > 0.7 else one.cut(12) for number, one in enumerate(seen)
        ]
        finished = [one.final_accuracy for one in stopped if one.final_accuracy is not None]
        fitted = early_signs.fit(stopped, POINTS)
        truth = float(np.mean([one.final_accuracy for one in seen if one.final_accuracy is not None]))
        means.append((np.mean(finished) - truth, fitted.mean - truth))
    of_finished, of_all = np.mean(means, axis=0)
    assert of_finished > 0.008
    assert abs(of_all) < 0.003


def test_signs_that_say_nothing_move_no_forecast() -> None:
    shuffled = [
        replace(one, final_accuracy=other.final_accuracy) for one, other in zip(SEEN, reversed(SEEN), strict=True)
    ]
    means, deviations = forecasts(shuffled, 5).T
    assert np.std(means) < np.std(FINALS) / 4
    assert deviations[0] > 0.9 * early_signs.fit(shuffled, POINTS).deviations[0]


def test_losses_speak_where_accuracies_are_those_of_the_majority() -> None:
    seen, new = ([replace(one, accuracies=(0.5,) * EPOCHS) for one in curves] for curves in (SEEN, NEW))
    assert np.corrcoef(forecasts(seen, 5, new)[:, 0], FINALS)[0, 1] > 0.5


def test_equal_trainings_are_forecast_as_what_they_ended_as() -> None:
    mean, deviation = forecasts([SEEN[0]] * 12, 3, [SEEN[0]])[0]
    assert mean == pytest.approx(SEEN[0].final_accuracy or 0.0)
    assert 0 < deviation < 0.02


def test_a_regression_is_that_of_the_same_prior_solved_at_once() -> None:
    """By the joint normal distribution of all values, mixed over the same pairs of deviations."""
    x = np.array([early_signs.signs(one, 10) for one in SEEN])
    finals = np.array([one.final_accuracy for one in SEEN], dtype=float)
    standardised = (x - x.mean(axis=0)) / x.std(axis=0)
    residual, kernel = finals - finals.mean(), standardised @ standardised.T
    evidence, weights = [], []
    for signal in np.geomspace(0.0005, 0.05, 12) ** 2:
        for noise in np.geomspace(0.001, 0.08, 16) ** 2:
            covariance = signal * kernel + noise * np.eye(len(finals))
            solved = np.linalg.solve(covariance, residual)
            # the mean of values takes one direction, in which only noise would be
            determinant = np.linalg.slogdet(covariance)[1] - np.log(noise)
            evidence.append(-(determinant + residual @ solved) / 2)
            weights.append(signal * standardised.T @ solved)
    pairs = np.exp(np.array(evidence) - max(evidence))
    expected = pairs @ np.array(weights) / pairs.sum()
    assert early_signs.regression(x, finals).weights == pytest.approx(expected, rel=1e-6)
