"""Forecasts from early signs: right in the mean, as certain as they say, by losses where accuracies show nothing."""

from dataclasses import replace

import numpy as np
import pytest

from nas_engine.early_stopping import early_signs
from nas_engine.early_stopping.base import Curve
from tests.nas_engine.early_stopping.curves import EPOCHS, curve

RNG = np.random.default_rng(3)
SEEN = [curve(final, RNG) for final in RNG.uniform(0.62, 0.78, 60)]
NEW = [curve(final, RNG) for final in RNG.uniform(0.62, 0.78, 200)]


def forecasts(seen: list[Curve], new: list[Curve], epochs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, deviations and true finals [n]."""
    fitted = early_signs.fit(seen, epochs)
    found = np.array([fitted.forecast(early_signs.signs(one, epochs)) for one in new])
    return found[:, 0], found[:, 1], np.array([one.final_accuracy for one in new])


@pytest.mark.parametrize("epochs", [10, 14, 20])
def test_forecasts_are_right_in_the_mean_and_as_certain_as_they_say(epochs: int) -> None:
    means, deviations, finals = forecasts(SEEN, NEW, epochs)
    assert np.polyfit(means, finals, 1)[0] == pytest.approx(1.0, abs=0.3)
    assert np.std((finals - means) / deviations) == pytest.approx(1.0, abs=0.2)


def test_what_is_explained_is_what_forecasts_of_new_trainings_explain() -> None:
    rng, stated, found = np.random.default_rng(8), [], []
    for _ in range(12):
        seen, new = ([curve(final, rng) for final in rng.uniform(0.62, 0.78, count)] for count in (40, 100))
        means, _, finals = forecasts(seen, new, 10)
        found.append(1 - np.mean((finals - means) ** 2) / np.var(finals))
        stated.append(early_signs.fit(seen, 10).explained)
    assert np.mean(stated) == pytest.approx(np.mean(found), abs=0.05)


def test_signs_that_say_nothing_explain_nothing() -> None:
    shuffled = [
        replace(one, final_accuracy=other.final_accuracy) for one, other in zip(SEEN, reversed(SEEN), strict=True)
    ]
    assert early_signs.fit(shuffled, 10).explained < 0.1
    means, _, _ = forecasts(shuffled, NEW, 10)
    assert np.std(means) < np.std([one.final_accuracy for one in SEEN]) / 3


def test_losses_speak_where_accuracies_are_those_of_the_majority() -> None:
    hidden, new = ([replace(one, accuracies=(0.5,) * EPOCHS) for one in curves] for curves in (SEEN, NEW))
    means, _, finals = forecasts(hidden, new, 10)
    assert np.corrcoef(means, finals)[0, 1] > 0.5


def test_equal_trainings_are_forecast_as_what_they_ended_as() -> None:
    same = [SEEN[0]] * 12
    mean, deviation = early_signs.fit(same, 6).forecast(early_signs.signs(SEEN[0], 6))
    assert mean == pytest.approx(SEEN[0].final_accuracy or 0.0)
    assert 0 < deviation < 0.02


def test_the_weights_are_those_of_the_same_prior_solved_at_once() -> None:
    """By the joint normal distribution of all finals, mixed over the same pairs of deviations."""
    epochs, x = 10, np.array([early_signs.signs(one, 10) for one in SEEN])
    finals = np.array([one.final_accuracy for one in SEEN], dtype=float)
    standardised = (x - x.mean(axis=0)) / x.std(axis=0)
    residual, kernel = finals - finals.mean(), standardised @ standardised.T
    evidence, weights = [], []
    for signal in np.geomspace(0.0005, 0.05, 12) ** 2:
        for noise in np.geomspace(0.004, 0.08, 12) ** 2:
            covariance = signal * kernel + noise * np.eye(len(finals))
            solved = np.linalg.solve(covariance, residual)
            # the mean of finals takes one direction, in which only noise would be
            determinant = np.linalg.slogdet(covariance)[1] - np.log(noise)
            evidence.append(-(determinant + residual @ solved) / 2)
            weights.append(signal * standardised.T @ solved)
    pairs = np.exp(np.array(evidence) - max(evidence))
    expected = pairs @ np.array(weights) / pairs.sum()
    assert early_signs.fit(SEEN, epochs).weights == pytest.approx(expected, rel=1e-6)
