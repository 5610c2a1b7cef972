"""Covariances of the two observed channels of a training, accuracies and losses, and their gradients.

Notation (model in `curve_gp`):

    n, F        curves, features of an architecture; x: standardised features [n, F]
    L, P        times of losses and of accuracies (the last is the final accuracy), shares of the training 0..1
    theta       hyperparameter vector [H], `vector` (`ParameterLayout`)
    alpha, beta parameters of the decay kernel, exp(map of x) [n, 1]
    s(t)        progress [P], 0..1, the time scale of walks and of the asymptote of accuracies
    C_i         covariance of curve i without its linear part [L + P, L + P]
    slope       derivative of the objective by C_i [n, L + P, L + P]
    gradient    derivative of the objective by theta [H]
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.early_stopping.hyperparameters import NOISE_KNOTS, ParameterLayout
from nas_engine.early_stopping.kernel import Array, exponential, exponential_slopes

_ASYMPTOTES = (ParameterLayout.loss_asymptote, ParameterLayout.asymptote)
_DIGITS = 12  # decimals by which sums of times are compared
_WALKS = (ParameterLayout.loss_walk, ParameterLayout.walk)


def interpolation(times: Array, knots: tuple[float, ...]) -> Array:
    """Weights of linear interpolation [times, knots]: of each knot's value at each time."""
    return np.column_stack([np.interp(times, knots, row) for row in np.eye(len(knots))])


def progress(times: Array) -> Array:
    """s(t) = sin(pi t / 2) [P]: 0 at the beginning, 1 at the end, rising as a cosine schedule proceeds."""
    return np.asarray(np.sin(times * np.pi / 2))


@dataclass(frozen=True, slots=True)
class CurveChannel:
    """One channel: its `times` [P], its `place` among the points of a curve, indices of its variances in theta."""

    times: Array
    place: slice
    decay: int
    walk: int

    def covariance(self, vector: Array, alpha: Array, beta: Array) -> Array:
        """Covariance [n, P, P] of decays with parameters `alpha` and `beta` [n, 1], and of random walks."""
        sums, place = self._sums
        decaying = np.exp(vector[self.decay]) * exponential(sums, alpha, beta)
        return np.asarray(decaying[:, place] + np.exp(vector[self.walk]) * self._walks)

    def add_slopes(
        self, gradient: Array, slope: Array, vector: Array, alpha: Array, beta: Array
    ) -> tuple[Array, Array]:
        """Add the derivatives by the channel's variances to `gradient`; return those by log alpha and log beta [n].

        `slope` [n, P, P] is the derivative by the channel's covariance.
        """
        sums, place = self._sums
        by_sum = slope.reshape(len(slope), -1) @ np.eye(len(sums))[place.ravel()] * np.exp(vector[self.decay])
        gradient[self.decay] += np.sum(by_sum * exponential(sums, alpha, beta))
        gradient[self.walk] += np.sum(slope.sum(axis=0) * self._walks) * np.exp(vector[self.walk])
        by_alpha, by_beta = exponential_slopes(sums, alpha, beta)
        return np.sum(by_sum * by_alpha, axis=1), np.sum(by_sum * by_beta, axis=1)

    @property
    def _sums(self) -> tuple[Array, NDArray[np.intp]]:
        """Distinct sums t + t' [S], on which alone the kernel depends, and the index of each pair's sum [P, P]."""
        pairs = self.times[:, None] + self.times[None, :]
        sums, place = np.unique(np.round(pairs, _DIGITS), return_inverse=True)
        return sums, place.reshape(pairs.shape)

    @property
    def _walks(self) -> Array:
        """Covariance [P, P] of a random walk with variance 1 at the end."""
        steps = progress(self.times)
        return np.asarray(np.minimum(steps[:, None], steps[None, :]))


@dataclass(frozen=True, slots=True)
class Channels:
    """Both channels: losses at `loss_times` [L], then accuracies at `times` [P], the last one the final accuracy."""

    loss_times: Array
    times: Array
    layout: ParameterLayout

    @property
    def losses(self) -> CurveChannel:
        """Channel of the losses."""
        place = slice(0, len(self.loss_times))
        return CurveChannel(self.loss_times, place, self.layout.loss_decay, self.layout.loss_walk)

    @property
    def accuracies(self) -> CurveChannel:
        """Channel of the accuracies."""
        place = slice(len(self.loss_times), self.points)
        return CurveChannel(self.times, place, self.layout.decay, self.layout.walk)

    @property
    def points(self) -> int:
        """Number of points of a curve, L + P."""
        return len(self.loss_times) + len(self.times)

    def covariance(self, vector: Array, features: Array) -> Array:
        """Covariances C_i [n, L + P, L + P] for standardised `features` [n, F], without the linear part."""
        alpha, beta = self._kernel_parameters(vector, features)
        total: Array = np.zeros((len(features), self.points, self.points))
        for channel in (self.losses, self.accuracies):
            total[:, channel.place, channel.place] = channel.covariance(vector, alpha, beta)
        total += self._profiles @ self._coupled(vector, *_ASYMPTOTES) @ self._profiles.T
        losses, accuracies = self.losses.place, self.accuracies.place
        shared = self._coupled(vector, *_WALKS)[0, 1] * self._common_walks
        total[:, losses, accuracies] += shared
        total[:, accuracies, losses] += shared.T
        diagonal = np.arange(self.points)
        total[:, diagonal, diagonal] += self._noise(vector)
        return total

    def gradient(self, vector: Array, features: Array, slope: Array) -> Array:
        """Gradient by theta [H] from `slope`, the derivative by the covariances [n, L + P, L + P]."""
        layout, gradient = self.layout, np.zeros(self.layout.size)
        alpha, beta = self._kernel_parameters(vector, features)
        for channel in (self.losses, self.accuracies):
            own = slope[:, channel.place, channel.place]
            by_maps = channel.add_slopes(gradient, own, vector, alpha, beta)
            for chart, each in zip((layout.alpha, layout.beta), by_maps, strict=True):
                gradient[chart] += np.append(each.sum(), features.T @ each)
        all_curves = slope.sum(axis=0)
        self._add_coupled(gradient, vector, self._profiles.T @ all_curves @ self._profiles, *_ASYMPTOTES)
        across = float(np.sum(all_curves[self.losses.place, self.accuracies.place] * self._common_walks))
        self._add_coupled(gradient, vector, np.array([[0.0, across], [across, 0.0]]), *_WALKS)
        noise = np.einsum("npp->p", slope) * self._noise(vector)
        gradient[layout.loss_noise] = noise[self.losses.place].sum()
        gradient[layout.noise] = noise[self.accuracies.place][:-1] @ interpolation(self.times[:-1], NOISE_KNOTS)
        gradient[layout.final] = noise[-1]
        return gradient

    @property
    def _profiles(self) -> Array:
        """Loading [L + P, 2] of each point on the losses' and on the accuracies' asymptote."""
        profiles = np.zeros((self.points, 2))
        profiles[self.losses.place, 0] = 1.0
        profiles[self.accuracies.place, 1] = progress(self.times)
        return profiles

    @property
    def _common_walks(self) -> Array:
        """Covariance [L, P] of one random walk between the losses' and the accuracies' times."""
        return np.asarray(np.minimum(progress(self.loss_times)[:, None], progress(self.times)[None, :]))

    def _coupled(self, vector: Array, *variances: int) -> Array:
        """Covariance [2, 2] of two correlated quantities, of losses and of accuracies."""
        deviations = np.exp(vector[list(variances)] / 2)
        correlation = np.tanh(vector[self.layout.coupling])
        return np.asarray(np.outer(deviations, deviations) * np.array([[1.0, correlation], [correlation, 1.0]]))

    def _add_coupled(self, gradient: Array, vector: Array, slope: Array, *variances: int) -> None:
        """Add the derivatives by the parameters of `_coupled`; `slope` [2, 2] is the derivative by that covariance."""
        covariance = self._coupled(vector, *variances)
        gradient[list(variances)] += (slope * covariance).sum(axis=0)
        uncoupled = np.sqrt(covariance[0, 0] * covariance[1, 1]) / np.cosh(vector[self.layout.coupling]) ** 2
        gradient[self.layout.coupling] += 2 * slope[0, 1] * uncoupled

    def _kernel_parameters(self, vector: Array, features: Array) -> tuple[Array, Array]:
        """alpha and beta, [n, 1] each."""
        maps = (vector[self.layout.alpha], vector[self.layout.beta])
        alpha, beta = (np.exp(chart[0] + features @ chart[1:])[:, None] for chart in maps)
        return alpha, beta

    def _noise(self, vector: Array) -> Array:
        """Noise variance of each point [L + P]."""
        noise = np.full(self.points, np.exp(vector[self.layout.loss_noise]))
        noise[self.accuracies.place] = np.exp(interpolation(self.times, NOISE_KNOTS) @ vector[self.layout.noise])
        noise[-1] = np.exp(vector[self.layout.final])
        return noise
