"""TSGP (paper, section 5.1): a Gaussian process a curve, with a mean and a map from architectures that curves share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize

from nas_engine.early_stopping.base import Curve, Decision, Forecast, best_reward, compare, go_on
from nas_engine.early_stopping.buckets import Buckets
from nas_engine.early_stopping.curve_gp import CurveProcess, Linear
from nas_engine.early_stopping.kernel import Array

_MOST_CURVES = 100  # seconds a fit, and the hyperparameters of a hundred curves are well known
_ITERATIONS = 60
_WIDEST = 4.0  # deviations of the prior, beyond which nothing is searched
_FARTHEST = 5.0  # deviations of the study's features
_FITTED = 32  # fits kept: those of the studies that a process serves at a time


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt of a study's curves; `center` and `scale` standardise its features."""

    process: CurveProcess
    vector: Array
    linear: Linear
    center: Array
    scale: Array

    def final(self, points: Array, features: Sequence[float]) -> tuple[float, float]:
        """Mean and deviation of the final accuracy after these buckets."""
        standardised = _standardised(np.array(features, dtype=np.float64), self.center, self.scale)
        return self.process.final(self.vector, self.linear, points, standardised)


def _standardised(features: Array, center: Array, scale: Array) -> Array:
    """Features with mean 0 and deviation 1 in the study; far outside of it the maps are not followed further."""
    return np.clip((features - center) / scale, -_FARTHEST, _FARTHEST)


@lru_cache(maxsize=_FITTED)
def fit(curves: tuple[Curve, ...], buckets: Buckets, seed: int) -> Model:
    """Learn from finished and stopped `curves`, at least one; of very many, from a sample drawn with `seed`."""
    if len(curves) > _MOST_CURVES:
        chosen = np.random.default_rng([seed, len(curves)]).choice(len(curves), _MOST_CURVES, replace=False)
        curves = tuple(curves[index] for index in sorted(chosen))
    features = np.array([curve.features for curve in curves], dtype=np.float64)
    center, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-9 * (1 + abs(center)), scale, 1.0)
    standardised, rows = _standardised(features, center, scale), buckets.rows(curves)
    process = CurveProcess(buckets.times, features.shape[1])
    mean, deviation = process.layout.beliefs()

    def loss(offset: Array) -> tuple[float, Array]:
        value, gradient = process.loss(mean + deviation * offset, rows, standardised)
        return value + 0.5 * float(offset @ offset), gradient * deviation + offset

    bounds = [(-_WIDEST, _WIDEST)] * len(mean)
    found = minimize(
        loss, np.zeros(len(mean)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS}
    )
    vector = mean + deviation * found.x
    return Model(process, vector, process.linear(vector, rows, standardised), center, scale)


@dataclass(frozen=True, slots=True)
class Patience:
    """When TSGP may say something.

    `finished` trials must have ended with a final accuracy; the curve must have `points` buckets; and what it showed
    must have reduced the variance of the forecast to at most `unexplained` (0..1) of what it was before the first.
    Without the last, a forecast that only repeats the study's average would end every training of a long study: after
    n trials, a new one is the best with probability 1 / n whatever its curve.
    """

    finished: int = 10
    points: int = 4
    unexplained: float = 0.7


DEFAULT_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Tsgp:
    """Stops what ends below the best finished trial with probability `confidence`, by a model of the study's curves.

    The model is fitted anew when a study has grown by a fifth, always to the first so many trials that ended: a
    restarted process comes to the same decisions.
    """

    buckets: Buckets
    confidence: float
    seed: int = 0
    patience: Patience = DEFAULT_PATIENCE

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        points, best = self.buckets.points(running), best_reward(ended)
        learnt = self._learnt(ended)
        if best is None or not learnt or len(points) < self.patience.points:
            return go_on(running)
        model = fit(learnt, self.buckets, self.seed)
        accuracy, deviation = model.final(points, running.features)
        _, deviation_before = model.final(points[:0], running.features)
        decision = compare(running, Forecast(accuracy - running.penalty, deviation), best, self.confidence)
        informed = deviation**2 <= self.patience.unexplained * deviation_before**2
        return replace(decision, stop=decision.stop and informed)

    def _learnt(self, ended: Sequence[Curve]) -> tuple[Curve, ...]:
        """The first trials of `ended` that the model is fitted to, none where too few are finished."""
        count = self.patience.finished
        if len(ended) < count:
            return ()
        while (larger := count + max(1, count // 5)) <= len(ended):
            count = larger
        learnt = tuple(ended[:count])
        finished = sum(curve.final_accuracy is not None for curve in learnt)
        return learnt if finished >= self.patience.finished else ()
