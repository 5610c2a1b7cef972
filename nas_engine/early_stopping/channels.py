"""The two things that are seen of a training, accuracies and losses: their covariances, and the slopes of these."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.early_stopping.hyperparameters import NOISE_KNOTS, ParameterLayout
from nas_engine.early_stopping.kernel import Array, exponential, exponential_slopes

_ASYMPTOTES = (ParameterLayout.loss_asymptote, ParameterLayout.asymptote)
_DIGITS = 12  # of times that are taken to be equal
_WALKS = (ParameterLayout.loss_walk, ParameterLayout.walk)


def interpolation(times: Array, knots: tuple[float, ...]) -> Array:
    """[times, knots]: the weight of each knot's value at each time, linear between neighbours."""
    return np.column_stack([np.interp(times, knots, row) for row in np.eye(len(knots))])


def progress(times: Array) -> Array:
    """[P]: 0 at the beginning, 1 at the end, rising while the learning rate falls."""
    return np.asarray(np.sin(times * np.pi / 2))


@dataclass(frozen=True, slots=True)
class CurveChannel:
    """Points at `times` [P], at `place` among all of a curve; which elements of the vector are its variances."""

    times: Array
    place: slice
    decay: int
    walk: int

    def covariance(self, vector: Array, alpha: Array, beta: Array) -> Array:
        """[n, P, P]: decays with the curves' `alpha` and `beta` [n, 1], and random walks."""
        sums, place = self._sums
        decaying = np.exp(vector[self.decay]) * exponential(sums, alpha, beta)
        return np.asarray(decaying[:, place] + np.exp(vector[self.walk]) * self._walks)

    def add_slopes(
        self, gradient: Array, slope: Array, vector: Array, alpha: Array, beta: Array
    ) -> tuple[Array, Array]:
        """Add what `slope` [n, P, P], by the covariance, says; returns those by log alpha and log beta [n]."""
        sums, place = self._sums
        by_sum = slope.reshape(len(slope), -1) @ np.eye(len(sums))[place.ravel()] * np.exp(vector[self.decay])
        gradient[self.decay] += np.sum(by_sum * exponential(sums, alpha, beta))
        gradient[self.walk] += np.sum(slope.sum(axis=0) * self._walks) * np.exp(vector[self.walk])
        by_alpha, by_beta = exponential_slopes(sums, alpha, beta)
        return np.sum(by_sum * by_alpha, axis=1), np.sum(by_sum * by_beta, axis=1)

    @property
    def _sums(self) -> tuple[Array, NDArray[np.intp]]:
        """Each t + t' once [S], for the kernel depends on nothing else, and which of them a pair has [P, P]."""
        pairs = self.times[:, None] + self.times[None, :]
        sums, place = np.unique(np.round(pairs, _DIGITS), return_inverse=True)
        return sums, place.reshape(pairs.shape)

    @property
    def _walks(self) -> Array:
        """[P, P]: covariance of a random walk with variance 1 at the end."""
        steps = progress(self.times)
        return np.asarray(np.minimum(steps[:, None], steps[None, :]))


@dataclass(frozen=True, slots=True)
class Channels:
    """Losses at `loss_times` [L], then accuracies at `times` [P], the last of which is the final accuracy."""

    loss_times: Array
    times: Array
    layout: ParameterLayout

    @property
    def losses(self) -> CurveChannel:
        place = slice(0, len(self.loss_times))
        return CurveChannel(self.loss_times, place, self.layout.loss_decay, self.layout.loss_walk)

    @property
    def accuracies(self) -> CurveChannel:
        place = slice(len(self.loss_times), self.points)
        return CurveChannel(self.times, place, self.layout.decay, self.layout.walk)

    @property
    def points(self) -> int:
        return len(self.loss_times) + len(self.times)

    def covariance(self, vector: Array, features: Array) -> Array:
        """[n, L + P, L + P] for standardised `features` [n, F]: all of the model but its linear part."""
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
        """The gradient by the vector from that by the covariances, `slope` [n, L + P, L + P]."""
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
        """[L + P, 2]: how much of the losses' and of the accuracies' asymptote is in each point."""
        profiles = np.zeros((self.points, 2))
        profiles[self.losses.place, 0] = 1.0
        profiles[self.accuracies.place, 1] = progress(self.times)
        return profiles

    @property
    def _common_walks(self) -> Array:
        """[L, P]: covariance of one random walk's values at the losses' and at the accuracies' times."""
        return np.asarray(np.minimum(progress(self.loss_times)[:, None], progress(self.times)[None, :]))

    def _coupled(self, vector: Array, *variances: int) -> Array:
        """[2, 2]: the covariance of two elements, of losses and of accuracies, that are correlated."""
        deviations = np.exp(vector[list(variances)] / 2)
        correlation = np.tanh(vector[self.layout.coupling])
        return np.asarray(np.outer(deviations, deviations) * np.array([[1.0, correlation], [correlation, 1.0]]))

    def _add_coupled(self, gradient: Array, vector: Array, slope: Array, *variances: int) -> None:
        """`slope` [2, 2] is by that covariance."""
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
        """[L + P]: the variance of each point about its curve."""
        noise = np.full(self.points, np.exp(vector[self.layout.loss_noise]))
        noise[self.accuracies.place] = np.exp(interpolation(self.times, NOISE_KNOTS) @ vector[self.layout.noise])
        noise[-1] = np.exp(vector[self.layout.final])
        return noise
