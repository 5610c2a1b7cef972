"""Early signs: final accuracies forecast from the losses and accuracies of a training's first epochs, by regressions.

One ridge regression for each decision point, from the last one backwards: the last is fitted to the final accuracies of
finished trainings, each earlier one to the forecasts that the next one makes of all trainings that came so far. So
stopped trainings count for all points that they reached, and that they are missing later does no harm: what stopped
them is among the signs. A forecast is expected to move on to the next by nothing, and by how much it does is known.
Forecasts of a process over whole curves (`curve_gp`) moved twice as far as what came of them after a third of the
epochs.

Notation, for one regression:

    n, d     trainings, signs
    X        standardised signs [n, d] = U diag(singular) V^T
    y        final accuracies, or forecasts of the next point [n], 0..1
    y = mean(y) + X w + e,   w ~ N(0, signal^2),   e ~ N(0, noise^2)

Signal and noise have the weights of their evidence on a grid.

Source: Rasmussen & Williams 2006, section 2.1; Bang & Robins 2005 for regressions of regressions where data end early.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.kernel import Array

_LATEST = 3  # part of the epochs so far that is called latest
_SMALLEST_LOSS = 1e-6
_SMALLEST_SHARE = 1e-6  # of the variance before the first epoch that signs tell
_SIGNALS, _NOISES = (
    grid.ravel() ** 2 for grid in np.meshgrid(np.geomspace(0.0005, 0.05, 12), np.geomspace(0.001, 0.08, 16))
)


def signs(curve: Curve, epochs: int) -> Array:
    """Signs [4] after `epochs`: logarithms of the latest and of the mean loss, latest and highest accuracy."""
    losses, accuracies = np.array(curve.losses[:epochs]), np.array(curve.accuracies[:epochs])
    latest = max(1, epochs // _LATEST)
    means = np.maximum([losses[-latest:].mean(), losses.mean()], _SMALLEST_LOSS)
    return np.array([*np.log(means), accuracies[-latest:].mean(), accuracies.max()])


@dataclass(frozen=True, slots=True)
class Regression:
    """Ridge regression on signs: their `center` and `scale` [d], mean of y, weights of standardised signs [d], and the
    variance of y about the fit.
    """

    center: Array
    scale: Array
    mean: float
    weights: Array
    noise: float

    def predict(self, found: Array) -> Array:
        """Predictions [n] from signs [n, d]."""
        return np.asarray(self.mean + (found - self.center) / self.scale @ self.weights)


def regression(found: Array, values: Array) -> Regression:
    """Regression of `values` [n] on signs `found` [n, d], n at least 2."""
    center, scale = found.mean(axis=0), found.std(axis=0)
    scale = np.where(scale > 1e-9 * (1 + abs(center)), scale, np.inf)
    left, singular, right = np.linalg.svd((found - center) / scale, full_matrices=False)
    residual = values - values.mean()
    projected = left.T @ residual
    variances = np.outer(singular**2, _SIGNALS) + _NOISES  # [d, pairs]
    rest = max(float(residual @ residual - projected @ projected), 0.0)
    evidence = -np.sum(np.log(variances) + projected[:, None] ** 2 / variances, axis=0)
    evidence -= (len(values) - 1 - len(singular)) * np.log(_NOISES) + rest / _NOISES
    pairs = np.exp((evidence - evidence.max()) / 2)
    pairs /= pairs.sum()
    weights = right.T @ ((singular[:, None] * _SIGNALS / variances * projected[:, None]) @ pairs)
    return Regression(center, scale, float(values.mean()), weights, float(pairs @ _NOISES))


@dataclass(frozen=True, slots=True)
class EarlySigns:
    """Forecasts of final accuracies after each of the `points`, numbers of epochs.

    `mean` is the forecast before the first epoch, `deviations` [E + 1] are those of final accuracies about forecasts
    after 0, 1, .. points.
    """

    points: tuple[int, ...]
    regressions: tuple[Regression, ...]
    mean: float
    deviations: Array

    def forecast(self, curve: Curve, point: int) -> tuple[float, float]:
        """Mean and standard deviation of the final accuracy (0..1) given the epochs up to `point` 1, 2, ..."""
        mean = self.regressions[point - 1].predict(signs(curve, self.points[point - 1])[None])[0]
        return float(mean), float(self.deviations[point])

    def observation(self, curve: Curve, point: int) -> tuple[float, float]:
        """What the signs up to `point` 1, 2, .. say of the final accuracy alone: value and standard deviation.

        The forecast is what follows from it and from N(`mean`, deviations[0]^2), which holds for any network.
        """
        forecast, deviation = self.forecast(curve, point)
        shown = max(1 - (deviation / self.deviations[0]) ** 2, _SMALLEST_SHARE)
        return float(self.mean + (forecast - self.mean) / shown), float(deviation / np.sqrt(shown))


def fit(curves: Sequence[Curve], points: Sequence[int]) -> EarlySigns:
    """Regressions fitted to trainings with losses, at least two of which are finished.

    `points` are numbers of epochs, rising; finished trainings have at least the last.
    """
    reached = [curve for curve in curves if curve.final_accuracy is not None]
    values = np.array([curve.final_accuracy for curve in reached], dtype=np.float64)
    fitted: list[Regression] = []
    for epochs in reversed(points):
        fitted.append(regression(np.array([signs(curve, epochs) for curve in reached]), values))
        reached = [curve for curve in curves if len(curve.losses) >= epochs]
        values = fitted[-1].predict(np.array([signs(curve, epochs) for curve in reached]))
    steps = np.array([float(values.var()), *(each.noise for each in reversed(fitted))])
    deviations = np.sqrt(np.cumsum(steps[::-1])[::-1])
    return EarlySigns(tuple(points), tuple(reversed(fitted)), float(values.mean()), deviations)
