"""How likely measurements are under a Gaussian process, and what it predicts of each of them from the others."""

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
    """`target` [n] measured at `inputs`, in units of `scale` above `offset` modelled by `kernel`.

    `noise` [n] says how much more or less than the others each measurement scatters, as a factor of variance.
    """

    kernel: Kernel
    inputs: EncodedRows
    target: Values
    noise: Values
    offset: float
    scale: float

    @property
    def standard(self) -> Values:
        return np.asarray((self.target - self.offset) / self.scale)


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Of each row from all others: `mean` [n] in the target's unit, `variance` [n] in units of scale squared.

    The variance is that of the truth, without the scatter of a measurement. `solution` [n] belongs to all rows.
    """

    mean: Values
    variance: Values
    solution: Values


def initial_parameters(kernel: Kernel) -> Values:
    """The kernel's parameters, and the noise last: where fits start and what the prior prefers."""
    return np.append(kernel.initial_parameters(), np.log(FIRST_NOISE))


def map_fit(problem: RegressionProblem, rows: NDArray[np.int64], start: Values, steps: int) -> Values:
    """The parameters most likely for `rows` of the problem and the prior, from `start` on."""
    inputs, target, noise = problem.inputs.take(rows), problem.standard[rows], problem.noise[rows]
    prior = initial_parameters(problem.kernel)
    found = optimize.minimize(
        lambda parameters: _loss(problem.kernel, inputs, target, noise, parameters, prior),
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(value - _REACH, value + _REACH) for value in prior],
        options={"maxiter": steps},
    )
    return np.asarray(found.x)


def leave_one_out(problem: RegressionProblem, parameters: Values) -> LeaveOneOut:
    """Closed form: the inverse of the covariance says what each row would be predicted as without it."""
    noise = variance_of_noise(problem, parameters)
    covariance = problem.kernel.covariance(parameters[:-1], problem.inputs, problem.inputs)
    inverse = linalg.cho_solve(linalg.cho_factor(covariance + np.diag(noise), lower=True), np.eye(len(noise)))
    solution = inverse @ problem.standard
    own = np.diag(inverse)
    return LeaveOneOut(problem.target - problem.scale * solution / own, np.maximum(1 / own - noise, 0), solution)


def posterior_mean(problem: RegressionProblem, parameters: Values, seen: NDArray[np.bool_]) -> Values:
    """What the rows `seen` say of each row [n]: of one of them what the others do."""
    inputs = problem.inputs.take(seen)
    among = replace(problem, inputs=inputs, target=problem.target[seen], noise=problem.noise[seen])
    left_out, mean = leave_one_out(among, parameters), np.empty_like(problem.target)
    between = problem.kernel.covariance(parameters[:-1], problem.inputs.take(~seen), inputs)
    mean[seen] = left_out.mean
    mean[~seen] = problem.offset + problem.scale * between @ left_out.solution
    return mean


def variance_of_noise(problem: RegressionProblem, parameters: Values) -> Values:
    """Of each measurement [n], in units of scale squared."""
    return np.asarray(np.exp(parameters[-1]) * problem.noise + _JITTER)


def _loss(
    kernel: Kernel, inputs: EncodedRows, target: Values, noise: Values, parameters: Values, prior: Values
) -> tuple[float, Values]:
    """Minus the logarithm of likelihood times prior, and its gradient."""
    covariance, pullback = kernel.with_pullback(parameters[:-1], inputs, inputs)
    level = float(np.exp(parameters[-1]))
    covariance[np.diag_indices_from(covariance)] += level * noise + _JITTER
    factor = linalg.cho_factor(covariance, lower=True, overwrite_a=True)
    solution = linalg.cho_solve(factor, target)
    derivative = (linalg.cho_solve(factor, np.eye(len(target))) - np.outer(solution, solution)) / 2
    away = (parameters - prior) / _PRIOR_SD
    value = target @ solution / 2 + np.log(np.diag(factor[0])).sum() + (away**2).sum() / 2
    by_noise = float((np.diag(derivative) * noise).sum()) * level
    return float(value), np.append(pullback(derivative), by_noise) + away / _PRIOR_SD
