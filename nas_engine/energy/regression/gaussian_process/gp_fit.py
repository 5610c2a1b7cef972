"""MAP fit of the Gaussian process in two stages, and its cross-fitted predictions of the measured rows.

    symbol    code                     shape       meaning
    y         target                   [n]         mean measurement of each network, on the transformed scale
    c         counts                   [n]         number of measurements of each network; noise factor 1 / c
    theta     parameters               [p + 1]     kernel parameters and noise variance, as in `likelihood`
    mu        predicted                [n]         posterior mean, leave-one-out for the rows of the fit
    e         error                    [n]         |y - mu|
    v(mu)     NoiseModel.variance      [n]         noise variance as a power of the level
    omega     weights                  [n]         noise factors (nu + e^2 / (v u)) / (nu + 1), times v; u: robust scale
    nu        _DEGREES_OF_FREEDOM      scalar      of Student's t, 4

Stage 1 takes equal noise variance for all measurements. Its leave-one-out errors e give the growth of noise with the
level and the outliers; stage 2 repeats the fit with noise factors omega (iteratively reweighted Student's t). It is
kept where it predicts left-out rows better.

Cross-fitted predictions must not depend on the row's own measurement in any way, or intervals made of them would be
too narrow (1,000 real networks: 89 % inside instead of 90 %). So parameters, noise model and weights are fitted once
more for each fold on the other folds alone; with these a row is predicted from all other rows (cross-conformal: Vovk,
2015; Barber et al., "Predictive inference with the jackknife+", 2021). Standard deviations are those of the fit to all
rows, as residuals have to be normalised in the unit in which intervals are given.
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
"""Most rows of a Gaussian process: more take minutes to fit and seconds to predict."""

_MOST_ROWS_FOR_PARAMETERS = 600
_FOLDS_OF_FEW, _FOLDS_OF_MANY, _FEW = 5, 3, 300
_LEAST_FOR_OUTLIERS = 100
_STEPS, _STEPS_AGAIN = 40, 15
_DEGREES_OF_FREEDOM = 4.0
_MEDIAN_SQUARE = 0.55  # of Student's t with these degrees of freedom
_LOWEST_SHARE = 0.02

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FittedProcess:
    """Fitted process, and cross-fitted mean and standard deviation [n] of the measured rows in the target's unit."""

    process: GaussianProcess
    cross_fitted_mean: Values
    cross_fitted_sd: Values


@dataclass(frozen=True, slots=True)
class _Stage:
    """Result of one stage: the problem with its noise factors, the noise model and the parameters [p + 1]."""

    problem: RegressionProblem
    noise_model: NoiseModel
    parameters: Values


def fit(
    schema: Schema, features: EncodedFeatures, target: Values, counts: Values, seed: int, *, logs: bool
) -> FittedProcess:
    """Fit to `target` [n], each the mean of `counts` [n] measurements.

    With `logs`, columns of numbers above 0 enter by their logarithms. Deterministic for equal arguments.
    """
    encoder = RowEncoder.fit(schema, features, logs=logs)
    problem, rng = _problem(encoder, features, target, counts), np.random.default_rng(seed)
    means = _cross_fitted_means(problem, rng)
    best = min(range(len(means)), key=lambda stage: float(np.mean((target - means[stage]) ** 2)))
    stage = _stages(problem, np.ones(len(target), dtype=np.bool_), rng)[best]
    cross_fitted = leave_one_out(stage.problem, stage.parameters)
    variance = problem.scale**2 * cross_fitted.variance + stage.noise_model.variance(means[best])
    return FittedProcess(_process(stage, encoder, cross_fitted), means[best], np.sqrt(variance))


def quick_leave_one_out(schema: Schema, features: EncodedFeatures, target: Values, seed: int, *, logs: bool) -> Values:
    """Leave-one-out mean [n] of a single stage-1 fit: a sixth of the time of `fit`, for comparing transformations."""
    problem = _problem(RowEncoder.fit(schema, features, logs=logs), features, target, np.ones(len(target)))
    rows = np.arange(len(target))
    return leave_one_out(problem, map_fit(problem, rows, likelihood.initial_parameters(problem.kernel), _STEPS)).mean


def _problem(encoder: RowEncoder, features: EncodedFeatures, target: Values, counts: Values) -> RegressionProblem:
    kernel = Kernel(encoder.columns, len(encoder.scaled))
    scale = float(target.std()) or 1.0
    return RegressionProblem(kernel, encoder.encode(features), target, 1 / counts, float(target.mean()), scale)


def _cross_fitted_means(problem: RegressionProblem, rng: np.random.Generator) -> list[Values]:
    """Cross-fitted mean [n] of each stage: parameters from the other folds, prediction from all other rows."""
    rows = len(problem.target)
    fold_of = rng.permutation(rows) % (_FOLDS_OF_FEW if rows <= _FEW else _FOLDS_OF_MANY)
    means = [np.empty(rows) for _ in range(1 if rows < _LEAST_FOR_OUTLIERS else 2)]
    for fold in range(fold_of.max() + 1):
        held_back = fold_of == fold
        for mean, stage in zip(means, _stages(problem, ~held_back, rng), strict=True):
            mean[held_back] = leave_one_out(stage.problem, stage.parameters).mean[held_back]
    return means


def _stages(problem: RegressionProblem, seen: Mask, rng: np.random.Generator) -> list[_Stage]:
    """Stage 1 on the rows `seen` and, with enough rows, stage 2 with reweighted outliers."""
    rows = np.flatnonzero(seen)
    rows = np.sort(rng.permutation(rows)[:_MOST_ROWS_FOR_PARAMETERS])
    parameters = map_fit(problem, rows, likelihood.initial_parameters(problem.kernel), _STEPS)
    plain = _Stage(problem, _with_variance(problem, NoiseModel(0.0), parameters), parameters)
    if len(problem.target) < _LEAST_FOR_OUTLIERS:
        return [plain]
    noise_model, weighted = _weighted(problem, seen, likelihood.posterior_mean(problem, parameters, seen))
    again = map_fit(weighted, rows, parameters, _STEPS_AGAIN)
    return [plain, _Stage(weighted, _with_variance(weighted, noise_model, again), again)]


def _with_variance(problem: RegressionProblem, shape: NoiseModel, parameters: Values) -> NoiseModel:
    return replace(shape, usual=float(np.exp(parameters[-1])) * problem.scale**2)


def _weighted(problem: RegressionProblem, seen: Mask, predicted: Values) -> tuple[NoiseModel, RegressionProblem]:
    """Growth of noise with the level among the rows `seen`, and the problem with noise factors omega."""
    error = np.abs(problem.target - predicted)
    low = float(np.quantile(problem.target[seen], _LOWEST_SHARE))
    noise_model = NoiseModel(1.0)
    if low > 0:
        levels = np.log(np.maximum(predicted[seen], low))
        power = float(np.polyfit(levels, np.log(error[seen] + 1e-4 * problem.scale), 1)[0])
        noise_model = NoiseModel(1.0, min(max(power, 0.0), 1.5), float(np.exp(levels.mean())), low)
    usual = noise_model.variance(predicted)
    unit = np.maximum(np.median((error**2 / usual)[seen]) / _MEDIAN_SQUARE, 1e-12)
    weights = usual * (_DEGREES_OF_FREEDOM + error**2 / (usual * unit)) / (_DEGREES_OF_FREEDOM + 1)
    return noise_model, replace(problem, noise_factors=problem.noise_factors * weights / np.median(weights[seen]))


def _process(stage: _Stage, encoder: RowEncoder, cross_fitted: LeaveOneOut) -> GaussianProcess:
    problem = stage.problem
    return GaussianProcess(
        encoder=encoder,
        parameters=stage.parameters[:-1],
        inputs=problem.inputs,
        alpha=problem.scale * cross_fitted.alpha,
        noise=problem.scale**2 * likelihood.noise_variance(problem, stage.parameters),
        noise_model=stage.noise_model,
        offset=problem.offset,
        scale=problem.scale,
    )
