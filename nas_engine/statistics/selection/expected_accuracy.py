"""Expected accuracies of trained networks: measured ones, less what they owe to the luck of clips and training.

The network that was measured best of many is partly the luckiest. What else is known of each, the losses of its
training and its architecture, has other luck: where that speaks against a measurement, it is believed less.
All networks of a study together show how much the witnesses explain.

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

`noise` is given. `signal` and `own` have the weights of their evidence on a grid, and the posterior is the mixture:
where some networks hardly show whether they differ at all, that is part of what is not known.

That all are as likely beforehand follows Gelman 2006 (variance parameters in hierarchical models), section 3.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
FEWEST_NETWORKS = 8
_STEPS = np.linspace(0.0, 0.1, 26)  # of either deviation, all as likely beforehand
_SIGNALS, _OWNS = np.repeat(_STEPS, len(_STEPS)), np.tile(_STEPS, len(_STEPS))  # [pairs]
_SMALLEST_NOISE = 1e-6
_NEGLIGIBLE = 1e-3  # of the greatest weight


@dataclass(frozen=True, slots=True)
class ExpectedAccuracies:
    """Means and standard deviations (0..1) of the accuracies without luck [n].

    `believed` is k, the share (0..1) of a measurement's departure from what the witnesses expect that is believed.
    """

    mean: Values
    deviation: Values
    believed: float


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
        return ExpectedAccuracies(measured, np.full(len(measured), noise), 1.0)
    standardised = _standardised(witnesses)
    residual = measured - measured.mean()
    left, singular, _ = np.linalg.svd(standardised / sqrt(standardised.shape[1]), full_matrices=False)
    projected = left.T @ residual
    evident, weights = _evident(singular**2, projected, residual, noise)
    own, signal = _OWNS[evident] ** 2, _SIGNALS[evident] ** 2
    unexplained = own + noise**2
    explained = np.outer(singular**2, signal)  # [d, pairs]
    believed = own / unexplained
    expected = measured.mean() + left @ (explained / (explained + unexplained) * projected[:, None])  # [n, pairs]
    unsure = left**2 @ (explained * unexplained / (explained + unexplained)) + unexplained / len(measured)
    means = expected + believed * (measured[:, None] - expected)
    variances = (1 - believed) * own + (1 - believed) ** 2 * unsure
    mean = means @ weights
    return ExpectedAccuracies(
        mean=mean,
        deviation=np.sqrt((variances + (means - mean[:, None]) ** 2) @ weights),
        believed=float(believed @ weights),
    )


def _standardised(witnesses: Values) -> Values:
    """Witnesses with mean 0 and deviation 1 [n, d]; 0 where they do not differ."""
    spread = witnesses.std(axis=0)
    scale = np.where(spread > 1e-12 * (1 + np.abs(witnesses.mean(axis=0))), spread, np.inf)
    return np.asarray((witnesses - witnesses.mean(axis=0)) / scale)


def _evident(squares: Values, projected: Values, residual: Values, noise: float) -> tuple[NDArray[np.intp], Values]:
    """Pairs of signal and own whose weight by evidence counts, and their weights [pairs].

    From singular values squared and U^T residual [d].
    """
    unexplained = _OWNS**2 + noise**2
    variances = np.outer(squares, _SIGNALS**2) + unexplained  # [d, pairs]
    others = len(residual) - len(projected)
    rest = max(float(residual @ residual - projected @ projected), 0.0)
    evidence = -np.sum(np.log(variances) + projected[:, None] ** 2 / variances, axis=0)
    evidence -= others * np.log(unexplained) + rest / unexplained
    weights = np.exp((evidence - evidence.max()) / 2)
    evident = np.flatnonzero(weights > _NEGLIGIBLE)
    return evident, weights[evident] / weights[evident].sum()
