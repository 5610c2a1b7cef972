"""TSGP (paper, section 5.1): a Gaussian process per curve, with a mean and a map from architectures shared by curves.

Notation:

    n, F      curves that the model is fitted to, features of an architecture
    theta     hyperparameters [H], mean and standard deviation of their priors [H] (`ParameterLayout.priors`)
    z         (theta - prior mean) / prior deviation [H], the variable of L-BFGS, within -4..4
    x         standardised features [n, F] = (features - center) / scale, clipped to -5..5
    p_0       probability of a reward above the best, before the first epoch
    p         the same given the curve so far; the trial is stopped where p <= (1 - confidence) p_0
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr

from nas_engine.early_stopping.base import Curve, Decision, Forecast, best_reward, compare, continue_training
from nas_engine.early_stopping.buckets import Buckets
from nas_engine.early_stopping.curve_gp import CurveProcess, LinearPosterior
from nas_engine.early_stopping.kernel import Array

_MOST_CURVES = 64  # half a second per fit; more curves hardly change the hyperparameters
_ITERATIONS = 40
_WIDEST = 4.0  # bound of L-BFGS, in standard deviations of the prior
_FARTHEST = 5.0  # bound of standardised features
_FITTED = 32  # fits in the cache: those of the studies that a process serves at a time


@dataclass(frozen=True, slots=True)
class CurveModel:
    """Model fitted to a study's curves; `center` and `scale` [F] standardise its features.

    Accuracies below `floor`, the median first accuracy, are raised to it, since how far below they are is chance.
    `rewards` and `deviations` [n] are forecasts of the rewards of these curves' networks before their first epoch.
    """

    process: CurveProcess
    vector: Array
    linear: LinearPosterior
    center: Array
    scale: Array
    floor: float
    rewards: Array
    deviations: Array

    def final(self, curve: Curve, buckets: Buckets) -> tuple[float, float]:
        """Mean and standard deviation of the final accuracy (0..1) given the epochs of `curve`."""
        rows = buckets.rows([_raised(curve.cut(len(curve.accuracies)), self.floor)])
        features = _standardised(np.array(curve.features, dtype=np.float64), self.center, self.scale)
        return self.process.final(self.vector, self.linear, rows.known[0], rows.values[0], features)

    def improvement_probability(self, reward: float) -> float:
        """p_0: probability (0..1) that a network like those of the study exceeds `reward`, before its first epoch."""
        return float(np.mean(ndtr((self.rewards - reward) / self.deviations)))


def _standardised(features: Array, center: Array, scale: Array) -> Array:
    """Features with mean 0 and deviation 1 in the study, clipped so that maps are not extrapolated far."""
    return np.clip((features - center) / scale, -_FARTHEST, _FARTHEST)


def _raised(curve: Curve, floor: float) -> Curve:
    return replace(curve, accuracies=tuple(max(accuracy, floor) for accuracy in curve.accuracies))


def fitted_to(ended: Sequence[Curve], fewest_finished: int, seed: int) -> tuple[Curve, ...]:
    """Curves to fit a model to: of the first that `ended`, a sample drawn with `seed` where there are more than 64.

    The first are as many as there were when the study had last grown by a third. Empty where too few are finished.
    """
    count = fewest_finished
    if len(ended) < count:
        return ()
    while (larger := count + max(1, count // 3)) <= len(ended):
        count = larger
    first = ended[:count]
    if sum(curve.final_accuracy is not None for curve in first) < fewest_finished:
        return ()
    if count <= _MOST_CURVES:
        return tuple(first)
    chosen = np.random.default_rng([seed, count]).choice(count, _MOST_CURVES, replace=False)
    return tuple(first[index] for index in sorted(chosen))


@lru_cache(maxsize=_FITTED)
def fit(curves: tuple[Curve, ...], buckets: Buckets) -> CurveModel:
    """MAP fit to at least one finished or stopped curve."""
    features = np.array([curve.features for curve in curves], dtype=np.float64)
    center, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-9 * (1 + abs(center)), scale, 1.0)
    floor = float(np.median([curve.accuracies[0] for curve in curves if curve.accuracies]))
    rows = buckets.rows([_raised(curve, floor) for curve in curves])
    standardised = _standardised(features, center, scale)
    process = CurveProcess(buckets.loss_times, buckets.times, features.shape[1])
    mean, deviation = process.layout.priors()

    def loss(offset: Array) -> tuple[float, Array]:
        value, gradient = process.loss(mean + deviation * offset, rows, standardised)
        return value + 0.5 * float(offset @ offset), gradient * deviation + offset

    bounds = [(-_WIDEST, _WIDEST)] * len(mean)
    found = minimize(
        loss, np.zeros(len(mean)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS}
    )
    vector = mean + deviation * found.x
    linear = process.linear(vector, rows, standardised)
    accuracies, deviations = process.finals_before_training(vector, linear, standardised)
    rewards = accuracies - np.array([curve.penalty for curve in curves])
    return CurveModel(process, vector, linear, center, scale, floor, rewards, deviations)


@dataclass(frozen=True, slots=True)
class MinimumData:
    """Data from which TSGP makes forecasts: trials with a final accuracy, and full buckets of the running curve."""

    finished: int = 10
    buckets: int = 4


DEFAULT_MINIMUM = MinimumData()


@dataclass(frozen=True, slots=True)
class Tsgp:
    """Stops trials whose probability of becoming the best has fallen far, by a model of the study's curves.

    A trial is stopped once its probability p of exceeding the best finished trial is at most 1 - `confidence` times
    p_0, that of the study's networks before their first epoch. During a training p is a martingale, so of the trials
    that would become the best, a share of at most 1 - `confidence` is stopped, however often the rule is applied and
    however long the study is. The threshold p <= 1 - `confidence` would not do: after n trials drawn at random the
    next one is the best with probability 1/n, and in a long study every trial would be stopped.

    The model is fitted again when a study has grown by a third, always to the first trials that ended, so that a
    restarted process makes the same decisions. The rule is applied at the ends of buckets.
    """

    buckets: Buckets
    confidence: float
    seed: int = 0
    minimum: MinimumData = DEFAULT_MINIMUM

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """Forecast at the end of a bucket once there are the `minimum` data; otherwise the training continues."""
        epochs, best = len(running.accuracies), best_reward(ended)
        curves = fitted_to(ended, self.minimum.finished, self.seed)
        if (
            best is None
            or not curves
            or epochs < self.minimum.buckets * self.buckets.size
            or epochs % self.buckets.size
        ):
            return continue_training(running)
        model = fit(curves, self.buckets)
        accuracy, deviation = model.final(running, self.buckets)
        allowed = (1 - self.confidence) * model.improvement_probability(best)
        return compare(running, Forecast(accuracy - running.penalty, deviation), best, 1 - allowed)
