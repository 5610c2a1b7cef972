"""Expected accuracies of trained networks: measured ones, less what they owe to the luck of clips and training.

The network that was measured best of many is partly the luckiest. What else is known of each, the losses of its
training and its architecture, has other luck: where that speaks against a measurement, it is believed less. Empirical
Bayes: all networks of a study together show how much the witnesses explain.

Notation (Rasmussen & Williams 2006, section 2.1):

    n, d      networks, witnesses
    y         measured accuracies [n], 0..1
    X         standardised witnesses [n, d] = U diag(singular) V^T
    a         accuracies without luck [n]
    y = a + e                e ~ N(0, noise^2): clips and trainings
    a = mean(y) + X w + u    w ~ N(0, signal^2 / d), u ~ N(0, own^2): what a network has of its own
    h         mean(y) + X E[w | y] [n], what the witnesses expect
    k         own^2 / (own^2 + noise^2), how far a measurement is believed

    E[a | y] = h + k (y - h),    V[a | y] = (1 - k) own^2 + (1 - k)^2 x V[w | y] x

`signal` and `own` maximise the evidence on a grid; `noise` is given.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
FEWEST_NETWORKS = 8
_SIGNALS = np.concatenate([[0.0], np.geomspace(0.001, 0.5, 40)])
_OWNS = np.concatenate([[0.0], np.geomspace(0.001, 0.2, 40)])
_SMALLEST_NOISE = 1e-6


@dataclass(frozen=True, slots=True)
class ExpectedAccuracies:
    """Means and standard deviations of the accuracies without luck [n], and what the fit found, as accuracies (0..1).

    `signal` is the deviation that the witnesses explain, `own` that of the networks besides, `noise` that of
    measurements.
    """

    mean: Values
    deviation: Values
    signal: float
    own: float
    noise: float

    @property
    def believed(self) -> float:
        """k: share (0..1) of a measurement's departure from what the witnesses expect that is believed."""
        return self.own**2 / (self.own**2 + self.noise**2)


def measurement_noise(accuracy: float, clips: int, alike: float, training: float) -> float:
    """Standard deviation of a measured accuracy (0..1) for comparing networks measured on the same `clips`.

    `alike` (0..1) is the correlation between two networks of what is right: luck that all share does not decide between
    them. `training` is the deviation between trainings of one network.
    """
    return sqrt(accuracy * (1 - accuracy) * (1 - alike) / clips + training**2)


def expected_accuracies(measured: Values, witnesses: Values, noise: float) -> ExpectedAccuracies:
    """Posterior of the accuracies without luck from `measured` [n] and `witnesses` [n, d] of any scale.

    With fewer than `FEWEST_NETWORKS` measurements are taken as they are. Raises ValueError for values that are not
    finite, and where the numbers of networks differ.
    """
    if len(measured) != len(witnesses):
        raise ValueError(f"{len(measured)} accuracies and witnesses of {len(witnesses)} networks")
    if not (np.isfinite(measured).all() and np.isfinite(witnesses).all()):
        raise ValueError("accuracies and witnesses must be finite")
    noise = max(noise, _SMALLEST_NOISE)
    if len(measured) < FEWEST_NETWORKS:
        return ExpectedAccuracies(measured, np.full(len(measured), noise), 0.0, 0.0, noise)
    standardised = _standardised(witnesses)
    residual = measured - measured.mean()
    left, singular, _ = np.linalg.svd(standardised / sqrt(standardised.shape[1]), full_matrices=False)
    projected = left.T @ residual
    signal, own = _most_evident(singular**2, projected, residual, noise)
    variances = signal**2 * singular**2 + own**2 + noise**2
    expected = measured.mean() + left @ (signal**2 * singular**2 / variances * projected)
    believed = own**2 / (own**2 + noise**2)
    unsure = left**2 @ (signal**2 * singular**2 * (own**2 + noise**2) / variances)
    return ExpectedAccuracies(
        mean=expected + believed * (measured - expected),
        deviation=np.sqrt((1 - believed) * own**2 + (1 - believed) ** 2 * unsure),
        signal=signal,
        own=own,
        noise=noise,
    )


def _standardised(witnesses: Values) -> Values:
    """Witnesses with mean 0 and deviation 1 [n, d]; 0 where they do not differ."""
    spread = witnesses.std(axis=0)
    scale = np.where(spread > 1e-12 * (1 + np.abs(witnesses.mean(axis=0))), spread, np.inf)
    return np.asarray((witnesses - witnesses.mean(axis=0)) / scale)


def _most_evident(explained: Values, projected: Values, residual: Values, noise: float) -> tuple[float, float]:
    """(signal, own) of the greatest evidence on the grid, from singular values squared and U^T residual [d]."""
    unexplained = _OWNS[None, :, None] ** 2 + noise**2
    variances = _SIGNALS[:, None, None] ** 2 * explained + unexplained
    others = len(residual) - len(projected)
    rest = max(float(residual @ residual - projected @ projected), 0.0)
    evidence = -np.sum(np.log(variances) + projected**2 / variances, axis=-1)
    evidence = evidence - (others * np.log(unexplained) + rest / unexplained)[..., 0]
    best = np.unravel_index(int(np.argmax(evidence)), evidence.shape)
    return float(_SIGNALS[best[0]]), float(_OWNS[best[1]])
