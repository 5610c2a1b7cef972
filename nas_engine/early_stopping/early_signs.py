"""Early signs: final accuracies forecast from the losses and accuracies of a training's first epochs.

One ridge regression for each number of epochs, fitted to finished trainings. That stopped ones are missing does no
harm: what stopped them is among the signs. Forecasts of a process over whole curves (`curve_gp`) moved twice as far as
what came of them after a third of the epochs; these are right in the mean, as each is fitted to its own question.

Notation:

    n, d     finished trainings, signs
    X        standardised signs [n, d] = U diag(singular) V^T
    y        final accuracies [n], 0..1
    y = mean(y) + X w + e,   w ~ N(0, signal^2),   e ~ N(0, noise^2)
    c        = 1 / n + U shares U^T [n], diagonal of the matrix by which fitted values follow from y

Signal and noise have the weights of their evidence on a grid. Of `explained`, the share of the variance of y, each
forecast is of a training that was left out: residual / (1 - c).

Source: Rasmussen & Williams 2006, section 2.1; Allen 1974 (PRESS) for what is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.kernel import Array

_LATEST = 3  # part of the epochs so far that is called latest
_SMALLEST_LOSS = 1e-6
_SIGNALS, _NOISES = (
    grid.ravel() ** 2 for grid in np.meshgrid(np.geomspace(0.0005, 0.05, 12), np.geomspace(0.004, 0.08, 12))
)
_LEAST_LEFT_OUT = 0.05  # of 1 - c


def signs(curve: Curve, epochs: int) -> Array:
    """Signs [4] after `epochs`: logarithms of the latest and of the mean loss, latest and highest accuracy."""
    losses, accuracies = np.array(curve.losses[:epochs]), np.array(curve.accuracies[:epochs])
    latest = max(1, epochs // _LATEST)
    means = np.maximum([losses[-latest:].mean(), losses.mean()], _SMALLEST_LOSS)
    return np.array([*np.log(means), accuracies[-latest:].mean(), accuracies.max()])


@dataclass(frozen=True, slots=True)
class EarlySigns:
    """Regression of final accuracies on the signs after some epochs.

    Fields: mean and scale of the signs [d], mean of y, weights of standardised signs [d], the directions V [d, d] with
    the variance of their weights [d], variance of a new training about its forecast, and `explained`, the share (0..1)
    of the variance of y that forecasts of trainings left out explain.
    """

    center: Array
    scale: Array
    mean: float
    weights: Array
    directions: Array
    uncertainty: Array
    scatter: float
    explained: float

    def forecast(self, found: Array) -> tuple[float, float]:
        """Mean and standard deviation of the final accuracy (0..1) of a training with the signs `found` [d]."""
        standardised = (found - self.center) / self.scale
        along = standardised @ self.directions
        return float(self.mean + standardised @ self.weights), float(
            np.sqrt(self.scatter + along**2 @ self.uncertainty)
        )


def fit(finished: Sequence[Curve], epochs: int) -> EarlySigns:
    """Regression for `epochs`, fitted to at least two finished trainings of at least as many epochs."""
    found = np.array([signs(curve, epochs) for curve in finished])
    finals = np.array([curve.final_accuracy for curve in finished], dtype=np.float64)
    count, center, scale = len(finals), found.mean(axis=0), found.std(axis=0)
    scale = np.where(scale > 1e-9 * (1 + abs(center)), scale, np.inf)
    left, singular, right = np.linalg.svd((found - center) / scale, full_matrices=False)
    residual = finals - finals.mean()
    projected = left.T @ residual
    variances = np.outer(singular**2, _SIGNALS) + _NOISES  # [d, pairs]
    rest = max(float(residual @ residual - projected @ projected), 0.0)
    evidence = -np.sum(np.log(variances) + projected[:, None] ** 2 / variances, axis=0)
    evidence -= (count - 1 - len(singular)) * np.log(_NOISES) + rest / _NOISES
    pairs = np.exp((evidence - evidence.max()) / 2)
    pairs /= pairs.sum()
    shares = (singular[:, None] ** 2 * _SIGNALS / variances) @ pairs
    fitted = left @ (shares * projected)
    influence = 1 / count + left**2 @ shares
    left_out = (residual - fitted) / np.maximum(1 - influence, _LEAST_LEFT_OUT)
    spread = residual * count / (count - 1)  # the mean alone, with each left out
    return EarlySigns(
        center=center,
        scale=scale,
        mean=float(finals.mean()),
        weights=right.T @ ((singular[:, None] * _SIGNALS / variances * projected[:, None]) @ pairs),
        directions=right.T,
        uncertainty=(_SIGNALS * _NOISES / variances) @ pairs,
        scatter=float(pairs @ _NOISES) * (1 + 1 / count),
        explained=float(np.clip(1 - left_out @ left_out / max(spread @ spread, 1e-12), 0.0, 1.0)),
    )
