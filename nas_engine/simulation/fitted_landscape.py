"""Accuracies of a whole search space, fitted to a few recorded trainings: Bayesian linear regression in numpy.

An accuracy is a sum of what each block brings (its kind, kernel size and filters, at its position) and what the
network's size brings (logarithms of its costs), a deviation of the network's own, and the scatter of training it
again. Prior and noise are chosen by the evidence of the data. Blocks that help or hinder each other are in the
network's own deviation, which has no structure: so a landscape is easier for a designer than the real one in that it
is additive, and harder in that the rest cannot be learnt.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture, Block
from nas_engine.cost import cost
from nas_engine.search_space.space import Position, SearchSpace

FEWEST_TRAININGS = 8
Values = NDArray[np.float64]
_SIGNALS = np.geomspace(0.001, 1.0, 40)  # candidates for the standard deviation of what architectures bring
_NOISES = np.geomspace(0.001, 0.2, 40)  # and of what the features do not explain


@dataclass(frozen=True, slots=True)
class FitReport:
    """How good a fit is, as standard deviations of an accuracy (0..1).

    `spread` is that of the recorded accuracies: the error of always answering their mean. `leave_one_out_error` is the
    root mean square error for a training that the fit has not seen. `unexplained` is what the evidence calls noise. Of
    it, `training_noise` is scatter between trainings of one network; the rest belongs to the networks.
    """

    trainings: int
    spread: float
    leave_one_out_error: float
    unexplained: float
    training_noise: float

    @property
    def own_deviation(self) -> float:
        """What is unexplained and no training noise: how far a network is from the sum of its blocks."""
        return sqrt(max(0.0, self.unexplained**2 - self.training_noise**2))


class BlockFeatures:
    """What of an architecture of `space` the fit sees, as numbers of about the size of 1."""

    def __init__(self, space: SearchSpace, recorded: Sequence[Architecture]) -> None:
        self._space = space
        self._scales = [_Scale(position) for position in space.positions]
        sizes = np.array([_log_sizes(architecture) for architecture in recorded])
        self._mean = sizes.mean(axis=0)
        spread = sizes.std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)

    def of(self, architecture: Architecture) -> Values:
        """[features]. Raises ValueError outside the space, InfeasibleArchitecture as `cost` does."""
        self._space.encode(architecture)
        blocks = [
            value for block, scale in zip(architecture.blocks, self._scales, strict=True) for value in scale(block)
        ]
        sizes = (np.array(_log_sizes(architecture)) - self._mean) / self._spread
        return np.concatenate([np.array(blocks), sizes])


class _Scale:
    """One position: a number for each kind, and where between the smallest and the largest filters and kernel are."""

    def __init__(self, position: Position) -> None:
        self._kinds = sorted({block.kind for block in position.options})
        real = [block for block in position.options if block.kind != "identity"] or list(position.options)
        self._filters = _range([block.filters for block in real])
        self._kernels = _range([block.kernel_size for block in real])

    def __call__(self, block: Block) -> Iterator[float]:
        yield from (float(block.kind == kind) for kind in self._kinds)
        is_real = block.kind != "identity"
        yield _within(block.filters, self._filters) if is_real else 0.0
        yield _within(block.kernel_size, self._kernels) if is_real else 0.0


class Fit:
    """The regression of `accuracies` [n] on `features` [n, d]; at least `FEWEST_TRAININGS` of them.

    Raises ValueError for fewer, and for an accuracy that is not finite.
    """

    def __init__(self, features: Values, accuracies: Values, training_noise: float) -> None:
        if len(accuracies) < FEWEST_TRAININGS:
            raise ValueError(f"a fit needs at least {FEWEST_TRAININGS} recorded trainings, not {len(accuracies)}")
        if not np.isfinite(accuracies).all():
            raise ValueError("recorded accuracies must be finite")
        self._features = features
        self._mean = float(accuracies.mean())
        self._residual = accuracies - self._mean
        values, vectors = np.linalg.eigh(features @ features.T / features.shape[1])
        signal, self._noise = _most_evident(np.maximum(values, 0.0), vectors.T @ self._residual)
        self._weight_variance = signal**2 / features.shape[1]
        variances = signal**2 * np.maximum(values, 0.0) + self._noise**2
        self._precision = (vectors / variances) @ vectors.T  # inverse covariance of the accuracies, [n, n]
        self.report = FitReport(
            trainings=len(accuracies),
            spread=float(accuracies.std()),
            leave_one_out_error=self._leave_one_out_error(),
            unexplained=self._noise,
            training_noise=min(training_noise, self._noise),
        )

    def predicted(self, features: Values) -> float:
        """The most likely accuracy of a network with these features [d]: the mean over all landscapes."""
        weights = self._weight_variance * self._features.T @ (self._precision @ self._residual)
        return FittedLandscape(self._mean, weights).accuracy(features)

    def drawn(self, rng: np.random.Generator) -> "FittedLandscape":
        """One of the landscapes that the recorded trainings allow, as likely as it is likely.

        What the trainings leave open differs from draw to draw; the mean of all of them would be flatter than any.
        """
        count, width = self._features.shape
        weights = rng.normal(0.0, sqrt(self._weight_variance), width)
        missing = self._residual - self._features @ weights - rng.normal(0.0, self._noise, count)
        weights += self._weight_variance * self._features.T @ (self._precision @ missing)
        return FittedLandscape(self._mean, weights)

    def _leave_one_out_error(self) -> float:
        """In closed form, e.g. Rasmussen & Williams, equation 5.12."""
        errors = self._precision @ self._residual / np.diag(self._precision)
        return float(np.sqrt(np.mean(errors**2)))


@dataclass(frozen=True, slots=True)
class FittedLandscape:
    """Accuracies by features: `mean` plus the features times `weights` [d]."""

    mean: float
    weights: Values

    def accuracy(self, features: Values) -> float:
        """Of the network with these features [d]; not clipped."""
        return float(self.mean + features @ self.weights)


def _most_evident(eigenvalues: Values, projections: Values) -> tuple[float, float]:
    """The standard deviations of signal and noise under which the data are the most likely."""
    variances = _SIGNALS[:, None, None] ** 2 * eigenvalues + _NOISES[None, :, None] ** 2
    evidence = -np.sum(np.log(variances) + projections**2 / variances, axis=-1)
    best = np.unravel_index(int(np.argmax(evidence)), evidence.shape)
    return float(_SIGNALS[best[0]]), float(_NOISES[best[1]])


def _log_sizes(architecture: Architecture) -> tuple[float, ...]:
    counted = cost(architecture)
    return log(counted.flops), log(counted.parameters), log(counted.peak_activation_bytes)


def _range(sizes: Sequence[int]) -> tuple[int, int]:
    return min(sizes), max(sizes)


def _within(value: int, ends: tuple[int, int]) -> float:
    """-1 at the lower end, 1 at the upper; 0 where there is but one value."""
    low, high = ends
    return 0.0 if low == high else 2 * (value - low) / (high - low) - 1
