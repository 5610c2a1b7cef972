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

Of a network that was not measured, with witnesses x, E[a] = m + x E[w | y] is expected.

That all are as likely beforehand follows Gelman 2006 (variance parameters in hierarchical models), section 3.
"""

from collections.abc import Iterator
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


@dataclass(frozen=True, slots=True)
class WitnessExpectation:
    """What witnesses [d] let expect of a network before it is measured, as a linear function of them.

    `deviation` (0..1) is that of accuracies without luck about it: own, and what is not known of the weights and of
    the pair (own, signal) for networks like those that it was learned from.
    """

    center: Values  # [d]
    scale: Values  # [d], infinite where witnesses did not differ
    mean: float
    weights: Values  # [d]
    deviation: float

    def of(self, witnesses: Values) -> Values:
        """Expected accuracies [n] (0..1) of networks with `witnesses` [n, d]."""
        return np.asarray(self.mean + (witnesses - self.center) / self.scale @ self.weights)


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
    noises = _checked(measured, witnesses, noise)
    if len(measured) < FEWEST_NETWORKS:
        return ExpectedAccuracies(measured, noises.copy(), np.ones(len(measured)))
    scaled = _standardised(witnesses, *_center_and_scale(witnesses))
    mixture = _Mixture(float(measured.mean()), len(measured))
    for solved, evident, weights in _evident(measured, scaled, noises, 1 / len(_STEPS)):
        mixture.add(solved, evident, weights)
    return mixture.expected


def expectation(measured: Values, witnesses: Values, noise: float | Values, doubt: float) -> WitnessExpectation:
    """What is expected of other networks after `measured` [n] of these `witnesses` [n, d], n at least 2.

    `doubt` (0..1) is the probability beforehand that witnesses say nothing. Other arguments and errors as in
    `expected_accuracies`.
    """
    noises = _checked(measured, witnesses, noise)
    center, scale = _center_and_scale(witnesses)
    scaled = _standardised(witnesses, center, scale)
    mean, variance, weights = 0.0, 0.0, np.zeros(len(center))
    about = float(measured.mean())
    first, second = np.zeros((2, len(measured)))  # of what each pair expects, about `about`
    for solved, evident, shares in _evident(measured, scaled, noises, doubt):
        of_own = solved.weights(evident) @ shares  # of scaled witnesses [d]
        weights += of_own
        mean += shares.sum() * solved.mean - solved.center @ of_own
        unsure = np.mean(solved.rotated**2, axis=0) @ solved.variances(evident) + solved.mean_variance
        variance += shares.sum() * solved.own + unsure @ shares
        expected = solved.expected(evident) - about
        first += expected @ shares
        second += expected**2 @ shares
    variance += max(float(np.mean(second - first**2)), 0.0)  # between pairs
    return WitnessExpectation(center, scale, float(mean), weights / sqrt(witnesses.shape[1]), sqrt(variance))


def _checked(measured: Values, witnesses: Values, noise: float | Values) -> Values:
    """Noises [n], above 0. Raises ValueError as `expected_accuracies`."""
    if len(measured) != len(witnesses):
        raise ValueError(f"{len(measured)} accuracies and witnesses of {len(witnesses)} networks")
    if np.ndim(noise) and len(measured) != np.size(noise):
        raise ValueError(f"{len(measured)} accuracies and noises of {np.size(noise)} networks")
    if not (np.isfinite(measured).all() and np.isfinite(witnesses).all() and np.isfinite(noise).all()):
        raise ValueError("accuracies, witnesses and noises must be finite")
    return np.broadcast_to(np.maximum(noise, _SMALLEST_NOISE), measured.shape)


def _evident(
    measured: Values, scaled: Values, noises: Values, doubt: float
) -> Iterator[tuple["_Solved", NDArray[np.intp], Values]]:
    """What follows from each own^2 that counts, with the numbers of the signals that count and their weights.

    `doubt` is the probability beforehand of no signal.
    """
    solved = [_Solved.of(measured, scaled, noises**2, own) for own in _STEPS**2]
    beforehand = np.log([doubt, *[(1 - doubt) / (len(_STEPS) - 1)] * (len(_STEPS) - 1)])
    weights = _weights(np.array([each.evidence for each in solved]) + beforehand)
    for each, row in zip(solved, weights, strict=True):
        if (evident := np.flatnonzero(row)).size:
            yield each, evident, row[evident]


@dataclass(frozen=True, slots=True)
class _Solved:
    """What follows from own^2 alone: weighted means are taken off, and the d x d system is diagonal."""

    own: float
    noise: Values  # variances [n]
    measured: Values  # [n]
    mean: float
    mean_variance: float
    center: Values  # means by c of scaled witnesses [d]
    vectors: Values  # V [d, d]
    rotated: Values  # Z V [n, d]
    eigenvalues: Values  # g [d]
    projected: Values  # p [d]
    evidence: Values  # log evidence of each signal [signals], up to what all pairs share

    @classmethod
    def of(cls, measured: Values, scaled: Values, noise: Values, own: float) -> "_Solved":
        certainty = 1 / (own + noise)
        total = certainty.sum()
        mean = float(certainty @ measured / total)
        center = certainty @ scaled / total
        residual, centred = measured - mean, scaled - center
        weighted = certainty[:, None] * centred
        eigenvalues, vectors = np.linalg.eigh(centred.T @ weighted)
        projected = vectors.T @ (weighted.T @ residual)
        signals = _STEPS**2
        growth = 1 + np.outer(np.maximum(eigenvalues, 0.0), signals)  # [d, signals]
        explained = (signals * projected[:, None] ** 2 / growth - np.log(growth)).sum(axis=0)
        evidence = (explained + np.log(certainty).sum() - certainty @ residual**2) / 2
        return cls(
            own, noise, measured, mean, 1 / total, center, vectors, centred @ vectors,
            np.maximum(eigenvalues, 0.0), projected, evidence,
        )  # fmt: skip

    def variances(self, evident: NDArray[np.intp]) -> Values:
        """Variances of V^T v by the `evident` signals [d, signals]."""
        signals = _STEPS[evident] ** 2
        return np.asarray(signals / (1 + np.outer(self.eigenvalues, signals)))

    def expected(self, evident: NDArray[np.intp]) -> Values:
        """h, what witnesses expect of the networks by the `evident` signals [n, signals]."""
        return np.asarray(self.mean + self.rotated @ (self.variances(evident) * self.projected[:, None]))

    def weights(self, evident: NDArray[np.intp]) -> Values:
        """E[v | y] by the `evident` signals [d, signals]."""
        return np.asarray(self.vectors @ (self.variances(evident) * self.projected[:, None]))


class _Mixture:
    """Weighted sum of the posteriors of pairs, about `centre`, so that no digits are lost in squares."""

    def __init__(self, centre: float, networks: int) -> None:
        self._centre = centre
        self._first, self._second, self._believed = np.zeros((3, networks))

    def add(self, solved: _Solved, evident: NDArray[np.intp], weights: Values) -> None:
        """Add the pairs of one own^2 with the `evident` signals."""
        expected = solved.expected(evident)
        unsure = solved.rotated**2 @ solved.variances(evident) + solved.mean_variance
        believed = (solved.own / (solved.own + solved.noise))[:, None]
        means = expected + believed * (solved.measured[:, None] - expected) - self._centre
        self._first += means @ weights
        self._second += ((1 - believed) * solved.own + (1 - believed) ** 2 * unsure + means**2) @ weights
        self._believed += believed[:, 0] * weights.sum()

    @property
    def expected(self) -> ExpectedAccuracies:
        deviation = np.sqrt(np.maximum(self._second - self._first**2, 0.0))
        return ExpectedAccuracies(self._centre + self._first, deviation, self._believed)


def _center_and_scale(witnesses: Values) -> tuple[Values, Values]:
    """Mean and deviation of each witness [d]; infinite where it does not differ."""
    center, spread = witnesses.mean(axis=0), witnesses.std(axis=0)
    return center, np.where(spread > 1e-12 * (1 + np.abs(center)), spread, np.inf)


def _standardised(witnesses: Values, center: Values, scale: Values) -> Values:
    """X / sqrt(d) before means by c are taken off [n, d]."""
    return np.asarray((witnesses - center) / scale / sqrt(witnesses.shape[1]))


def _weights(evidence: Values) -> Values:
    """Weights of pairs by their log evidence [owns, signals]; 0 where they do not count."""
    weights = np.exp(evidence - evidence.max())
    weights[weights <= _NEGLIGIBLE] = 0.0
    return np.asarray(weights / weights.sum())
