"""Fits the Gaussian process: the likeliest parameters under a prior, by L-BFGS on exact gradients, twice.

The first fit takes all measurements to scatter alike. How far each row lies from what the others predict of it then
says how scatter grows with the level, and which rows are outliers; these count for less in the second fit (weights of
Student's t with four degrees of freedom). The second is kept where it predicts left-out rows better.

What is predicted of a row without it comes with parameters to which the row did not contribute either, or intervals
made of it would be too narrow: they are fitted once more for each fold, to the other folds.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.gaussian_process import GaussianProcess, Scatter
from nas_engine.energy.kernel import Kernel
from nas_engine.energy.kernel_inputs import Reader
from nas_engine.energy.likelihood import LeftOut, Problem, first_guess, leave_out, likeliest, variance_of_noise
from nas_engine.energy.tables import Features, Schema, Values

MOST_ROWS = 2_000
"""A process of more takes minutes to fit and seconds to predict."""

_MOST_ROWS_FOR_PARAMETERS = 600
_FOLDS_OF_FEW, _FOLDS_OF_MANY, _FEW = 5, 2, 300
_LEAST_FOR_OUTLIERS = 100
_STEPS, _STEPS_AGAIN = 40, 15
_FREEDOM = 4.0
_MEDIAN_SQUARE = 0.55  # of Student's t with that freedom
_LOWEST_SHARE = 0.02

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FittedProcess:
    """The process, and mean and standard deviation [n] of what it predicts of each measured row without it."""

    process: GaussianProcess
    left_out_mean: Values
    left_out_sd: Values


@dataclass(frozen=True, slots=True)
class _Stage:
    """One fit: `parameters` of all rows and, first, of each fold's others; what each row is predicted without it."""

    problem: Problem
    scatter: Scatter
    by_fold: list[Values]
    parameters: Values
    left_out: LeftOut

    @property
    def squared_error(self) -> float:
        return float(np.mean((self.problem.target - self.left_out.mean) ** 2))


def fit(schema: Schema, features: Features, target: Values, counts: Values, seed: int, *, logs: bool) -> FittedProcess:
    """Fit to `target` [n], each the mean of `counts` [n] measurements; with `logs` numbers above 0 enter by theirs."""
    reader = Reader.of(schema, features, logs=logs)
    stage = _best_stage(_problem(reader, features, target, counts), np.random.default_rng(seed))
    unknown = stage.problem.scale**2 * stage.left_out.variance
    deviation = np.sqrt(unknown + stage.scatter.variance(stage.left_out.mean))
    return FittedProcess(_process(stage, reader), stage.left_out.mean, deviation)


def quick_left_out(schema: Schema, features: Features, target: Values, seed: int, *, logs: bool) -> Values:
    """What one plain fit predicts of each row [n] without it: a sixth of the time, good for comparing targets."""
    problem = _problem(Reader.of(schema, features, logs=logs), features, target, np.ones(len(target)))
    rows = _capped(np.arange(len(target)), np.random.default_rng(seed))
    return leave_out(problem, likeliest(problem, rows, first_guess(problem.kernel), _STEPS)).mean


def _problem(reader: Reader, features: Features, target: Values, counts: Values) -> Problem:
    kernel = Kernel(reader.columns, len(reader.scaled))
    scale = float(target.std()) or 1.0
    return Problem(kernel, reader.read(features), target, 1 / counts, float(target.mean()), scale)


def _best_stage(problem: Problem, rng: np.random.Generator) -> _Stage:
    rows = len(problem.target)
    folds = rng.permutation(rows) % (_FOLDS_OF_FEW if rows <= _FEW else _FOLDS_OF_MANY)
    learned_from = [_capped(np.flatnonzero(folds != fold), rng) for fold in range(folds.max() + 1)]
    learned_from.append(_capped(np.arange(rows), rng))
    starts = [first_guess(problem.kernel)] * len(learned_from)
    first = _stage(problem, Scatter(0.0), folds, learned_from, starts, _STEPS)
    if rows < _LEAST_FOR_OUTLIERS:
        return first
    scatter, weighted = _weighted(problem, first.left_out.mean)
    starts = [*first.by_fold, first.parameters]
    second = _stage(weighted, scatter, folds, learned_from, starts, _STEPS_AGAIN)
    return min(first, second, key=lambda stage: stage.squared_error)


def _capped(rows: Rows, rng: np.random.Generator) -> Rows:
    return np.sort(rng.permutation(rows)[:_MOST_ROWS_FOR_PARAMETERS])


def _stage(
    problem: Problem, scatter: Scatter, folds: Rows, learned_from: list[Rows], starts: list[Values], steps: int
) -> _Stage:
    found = [likeliest(problem, rows, start, steps) for rows, start in zip(learned_from, starts, strict=True)]
    mean = np.empty_like(problem.target)
    for fold, parameters in enumerate(found[:-1]):
        mean[folds == fold] = leave_out(problem, parameters).mean[folds == fold]
    left_out = replace(leave_out(problem, found[-1]), mean=mean)  # whose variance is in the unit of later intervals
    usual = float(np.exp(found[-1][-1])) * problem.scale**2
    return _Stage(problem, replace(scatter, usual=usual), found[:-1], found[-1], left_out)


def _weighted(problem: Problem, predicted: Values) -> tuple[Scatter, Problem]:
    """How scatter grows with the level, by a line through logarithms, and the problem with weights for outliers."""
    error = np.abs(problem.target - predicted)
    low = float(np.quantile(problem.target, _LOWEST_SHARE))
    scatter = Scatter(1.0)
    if low > 0:
        levels = np.log(np.maximum(predicted, low))
        power = float(np.polyfit(levels, np.log(error + 1e-4 * problem.scale), 1)[0])
        scatter = Scatter(1.0, min(max(power, 0.0), 1.5), float(np.exp(levels.mean())), low)
    usual = scatter.variance(predicted)
    unit = np.maximum(np.median(error**2 / usual) / _MEDIAN_SQUARE, 1e-12)
    weights = usual * (_FREEDOM + error**2 / (usual * unit)) / (_FREEDOM + 1)
    return scatter, replace(problem, noise=problem.noise * weights / np.median(weights))


def _process(stage: _Stage, reader: Reader) -> GaussianProcess:
    problem = stage.problem
    return GaussianProcess(
        reader=reader,
        parameters=stage.parameters[:-1],
        inputs=problem.inputs,
        solution=problem.scale * stage.left_out.solution,
        noise=problem.scale**2 * variance_of_noise(problem, stage.parameters),
        scatter=stage.scatter,
        offset=problem.offset,
        scale=problem.scale,
    )
