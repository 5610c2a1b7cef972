"""Expected accuracies of trained networks: measured ones, less what they owe to the luck of clips and training.

The network that was measured best of many is partly the luckiest. What else is known of each, the losses of its
training and its architecture, has other luck: where that speaks against a measurement, it is believed less.
All networks of a study together show how much the witnesses explain.

Notation (Rasmussen & Williams 2006, section 2.1):

    n, d      networks, witnesses
    y         measured accuracies [n], 0..1: of a network that was trained several times, their mean
    a         accuracies without luck [n]
    y = a + e                e ~ N(0, noise^2): clips and trainings; noise [n], less for the mean of several trainings
    a = m + X w + u          w ~ N(0, signal^2 / d), u ~ N(0, own^2): what a network has of its own
    c         1 / (own^2 + noise^2) [n], the weights of means
    m         mean of y by c
    X         witnesses [n, d] of deviation 1, less their means by c
    Z         X / sqrt(d) = the same for weights v = sqrt(d) w ~ N(0, signal^2)
    V, g      eigenvectors [d, d] and eigenvalues [d] of Z^T diag(c) Z
    p         V^T Z^T diag(c) (y - m) [d]
    h         m + Z E[v | y] = m + Z V (signal^2 p / (1 + signal^2 g)) [n], what the witnesses expect
    k         own^2 / (own^2 + noise^2) [n], how far a measurement is believed

    E[a | y] = h + k (y - h),    V[a | y] = (1 - k) own^2 + (1 - k)^2 (z V[v | y] z + 1 / sum(c))
    V[v | y] = V diag(signal^2 / (1 + signal^2 g)) V^T
    -2 log N(y - m; 0, diag(1 / c) + signal^2 Z Z^T)
        = sum(log(1 + signal^2 g)) - sum(log(c)) + (y - m)^T diag(c) (y - m) - sum(signal^2 p^2 / (1 + signal^2 g))

`noise` is given. `signal` and `own` have the weights of their evidence on a grid, and the posterior is the mixture:
where some networks hardly show whether they differ at all, that is part of what is not known. m is known as far as
the mean of n such networks is, which is what 1 / sum(c) adds: it is orthogonal to X by c.

That all are as likely beforehand follows Gelman 2006 (variance parameters in hierarchical models), section 3.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
FEWEST_NETWORKS = 8
_STEPS = np.linspace(0.0, 0.1, 26)  # of either deviation, all as likely beforehand
_SMALLEST_NOISE = 1e-6
_NEGLIGIBLE = 1e-3  # of the greatest weight


@dataclass(frozen=True, slots=True)
class ExpectedAccuracies:
    """Means and standard deviations (0..1) of the accuracies without luck [n].

    `believed` is k [n], the share (0..1) of a measurement's departure from what the witnesses expect that is believed.
    """

    mean: Values
    deviation: Values
    believed: Values


def measurement_noise(accuracy: float, clips: int, alike: float, training: float) -> float:
    """Standard deviation of a measured accuracy (0..1) for comparing networks measured on the same `clips`.

    `alike` (0..1) is the correlation between two networks of what is right: luck that all share does not decide between
    them. `training` is the deviation between trainings of one network; of the mean of several trainings, theirs.
    """
    return sqrt(accuracy * (1 - accuracy) * (1 - alike) / clips + training**2)


def expected_accuracies(measured: Values, witnesses: Values, noise: float | Values) -> ExpectedAccuracies:
    """Posterior of the accuracies without luck from `measured` [n] and `witnesses` [n, d] of any scale.

    `noise` is of all or [n], of each. With fewer than `FEWEST_NETWORKS` measurements are taken as they are. Raises
    ValueError for values that are not finite, and where the numbers of networks differ.
    """
    if len(measured) != len(witnesses):
        raise ValueError(f"{len(measured)} accuracies and witnesses of {len(witnesses)} networks")
    if np.ndim(noise) and len(measured) != np.size(noise):
        raise ValueError(f"{len(measured)} accuracies and noises of {np.size(noise)} networks")
    if not (np.isfinite(measured).all() and np.isfinite(witnesses).all() and np.isfinite(noise).all()):
        raise ValueError("accuracies, witnesses and noises must be finite")
    noises = np.broadcast_to(np.maximum(noise, _SMALLEST_NOISE), measured.shape)
    if len(measured) < FEWEST_NETWORKS:
        return ExpectedAccuracies(measured, noises.copy(), np.ones(len(measured)))
    scaled = _standardised(witnesses) / sqrt(witnesses.shape[1])
    solved = [_Solved.of(measured, scaled, noises**2, own) for own in _STEPS**2]
    weights = _weights(np.array([each.evidence for each in solved]))
    mixture = _Mixture(measured.mean(), len(measured))
    for each, row in zip(solved, weights, strict=True):
        if (evident := np.flatnonzero(row)).size:
            mixture.add(each, evident, row[evident])
    return mixture.expected


@dataclass(frozen=True, slots=True)
class _Solved:
    """What follows from own^2 alone: weighted means are taken off, and the d x d system is diagonal."""

    own: float
    noise: Values  # variances [n]
    measured: Values  # [n]
    mean: float
    mean_variance: float
    rotated: Values  # Z V [n, d]
    eigenvalues: Values  # g [d]
    projected: Values  # p [d]
    evidence: Values  # log evidence of each signal [signals], up to what all pairs share

    @classmethod
    def of(cls, measured: Values, scaled: Values, noise: Values, own: float) -> "_Solved":
        certainty = 1 / (own + noise)
        total = certainty.sum()
        mean = float(certainty @ measured / total)
        residual, centred = measured - mean, scaled - certainty @ scaled / total
        weighted = certainty[:, None] * centred
        eigenvalues, vectors = np.linalg.eigh(centred.T @ weighted)
        projected = vectors.T @ (weighted.T @ residual)
        signals = _STEPS**2
        growth = 1 + np.outer(np.maximum(eigenvalues, 0.0), signals)  # [d, signals]
        explained = (signals * projected[:, None] ** 2 / growth - np.log(growth)).sum(axis=0)
        evidence = (explained + np.log(certainty).sum() - certainty @ residual**2) / 2
        rotated = centred @ vectors
        return cls(own, noise, measured, mean, 1 / total, rotated, np.maximum(eigenvalues, 0.0), projected, evidence)


class _Mixture:
    """Weighted sum of the posteriors of pairs, about `centre`, so that no digits are lost in squares."""

    def __init__(self, centre: float, networks: int) -> None:
        self._centre = centre
        self._first, self._second, self._believed = np.zeros((3, networks))

    def add(self, solved: _Solved, evident: NDArray[np.intp], weights: Values) -> None:
        """Add the pairs of one own^2 with the `evident` signals."""
        signals = _STEPS[evident] ** 2
        variances = signals / (1 + np.outer(solved.eigenvalues, signals))  # of V^T v [d, signals]
        expected = solved.mean + solved.rotated @ (variances * solved.projected[:, None])  # [n, signals]
        unsure = solved.rotated**2 @ variances + solved.mean_variance
        believed = (solved.own / (solved.own + solved.noise))[:, None]
        means = expected + believed * (solved.measured[:, None] - expected) - self._centre
        self._first += means @ weights
        self._second += ((1 - believed) * solved.own + (1 - believed) ** 2 * unsure + means**2) @ weights
        self._believed += believed[:, 0] * weights.sum()

    @property
    def expected(self) -> ExpectedAccuracies:
        deviation = np.sqrt(np.maximum(self._second - self._first**2, 0.0))
        return ExpectedAccuracies(self._centre + self._first, deviation, self._believed)


def _standardised(witnesses: Values) -> Values:
    """Witnesses with mean 0 and deviation 1 [n, d]; 0 where they do not differ."""
    spread = witnesses.std(axis=0)
    scale = np.where(spread > 1e-12 * (1 + np.abs(witnesses.mean(axis=0))), spread, np.inf)
    return np.asarray((witnesses - witnesses.mean(axis=0)) / scale)


def _weights(evidence: Values) -> Values:
    """Weights of pairs by their log evidence [owns, signals]; 0 where they do not count."""
    weights = np.exp(evidence - evidence.max())
    weights[weights <= _NEGLIGIBLE] = 0.0
    return np.asarray(weights / weights.sum())
