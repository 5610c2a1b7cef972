"""The model against its definition, computed the long way: one normal distribution over all points of all curves."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

from nas_engine.early_stopping.buckets import Buckets, CurveRows
from nas_engine.early_stopping.curve_gp import CurveProcess, conditional
from nas_engine.early_stopping.kernel import Array
from tests.nas_engine.early_stopping.curves import EPOCHS, half_stopped, study

BUCKETS = Buckets(EPOCHS)
PROCESS = CurveProcess(BUCKETS.loss_times, BUCKETS.times, features=2)


def problem() -> tuple[Array, CurveRows, Array]:
    """Hyperparameters that are nobody's mean, curves of which half were stopped, standardised features."""
    rng = np.random.default_rng(1)
    mean, deviation = PROCESS.layout.priors()
    return (
        mean + 0.3 * deviation * rng.normal(size=len(mean)),
        BUCKETS.rows(half_stopped(study(6))),
        rng.normal(size=(6, 2)),
    )


def dense(vector: Array, features: Array) -> Array:
    """[n * P, n * P]: prior covariance of all points of all curves, whose prior mean is 0."""
    design = PROCESS.design(features)
    flat = design.reshape(-1, design.shape[2])
    total = flat @ np.diag(1 / PROCESS.precision(vector)) @ flat.T
    for number, own in enumerate(PROCESS.covariance(vector, features)):
        here = slice(number * len(own), (number + 1) * len(own))
        total[here, here] += own
    return total


def test_the_loss_is_the_likelihood_of_what_is_known_with_the_linear_part_integrated_out() -> None:
    vector, rows, features = problem()
    known = rows.known.ravel()
    covariance = dense(vector, features)[np.ix_(known, known)]
    likelihood = multivariate_normal(np.zeros(known.sum()), covariance).logpdf(rows.values.ravel()[known])
    constant = 0.5 * known.sum() * np.log(2 * np.pi)
    assert PROCESS.loss(vector, rows, features)[0] == pytest.approx(-likelihood - constant, rel=1e-6)


def test_the_gradient_is_that_of_the_loss() -> None:
    vector, rows, features = problem()
    numeric = approx_fprime(vector, lambda at: PROCESS.loss(at, rows, features)[0], 1e-6)
    assert PROCESS.loss(vector, rows, features)[1] == pytest.approx(numeric, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("seen", [0, 1, 7, EPOCHS])
def test_a_forecast_is_the_distribution_of_the_final_accuracy_given_all_that_is_known(seen: int) -> None:
    vector, rows, features = problem()
    running, shown = np.array([0.4, -1.2]), BUCKETS.rows([study(7)[-1].cut(seen)])
    covariance = dense(vector, np.vstack([features, running]))
    everything = np.concatenate([rows.known.ravel(), shown.known[0]])
    observed = np.concatenate([rows.values.ravel(), shown.values[0]])
    expected = conditional(np.zeros(len(covariance)), covariance, everything, observed)
    linear = PROCESS.linear(vector, rows, features)
    assert PROCESS.final(vector, linear, shown.known[0], shown.values[0], running) == pytest.approx(expected, rel=1e-5)


def test_before_the_first_epoch_forecasts_are_what_features_say() -> None:
    vector, rows, features = problem()
    linear = PROCESS.linear(vector, rows, features)
    nothing = BUCKETS.rows([study(1)[0].cut(0)])
    each = [PROCESS.final(vector, linear, nothing.known[0], nothing.values[0], row) for row in features]
    means, deviations = PROCESS.finals_before_training(vector, linear, features)
    assert list(zip(means, deviations, strict=True)) == [pytest.approx(one) for one in each]
