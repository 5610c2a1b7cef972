"""Fitted landscape: accuracies of a search space by Bayesian linear regression on a few recorded trainings.

An accuracy is a sum of effects of the blocks (kind, kernel size and filters at each position) and of the network's
size (logarithms of its costs), a deviation of the individual network, and training noise. The variances of prior and
noise maximise the evidence. Interactions of blocks fall into the individual deviation, which has no structure: a
landscape is easier for a designer than the real one in that it is additive, and harder in that the rest cannot be
learned.

Notation (Rasmussen & Williams 2006, section 2.1):

    n, d       recorded trainings, features
    X          features [n, d]; x: features of one network [d]
    y          accuracies [n], 0..1; residual: y - mean(y)
    w          weights [d] ~ N(0, s^2 / d), s: `signal`
    sigma      `noise`, standard deviation of the part of y that the features do not explain
    K          X X^T / d [n, n] = V diag(lambda) V^T
    C          s^2 K + sigma^2 I [n, n], covariance of y; `precision` is C^-1
    E[w | y]   s^2 / d X^T C^-1 (y - mean(y)) [d]
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
_SIGNALS = np.geomspace(0.001, 1.0, 40)  # candidates for s, the standard deviation of the explained part
_NOISES = np.geomspace(0.001, 0.2, 40)  # candidates for sigma


@dataclass(frozen=True, slots=True)
class FitReport:
    """Quality of a fit, as standard deviations of an accuracy (0..1).

    `spread` is that of the recorded accuracies: the error of always predicting their mean. `leave_one_out_error` is the
    root mean square error for a training left out of the fit. `unexplained` is sigma; `training_noise` is the part of
    it between trainings of one network, the rest is between networks.
    """

    trainings: int
    spread: float
    leave_one_out_error: float
    unexplained: float
    training_noise: float

    @property
    def own_deviation(self) -> float:
        """Standard deviation of the individual network from the additive model: unexplained without training noise."""
        return sqrt(max(0.0, self.unexplained**2 - self.training_noise**2))


class BlockFeatures:
    """Features of architectures of `space` for the regression, of magnitude about 1.

    Log sizes are standardised by the `recorded` architectures.
    """

    def __init__(self, space: SearchSpace, recorded: Sequence[Architecture]) -> None:
        self._space = space
        self._scales = [_Scale(position) for position in space.positions]
        sizes = np.array([_log_sizes(architecture) for architecture in recorded])
        self._mean = sizes.mean(axis=0)
        spread = sizes.std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)

    def of(self, architecture: Architecture) -> Values:
        """Features [d]. Raises ValueError outside the space, InfeasibleArchitecture as `cost` does."""
        self._space.encode(architecture)
        blocks = [
            value for block, scale in zip(architecture.blocks, self._scales, strict=True) for value in scale(block)
        ]
        sizes = (np.array(_log_sizes(architecture)) - self._mean) / self._spread
        return np.concatenate([np.array(blocks), sizes])


class _Scale:
    """Features of one position: one-hot kind, filters and kernel size scaled to -1..1 between their extremes."""

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


class LandscapeFit:
    """Regression of `accuracies` [n] (0..1) on `features` [n, d].

    `training_noise` is the known standard deviation between trainings of one network. Raises ValueError for fewer than
    `FEWEST_TRAININGS` trainings and for an accuracy that is not finite.
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

    def predict(self, features: Values) -> float:
        """Posterior mean of the accuracy of a network with these features [d]."""
        weights = self._weight_variance * self._features.T @ (self._precision @ self._residual)
        return FittedLandscape(self._mean, weights).accuracy(features)

    def sample(self, rng: np.random.Generator) -> "FittedLandscape":
        """Landscape drawn from the posterior of the weights, by conditioning a draw from the prior on the data.

        The posterior mean would be flatter than any landscape that is consistent with the trainings.
        """
        count, width = self._features.shape
        weights = rng.normal(0.0, sqrt(self._weight_variance), width)
        missing = self._residual - self._features @ weights - rng.normal(0.0, self._noise, count)
        weights += self._weight_variance * self._features.T @ (self._precision @ missing)
        return FittedLandscape(self._mean, weights)

    def _leave_one_out_error(self) -> float:
        """Root mean square of the closed-form leave-one-out errors (Rasmussen & Williams 2006, equation 5.12)."""
        errors = self._precision @ self._residual / np.diag(self._precision)
        return float(np.sqrt(np.mean(errors**2)))


@dataclass(frozen=True, slots=True)
class FittedLandscape:
    """Linear landscape: accuracy = `mean` + x . `weights` [d]."""

    mean: float
    weights: Values

    def accuracy(self, features: Values) -> float:
        """Accuracy of the network with these features [d]; not clipped to 0..1."""
        return float(self.mean + features @ self.weights)


def _most_evident(eigenvalues: Values, projections: Values) -> tuple[float, float]:
    """(s, sigma) of the greatest evidence, from lambda [n] and V^T (y - mean(y)) [n], on the grid of candidates."""
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
    """Position between the ends, -1 to 1; 0 where the ends are equal."""
    low, high = ends
    return 0.0 if low == high else 2 * (value - low) / (high - low) - 1
