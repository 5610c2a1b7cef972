"""Marginal likelihood of a Gaussian process, MAP fit of its parameters, and closed-form leave-one-out prediction.

    symbol    code                        shape      meaning
    y         problem.standardised        [n]        (target - offset) / scale
    K         covariance                  [n, n]     of the kernel at parameters[:-1]
    s^2       exp(parameters[-1])         scalar     noise variance of one measurement of weight 1
    r         problem.noise_factors       [n]        noise variance of each row relative to s^2
    Sigma     -                           [n, n]     K + diag(s^2 r + jitter)
    alpha     alpha                       [n]        Sigma^-1 y
    theta     parameters                  [p + 1]    logarithms of kernel parameters, and log s^2
    theta_0   prior_mean                  [p + 1]    mean of the normal prior of theta, with standard deviation 1

Loss:           L = y' alpha / 2 + log det Sigma / 2 + |theta - theta_0|^2 / 2
Gradient:       dL / dK = (Sigma^-1 - alpha alpha') / 2
Leave-one-out:  mean_i = y_i - alpha_i / [Sigma^-1]_ii,    variance_i = 1 / [Sigma^-1]_ii - s^2 r_i

Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning" (2006), equations 2.30, 5.9 and 5.12.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from nas_engine.energy.regression.gaussian_process.encoding import EncodedRows
from nas_engine.energy.regression.gaussian_process.kernel import FIRST_NOISE, Kernel
from nas_engine.energy.regression.schema import Values

_JITTER = 1e-6
_PRIOR_SD = 1.0
_REACH = 6.0


@dataclass(frozen=True, slots=True)
class RegressionProblem:
    """Measurements `target` [n] at `inputs` [n], standardised by `offset` and `scale` (both in the unit of the target).

    `noise_factors` [n] are noise variances of the measurements relative to each other.
    """

    kernel: Kernel
    inputs: EncodedRows
    target: Values
    noise_factors: Values
    offset: float
    scale: float

    @property
    def standardised(self) -> Values:
        """Standardised target y [n]."""
        return np.asarray((self.target - self.offset) / self.scale)


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Predictions of rows from all others: `mean` [n] in the target's unit, `variance` [n] in units of scale squared.

    The variance is that of the latent function, without noise. `alpha` [n] is that of all rows.
    """

    mean: Values
    variance: Values
    alpha: Values


def initial_parameters(kernel: Kernel) -> Values:
    """Initial parameters [p + 1] of a fit, the noise last; also the mean of their prior."""
    return np.append(kernel.initial_parameters(), np.log(FIRST_NOISE))


def map_fit(problem: RegressionProblem, rows: NDArray[np.int64], start: Values, steps: int) -> Values:
    """Maximum a posteriori parameters [p + 1] for `rows` (indices) of the problem, by L-BFGS-B from `start` [p + 1].

    Source: scipy.optimize.minimize with exact gradients, `steps` iterations at most.
    """
    inputs, target = problem.inputs.take(rows), problem.standardised[rows]
    noise_factors = problem.noise_factors[rows]
    prior_mean = initial_parameters(problem.kernel)
    found = optimize.minimize(
        lambda parameters: _loss(problem.kernel, inputs, target, noise_factors, parameters, prior_mean),
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(value - _REACH, value + _REACH) for value in prior_mean],
        options={"maxiter": steps},
    )
    return np.asarray(found.x)


def leave_one_out(problem: RegressionProblem, parameters: Values) -> LeaveOneOut:
    """Leave-one-out predictions of all rows at given parameters [p + 1], in closed form (equation 5.12)."""
    noise = noise_variance(problem, parameters)
    covariance = problem.kernel.covariance(parameters[:-1], problem.inputs, problem.inputs)
    inverse = linalg.cho_solve(linalg.cho_factor(covariance + np.diag(noise), lower=True), np.eye(len(noise)))
    alpha = inverse @ problem.standardised
    precision = np.diag(inverse)
    mean = problem.target - problem.scale * alpha / precision
    return LeaveOneOut(mean, np.maximum(1 / precision - noise, 0), alpha)


def posterior_mean(problem: RegressionProblem, parameters: Values, seen: NDArray[np.bool_]) -> Values:
    """Posterior mean [n] given the rows `seen` (mask [n]), in the target's unit; leave-one-out for the seen rows."""
    inputs = problem.inputs.take(seen)
    among = replace(problem, inputs=inputs, target=problem.target[seen], noise_factors=problem.noise_factors[seen])
    left_out, mean = leave_one_out(among, parameters), np.empty_like(problem.target)
    between = problem.kernel.covariance(parameters[:-1], problem.inputs.take(~seen), inputs)
    mean[seen] = left_out.mean
    mean[~seen] = problem.offset + problem.scale * between @ left_out.alpha
    return mean


def noise_variance(problem: RegressionProblem, parameters: Values) -> Values:
    """Noise variance of each measurement [n], in units of scale squared."""
    return np.asarray(np.exp(parameters[-1]) * problem.noise_factors + _JITTER)


def _loss(
    kernel: Kernel,
    inputs: EncodedRows,
    target: Values,
    noise_factors: Values,
    parameters: Values,
    prior_mean: Values,
) -> tuple[float, Values]:
    """Negative log posterior L of the parameters up to a constant, and its gradient [p + 1]."""
    covariance, pullback = kernel.with_pullback(parameters[:-1], inputs, inputs)
    noise = float(np.exp(parameters[-1]))
    covariance[np.diag_indices_from(covariance)] += noise * noise_factors + _JITTER
    factor = linalg.cho_factor(covariance, lower=True, overwrite_a=True)
    alpha = linalg.cho_solve(factor, target)
    derivative = (linalg.cho_solve(factor, np.eye(len(target))) - np.outer(alpha, alpha)) / 2
    away = (parameters - prior_mean) / _PRIOR_SD
    value = target @ alpha / 2 + np.log(np.diag(factor[0])).sum() + (away**2).sum() / 2
    by_noise = float((np.diag(derivative) * noise_factors).sum()) * noise
    return float(value), np.append(pullback(derivative), by_noise) + away / _PRIOR_SD
