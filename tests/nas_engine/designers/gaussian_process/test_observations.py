"""Observations: how uncertain forecasts are, and which observations are kept where there are too many."""

import numpy as np
import pytest

from nas_engine.designers.gaussian_process.encoding import EncodedArchitectures
from nas_engine.designers.gaussian_process.observations import Observations

TOTAL = 0.03


def observed(rewards: np.ndarray, deviations: np.ndarray | None = None) -> Observations:
    count = len(rewards)
    points = np.arange(count, dtype=np.int32)[:, None]
    inputs = EncodedArchitectures(points, points, np.zeros((count, 1)), np.zeros(count))
    return Observations(inputs, rewards, np.zeros(count) if deviations is None else deviations)


def test_measured_rewards_have_no_noise_of_their_own():
    assert (observed(np.array([0.7, np.nan, 0.72])).variances == 0).all()
    assert (observed(np.full(3, 0.7)).variances == 0).all()


def test_the_noise_of_a_forecast_is_its_scatter_about_what_it_forecasts():
    """Means of accuracies given noisy readings of them, simulated; 20,000 make 1 % of the variance."""
    rng = np.random.default_rng(0)
    accuracies = rng.normal(0.7, TOTAL, 20_000)
    reading = 0.04
    explained = TOTAL**2 / (TOTAL**2 + reading**2)
    forecasts = 0.7 + explained * (accuracies + rng.normal(0, reading, 20_000) - 0.7)
    deviation = TOTAL * np.sqrt(1 - explained)
    variances = observed(forecasts, np.full(20_000, deviation)).variances
    scatter = forecasts - (0.7 + explained * (accuracies - 0.7))
    assert variances == pytest.approx(np.full(20_000, scatter.var()), rel=0.05)
    assert variances[0] < 0.5 * deviation**2


def test_a_forecast_that_says_nothing_is_no_measurement():
    deviations = np.array([0.0, 0.0, TOTAL, TOTAL])
    variances = observed(np.array([0.68, 0.72, 0.70, 0.70]), deviations).variances
    assert (variances[2:] >= 0.1 * TOTAL**2).all()


def test_what_is_left_out_does_not_change_how_uncertain_the_rest_is():
    rng = np.random.default_rng(2)
    many = observed(rng.normal(0.7, TOTAL, 300), np.where(np.arange(300) % 3, 0.02, 0.0))
    kept = many.kept(60)
    chosen = kept.inputs.points[:, 0]
    np.testing.assert_array_equal(kept.variances, many.variances[chosen])


def test_few_observations_are_all_kept():
    few = observed(np.linspace(0.6, 0.7, 10))
    assert few.kept(10) is few


def test_of_many_the_best_the_measured_and_an_even_sample_of_the_forecasts_are_kept():
    rewards = np.random.default_rng(1).uniform(0.6, 0.7, 300)
    rewards[7] = np.nan
    deviations = np.full(300, 0.02)
    measured = [3, 7, 60, 250]
    deviations[measured] = 0.0
    kept = observed(rewards, deviations).kept(60).inputs.points[:, 0]
    best = np.argsort(-np.nan_to_num(rewards, nan=-1))[:30]
    assert len(set(kept)) == 60
    assert (np.diff(kept) > 0).all()
    assert set(best) | set(measured) <= set(kept)
    others = np.setdiff1d(kept, best)
    assert np.diff(others).max() < 40


def test_of_many_measured_ones_an_even_sample_is_kept_with_the_best():
    rewards = np.concatenate([np.full(200, 0.6), np.full(20, 0.7)])
    kept = observed(rewards).kept(40).inputs.points[:, 0]
    assert set(range(200, 220)) <= set(kept)
    assert np.diff(kept[kept < 200]).max() <= 11
