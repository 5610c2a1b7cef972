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

from nas_engine.energy import likelihood
from nas_engine.energy.gaussian_process import GaussianProcess, Scatter
from nas_engine.energy.kernel import Kernel
from nas_engine.energy.kernel_inputs import Reader
from nas_engine.energy.likelihood import LeftOut, Problem, leave_out, likeliest
from nas_engine.energy.tables import Features, Schema, Values

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
    left_out_mean: Values
    left_out_sd: Values


@dataclass(frozen=True, slots=True)
class _Stage:
    """One fit: `problem` as it weighs outliers, the `scatter` and the `parameters` found."""

    problem: Problem
    scatter: Scatter
    parameters: Values


def fit(schema: Schema, features: Features, target: Values, counts: Values, seed: int, *, logs: bool) -> FittedProcess:
    """Fit to `target` [n], each the mean of `counts` [n] measurements; with `logs` numbers above 0 enter by theirs."""
    reader = Reader.of(schema, features, logs=logs)
    problem, rng = _problem(reader, features, target, counts), np.random.default_rng(seed)
    means = _untold_means(problem, rng)
    best = min(range(len(means)), key=lambda stage: float(np.mean((target - means[stage]) ** 2)))
    stage = _stages(problem, np.ones(len(target), dtype=np.bool_), rng)[best]
    left_out = leave_out(stage.problem, stage.parameters)
    variance = problem.scale**2 * left_out.variance + stage.scatter.variance(means[best])
    return FittedProcess(_process(stage, reader, left_out), means[best], np.sqrt(variance))


def quick_left_out(schema: Schema, features: Features, target: Values, seed: int, *, logs: bool) -> Values:
    """What one plain fit predicts of each row [n] without it: a sixth of the time, good for comparing targets."""
    problem = _problem(Reader.of(schema, features, logs=logs), features, target, np.ones(len(target)))
    rows = np.arange(len(target))
    return leave_out(problem, likeliest(problem, rows, likelihood.first_guess(problem.kernel), _STEPS)).mean


def _problem(reader: Reader, features: Features, target: Values, counts: Values) -> Problem:
    kernel = Kernel(reader.columns, len(reader.scaled))
    scale = float(target.std()) or 1.0
    return Problem(kernel, reader.read(features), target, 1 / counts, float(target.mean()), scale)


def _untold_means(problem: Problem, rng: np.random.Generator) -> list[Values]:
    """For each stage what [n] each row is predicted as from all others, by what the other folds found."""
    rows = len(problem.target)
    fold_of = rng.permutation(rows) % (_FOLDS_OF_FEW if rows <= _FEW else _FOLDS_OF_MANY)
    means = [np.empty(rows) for _ in range(1 if rows < _LEAST_FOR_OUTLIERS else 2)]
    for fold in range(fold_of.max() + 1):
        held_back = fold_of == fold
        for mean, stage in zip(means, _stages(problem, ~held_back, rng), strict=True):
            mean[held_back] = leave_out(stage.problem, stage.parameters).mean[held_back]
    return means


def _stages(problem: Problem, seen: Mask, rng: np.random.Generator) -> list[_Stage]:
    """A plain fit to the rows `seen` and, of enough rows, one in which outliers count for less."""
    rows = np.flatnonzero(seen)
    rows = np.sort(rng.permutation(rows)[:_MOST_ROWS_FOR_PARAMETERS])
    parameters = likeliest(problem, rows, likelihood.first_guess(problem.kernel), _STEPS)
    plain = _Stage(problem, _scatter(problem, Scatter(0.0), parameters), parameters)
    if len(problem.target) < _LEAST_FOR_OUTLIERS:
        return [plain]
    scatter, weighted = _weighted(problem, seen, likelihood.expected(problem, parameters, seen))
    again = likeliest(weighted, rows, parameters, _STEPS_AGAIN)
    return [plain, _Stage(weighted, _scatter(weighted, scatter, again), again)]


def _scatter(problem: Problem, shape: Scatter, parameters: Values) -> Scatter:
    return replace(shape, usual=float(np.exp(parameters[-1])) * problem.scale**2)


def _weighted(problem: Problem, seen: Mask, predicted: Values) -> tuple[Scatter, Problem]:
    """How scatter grows with the level among the rows `seen`, and the problem with weights for outliers."""
    error = np.abs(problem.target - predicted)
    low = float(np.quantile(problem.target[seen], _LOWEST_SHARE))
    scatter = Scatter(1.0)
    if low > 0:
        levels = np.log(np.maximum(predicted[seen], low))
        power = float(np.polyfit(levels, np.log(error[seen] + 1e-4 * problem.scale), 1)[0])
        scatter = Scatter(1.0, min(max(power, 0.0), 1.5), float(np.exp(levels.mean())), low)
    usual = scatter.variance(predicted)
    unit = np.maximum(np.median((error**2 / usual)[seen]) / _MEDIAN_SQUARE, 1e-12)
    weights = usual * (_FREEDOM + error**2 / (usual * unit)) / (_FREEDOM + 1)
    return scatter, replace(problem, noise=problem.noise * weights / np.median(weights[seen]))


def _process(stage: _Stage, reader: Reader, left_out: LeftOut) -> GaussianProcess:
    problem = stage.problem
    return GaussianProcess(
        reader=reader,
        parameters=stage.parameters[:-1],
        inputs=problem.inputs,
        solution=problem.scale * left_out.solution,
        noise=problem.scale**2 * likelihood.variance_of_noise(problem, stage.parameters),
        scatter=stage.scatter,
        offset=problem.offset,
        scale=problem.scale,
    )
