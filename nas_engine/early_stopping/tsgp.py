"""TSGP (paper, section 5.1): a Gaussian process a curve, with a mean and a map from architectures that curves share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr

from nas_engine.early_stopping.base import Curve, Decision, Forecast, best_reward, compare, go_on
from nas_engine.early_stopping.buckets import Buckets
from nas_engine.early_stopping.curve_gp import CurveProcess, Linear
from nas_engine.early_stopping.kernel import Array

_MOST_CURVES = 64  # half a second a fit, and the hyperparameters of so many curves are well known
_ITERATIONS = 40
_WIDEST = 4.0  # deviations of the prior, beyond which nothing is searched
_FARTHEST = 5.0  # deviations of the study's features
_FITTED = 32  # fits kept: those of the studies that a process serves at a time


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt of a study's curves; `center` and `scale` standardise its features.

    Accuracies below `floor`, that with which networks begin, count as it: how far below is chance. `rewards` and
    `deviations` [n] are forecasts of the rewards of these curves' networks before their first epoch.
    """

    process: CurveProcess
    vector: Array
    linear: Linear
    center: Array
    scale: Array
    floor: float
    rewards: Array
    deviations: Array

    def final(self, curve: Curve, buckets: Buckets) -> tuple[float, float]:
        """Mean and deviation of the final accuracy after what is seen of `curve`."""
        rows = buckets.rows([_raised(curve.cut(len(curve.accuracies)), self.floor)])
        features = _standardised(np.array(curve.features, dtype=np.float64), self.center, self.scale)
        return self.process.final(self.vector, self.linear, rows.known[0], rows.values[0], features)

    def chance(self, reward: float) -> float:
        """The probability with which a network like those of the study exceeds `reward`, before its first epoch."""
        return float(np.mean(ndtr((self.rewards - reward) / self.deviations)))


def _standardised(features: Array, center: Array, scale: Array) -> Array:
    """Features with mean 0 and deviation 1 in the study; far outside of it the maps are not followed further."""
    return np.clip((features - center) / scale, -_FARTHEST, _FARTHEST)


def _raised(curve: Curve, floor: float) -> Curve:
    return replace(curve, accuracies=tuple(max(accuracy, floor) for accuracy in curve.accuracies))


@lru_cache(maxsize=_FITTED)
def fit(curves: tuple[Curve, ...], buckets: Buckets, seed: int) -> Model:
    """Learn from finished and stopped `curves`, at least one; of very many, from a sample drawn with `seed`."""
    if len(curves) > _MOST_CURVES:
        chosen = np.random.default_rng([seed, len(curves)]).choice(len(curves), _MOST_CURVES, replace=False)
        curves = tuple(curves[index] for index in sorted(chosen))
    features = np.array([curve.features for curve in curves], dtype=np.float64)
    center, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-9 * (1 + abs(center)), scale, 1.0)
    floor = float(np.median([curve.accuracies[0] for curve in curves if curve.accuracies]))
    rows = buckets.rows([_raised(curve, floor) for curve in curves])
    standardised = _standardised(features, center, scale)
    process = CurveProcess(buckets.loss_times, buckets.times, features.shape[1])
    mean, deviation = process.layout.beliefs()

    def loss(offset: Array) -> tuple[float, Array]:
        value, gradient = process.loss(mean + deviation * offset, rows, standardised)
        return value + 0.5 * float(offset @ offset), gradient * deviation + offset

    bounds = [(-_WIDEST, _WIDEST)] * len(mean)
    found = minimize(
        loss, np.zeros(len(mean)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS}
    )
    vector = mean + deviation * found.x
    linear = process.linear(vector, rows, standardised)
    accuracies, deviations = process.shared_finals(vector, linear, standardised)
    rewards = accuracies - np.array([curve.penalty for curve in curves])
    return Model(process, vector, linear, center, scale, floor, rewards, deviations)


@dataclass(frozen=True, slots=True)
class Patience:
    """When TSGP speaks: `finished` trials have a final accuracy, and the curve has so many full `buckets`."""

    finished: int = 10
    buckets: int = 4


DEFAULT_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Tsgp:
    """Stops what hardly has a chance left to become the best, by a model of the study's curves.

    A trial is stopped once its chance of exceeding the best finished trial is at most 1 - `confidence` of that which
    the study's networks have before their first epoch. While a training goes on its chance is a martingale, so of the
    trials that would become the best, a share of at most 1 - `confidence` is stopped, however often one looks and
    however long the study is. A chance of at most 1 - `confidence` would not do: after n trials drawn at random the
    next one is the best with probability 1/n, and all of them would be stopped by and by, whatever their curves.

    The model is fitted anew when a study has grown by a third, always to the first so many trials that ended: a
    restarted process comes to the same decisions. Between the ends of buckets nothing new is known.
    """

    buckets: Buckets
    confidence: float
    seed: int = 0
    patience: Patience = DEFAULT_PATIENCE

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        epochs, best = len(running.accuracies), best_reward(ended)
        learnt = self._learnt(ended)
        if (
            best is None
            or not learnt
            or epochs < self.patience.buckets * self.buckets.size
            or epochs % self.buckets.size
        ):
            return go_on(running)
        model = fit(learnt, self.buckets, self.seed)
        accuracy, deviation = model.final(running, self.buckets)
        allowed = (1 - self.confidence) * model.chance(best)
        return compare(running, Forecast(accuracy - running.penalty, deviation), best, 1 - allowed)

    def _learnt(self, ended: Sequence[Curve]) -> tuple[Curve, ...]:
        """The first trials of `ended` that the model is fitted to, none where too few are finished."""
        count = self.patience.finished
        if len(ended) < count:
            return ()
        while (larger := count + max(1, count // 3)) <= len(ended):
            count = larger
        learnt = tuple(ended[:count])
        finished = sum(curve.final_accuracy is not None for curve in learnt)
        return learnt if finished >= self.patience.finished else ()
