"""Policies that stop one training for another, against a closed form and against trainings played out."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from nas_engine.early_stopping.marginal_value.optimal_stopping import Costs, StoppingPolicy, expected_improvement

COSTS = Costs(begin=1, step=1, rest=8, again=30)
FADING = np.sqrt(np.linspace(0.03**2, 0.004**2, 31))  # equal steps of 30 epochs
NEW = np.random.default_rng(5).normal(-0.07, 0.01, 60)


def test_what_is_known_after_one_epoch_is_worth_its_improvement_less_the_rest() -> None:
    deviations = np.array([0.03] + [0.0] * 10)
    policy = StoppingPolicy(deviations, NEW, COSTS)
    still_to_pay = 9 * COSTS.step + COSTS.rest
    assert policy.threshold(1) == pytest.approx(policy.rate * still_to_pay, abs=4e-4)


@pytest.mark.parametrize("costs", [COSTS, replace(COSTS, begin=0), replace(COSTS, step=2, rest=0)])
def test_trainings_played_out_improve_at_the_stated_rate(costs: Costs) -> None:
    policy = StoppingPolicy(FADING, NEW, costs)
    thresholds = np.array([policy.threshold(point) for point in range(1, 31)])
    assert played_out(thresholds, costs) == pytest.approx(policy.rate, rel=0.03)


@pytest.mark.parametrize("shift", [-0.01, 0.01])
def test_other_thresholds_improve_more_slowly(shift: float) -> None:
    policy = StoppingPolicy(FADING, NEW, COSTS)
    thresholds = np.array([policy.threshold(point) for point in range(1, 31)])
    assert played_out(thresholds + shift, COSTS) < 0.98 * policy.rate


def test_the_less_there_is_to_find_the_fewer_epochs_it_is_worth() -> None:
    near, far = (StoppingPolicy(FADING, NEW - lead, COSTS) for lead in (0.0, 0.03))
    assert 0 < far.rate < near.rate / 2


def test_a_best_out_of_reach_ends_what_looks_worse_than_new_ones() -> None:
    """No training becomes the best; a policy that went on with all of them would take the longest to say so."""
    policy = StoppingPolicy(FADING, NEW - 1.0, COSTS)
    assert 0 < policy.rate < 1e-12
    assert -7 * FADING[0] < policy.threshold(5) < 0


@pytest.mark.parametrize("begin", [0.65, 100.0])
@pytest.mark.parametrize("behind", [0.1, 0.2, 0.3, 1.0])
def test_the_rate_stays_above_nothing_where_nothing_can_be_gained(behind: float, begin: float) -> None:
    """One step says all, and the best is far out of reach."""
    policy = StoppingPolicy(np.array([0.03, 0.001]), np.array([-behind]), replace(COSTS, begin=begin))
    assert 0 < policy.rate < 1e-5
    assert np.isfinite(policy.threshold(1))


def test_where_beginning_is_dear_fewer_are_stopped() -> None:
    free, dear = (StoppingPolicy(FADING, NEW, replace(COSTS, begin=epochs)) for epochs in (0, 10))
    assert dear.rate < free.rate
    assert all(dear.threshold(point) < free.threshold(point) for point in range(2, 31))


CONFIRMING = np.array([0.012, 0.008, 0.006])


@pytest.mark.parametrize("confirming", [CONFIRMING, CONFIRMING * 2, CONFIRMING / 4])
def test_trainings_and_confirmations_played_out_improve_at_the_stated_rate(confirming: NDArray[np.float64]) -> None:
    policy = StoppingPolicy(FADING, NEW, COSTS, confirming)
    thresholds = np.array([policy.threshold(point) for point in range(1, 31)])
    assert played_out(thresholds, COSTS, policy) == pytest.approx(policy.rate, rel=0.03)


def test_confirming_is_worth_it_where_it_may_change_who_is_best() -> None:
    policy = StoppingPolicy(FADING, NEW, COSTS, CONFIRMING)
    gains = [policy.gain_of_confirming(lead, 1) for lead in (-0.1, -0.004, 0.0, 0.004, 0.1)]
    assert gains[0] < 0 < gains[2]
    assert gains[4] < 0
    assert max(gains) == gains[2]
    assert policy.gain_of_confirming(0.0, 4) == -np.inf


def test_the_more_is_known_of_a_network_the_less_another_training_gains() -> None:
    policy = StoppingPolicy(FADING, NEW, COSTS, CONFIRMING)
    gains = [policy.gain_of_confirming(0.0, trainings) for trainings in (1, 2, 3)]
    assert gains == sorted(gains, reverse=True)


def test_that_networks_can_be_confirmed_makes_new_ones_worth_more() -> None:
    without, confirmed = (StoppingPolicy(FADING, NEW, COSTS, steps).rate for steps in (np.zeros(0), CONFIRMING * 2))
    assert confirmed > 1.1 * without


def test_expected_improvement_is_the_mean_of_what_is_above() -> None:
    above = np.linspace(0.0, 0.3, 10_001)
    integral = np.trapezoid(above * norm.pdf(above, -0.02, 0.03), above)
    assert expected_improvement(np.array([-0.02]), 0.03)[0] == pytest.approx(integral, rel=1e-4)
    assert list(expected_improvement(np.array([-0.1, 0.2]), 0.0)) == [0.0, 0.2]


def played_out(thresholds: NDArray[np.float64], costs: Costs, policy: StoppingPolicy | None = None) -> float:
    """Improvement an epoch of many trainings, each stopped below `thresholds` [E].

    With a `policy`, networks are confirmed while it gains.
    """
    rng = np.random.default_rng(2)
    count = 400_000
    mean = rng.choice(NEW, count)
    paid = np.full(count, float(costs.begin))
    steps = np.sqrt(np.diff(-(FADING**2)))
    goes_on = np.ones(count, dtype=bool)
    for point, step in enumerate(steps, start=1):
        paid[goes_on] += costs.step
        mean = np.where(goes_on, mean + step * rng.standard_normal(count), mean)
        goes_on &= mean > thresholds[point - 1]
    paid[goes_on] += costs.rest
    finals = mean + FADING[-1] * rng.standard_normal(count)
    whole = goes_on.copy()
    for trainings, step in enumerate(() if policy is None else policy.confirming, start=1):
        assert policy is not None
        leads = np.linspace(-0.1, 0.1, 2001)
        worth = np.array([policy.gain_of_confirming(lead, trainings) for lead in leads]) > 0
        goes_on &= worth[np.clip(np.searchsorted(leads, finals), 0, 2000)]
        paid[goes_on] += costs.again
        finals = np.where(goes_on, finals + step * rng.standard_normal(count), finals)
    return float(np.where(whole, np.maximum(finals, 0.0), 0.0).sum() / paid.sum())
