"""Fits the Gaussian process: the likeliest parameters under a prior, by L-BFGS on exact gradients, twice.

The first fit takes all measurements to scatter alike. How far each row lies from what the others predict of it then
says how scatter grows with the level, and which rows are outliers; these count for less in the second fit (weights of
Student's t with four degrees of freedom). The second is kept where it predicts left-out rows better.

What is predicted of a row without it must not rest on its measurement in any way, or intervals made of it would be too
narrow (1,000 real networks: 89 % inside instead of 90 %). So parameters, growth of scatter and weights are found once
more for each fold, by the other folds alone; with these a row is predicted from all other rows (cross-conformal:
Vovk, 2015; Barber et al., "Predictive inference with the jackknife+", 2021). Their standard deviations are those of
the fit to all rows: distances have to be in the unit in which intervals are given.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression.gaussian_process import likelihood
from nas_engine.energy.regression.gaussian_process.encoding import RowEncoder
from nas_engine.energy.regression.gaussian_process.kernel import Kernel
from nas_engine.energy.regression.gaussian_process.likelihood import (
    LeaveOneOut,
    RegressionProblem,
    leave_one_out,
    map_fit,
)
from nas_engine.energy.regression.gaussian_process.process import GaussianProcess, NoiseModel
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, Values

MOST_ROWS = 2_000
"""A process of more takes minutes to fit and seconds to predict."""

_MOST_ROWS_FOR_PARAMETERS = 600
_FOLDS_OF_FEW, _FOLDS_OF_MANY, _FEW = 5, 3, 300
_LEAST_FOR_OUTLIERS = 100
_STEPS, _STEPS_AGAIN = 40, 15
_FREEDOM = 4.0
_MEDIAN_SQUARE = 0.55  # of Student's t with that freedom
_LOWEST_SHARE = 0.02

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FittedProcess:
    """The process, and mean and standard deviation [n] of what it predicts of each measured row without it."""

    process: GaussianProcess
    cross_fitted_mean: Values
    cross_fitted_sd: Values


@dataclass(frozen=True, slots=True)
class _Stage:
    """One fit: `problem` as it weighs outliers, the `scatter` and the `parameters` found."""

    problem: RegressionProblem
    scatter: NoiseModel
    parameters: Values


def fit(
    schema: Schema, features: EncodedFeatures, target: Values, counts: Values, seed: int, *, logs: bool
) -> FittedProcess:
    """Fit to `target` [n], each the mean of `counts` [n] measurements; with `logs` numbers above 0 enter by theirs."""
    reader = RowEncoder.fit(schema, features, logs=logs)
    problem, rng = _problem(reader, features, target, counts), np.random.default_rng(seed)
    means = _cross_fitted_means(problem, rng)
    best = min(range(len(means)), key=lambda stage: float(np.mean((target - means[stage]) ** 2)))
    stage = _stages(problem, np.ones(len(target), dtype=np.bool_), rng)[best]
    cross_fitted = leave_one_out(stage.problem, stage.parameters)
    variance = problem.scale**2 * cross_fitted.variance + stage.scatter.variance(means[best])
    return FittedProcess(_process(stage, reader, cross_fitted), means[best], np.sqrt(variance))


def quick_leave_one_out(schema: Schema, features: EncodedFeatures, target: Values, seed: int, *, logs: bool) -> Values:
    """What one plain fit predicts of each row [n] without it: a sixth of the time, good for comparing targets."""
    problem = _problem(RowEncoder.fit(schema, features, logs=logs), features, target, np.ones(len(target)))
    rows = np.arange(len(target))
    return leave_one_out(problem, map_fit(problem, rows, likelihood.initial_parameters(problem.kernel), _STEPS)).mean


def _problem(reader: RowEncoder, features: EncodedFeatures, target: Values, counts: Values) -> RegressionProblem:
    kernel = Kernel(reader.columns, len(reader.scaled))
    scale = float(target.std()) or 1.0
    return RegressionProblem(kernel, reader.read(features), target, 1 / counts, float(target.mean()), scale)


def _cross_fitted_means(problem: RegressionProblem, rng: np.random.Generator) -> list[Values]:
    """For each stage what [n] each row is predicted as from all others, by what the other folds found."""
    rows = len(problem.target)
    fold_of = rng.permutation(rows) % (_FOLDS_OF_FEW if rows <= _FEW else _FOLDS_OF_MANY)
    means = [np.empty(rows) for _ in range(1 if rows < _LEAST_FOR_OUTLIERS else 2)]
    for fold in range(fold_of.max() + 1):
        held_back = fold_of == fold
        for mean, stage in zip(means, _stages(problem, ~held_back, rng), strict=True):
            mean[held_back] = leave_one_out(stage.problem, stage.parameters).mean[held_back]
    return means


def _stages(problem: RegressionProblem, seen: Mask, rng: np.random.Generator) -> list[_Stage]:
    """A plain fit to the rows `seen` and, of enough rows, one in which outliers count for less."""
    rows = np.flatnonzero(seen)
    rows = np.sort(rng.permutation(rows)[:_MOST_ROWS_FOR_PARAMETERS])
    parameters = map_fit(problem, rows, likelihood.initial_parameters(problem.kernel), _STEPS)
    plain = _Stage(problem, _scatter(problem, NoiseModel(0.0), parameters), parameters)
    if len(problem.target) < _LEAST_FOR_OUTLIERS:
        return [plain]
    scatter, weighted = _weighted(problem, seen, likelihood.posterior_mean(problem, parameters, seen))
    again = map_fit(weighted, rows, parameters, _STEPS_AGAIN)
    return [plain, _Stage(weighted, _scatter(weighted, scatter, again), again)]


def _scatter(problem: RegressionProblem, shape: NoiseModel, parameters: Values) -> NoiseModel:
    return replace(shape, usual=float(np.exp(parameters[-1])) * problem.scale**2)


def _weighted(problem: RegressionProblem, seen: Mask, predicted: Values) -> tuple[NoiseModel, RegressionProblem]:
    """How scatter grows with the level among the rows `seen`, and the problem with weights for outliers."""
    error = np.abs(problem.target - predicted)
    low = float(np.quantile(problem.target[seen], _LOWEST_SHARE))
    scatter = NoiseModel(1.0)
    if low > 0:
        levels = np.log(np.maximum(predicted[seen], low))
        power = float(np.polyfit(levels, np.log(error[seen] + 1e-4 * problem.scale), 1)[0])
        scatter = NoiseModel(1.0, min(max(power, 0.0), 1.5), float(np.exp(levels.mean())), low)
    usual = scatter.variance(predicted)
    unit = np.maximum(np.median((error**2 / usual)[seen]) / _MEDIAN_SQUARE, 1e-12)
    weights = usual * (_FREEDOM + error**2 / (usual * unit)) / (_FREEDOM + 1)
    return scatter, replace(problem, noise=problem.noise * weights / np.median(weights[seen]))


def _process(stage: _Stage, reader: RowEncoder, cross_fitted: LeaveOneOut) -> GaussianProcess:
    problem = stage.problem
    return GaussianProcess(
        reader=reader,
        parameters=stage.parameters[:-1],
        inputs=problem.inputs,
        solution=problem.scale * cross_fitted.solution,
        noise=problem.scale**2 * likelihood.variance_of_noise(problem, stage.parameters),
        scatter=stage.scatter,
        offset=problem.offset,
        scale=problem.scale,
    )
