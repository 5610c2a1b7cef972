"""Learning curves as Gaussian processes whose kernels and asymptotes depend on the architecture.

Curve i at time t (share of the training done, 0..1) is

    y_i(t) = m(t) + s(t) w.x_i + a_i + g_i(t) + r_i(t) + noise(t),        final_i = y_i(1) + offset

with a mean curve m that all share (the cosine schedule bends every curve alike), an asymptote w.x_i + a_i, partly
learnt from the standardised features x_i, a decaying part g_i with the freeze-thaw kernel, alpha_i and beta_i
log-linear in x_i, and a random walk r_i. `offset` is what converting to int8 costs, and the noise of the final accuracy
is its own. Progress s rises from 0 to 1 while the learning rate falls: networks begin alike, at the majority's class,
and what the features say of them shows later; the walk's steps shrink with s.

Mean curve and walk are no part of freeze-thaw. Held-out forecasts of recorded trainings asked for them: without the
mean curve, forecasts from the first half erred by half as much again; without the walk, every point of the noisy early
epochs counted as news of the asymptote, and forecasts were surer by half than they were right.

m, w and offset are linear: they have normal priors and are integrated out exactly, so a study of ten curves is as
unsure of them as it must be. The rest, the hyperparameters, maximise the marginal likelihood by L-BFGS.

What is not known of a curve (it was stopped, or still runs) is left out of its likelihood, so stopped curves teach
what they showed.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from nas_engine.early_stopping.buckets import Rows
from nas_engine.early_stopping.hyperparameters import NOISE_KNOTS, Layout
from nas_engine.early_stopping.kernel import Array, exponential, exponential_slopes

_MEAN_KNOTS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
_KNOT_VARIANCE = 1.0  # vague: accuracies lie between 0 and 1
_OFFSET_VARIANCE = 0.05**2
JITTER = 1e-7


def interpolation(times: Array, knots: tuple[float, ...]) -> Array:
    """[times, knots]: the weight of each knot's value at each time, linear between neighbours."""
    return np.column_stack([np.interp(times, knots, row) for row in np.eye(len(knots))])


def conditional(mean: Array, joint: Array, points: Array) -> tuple[float, float]:
    """Mean and deviation of the last element of a normal distribution whose first elements are `points`."""
    seen = len(points)
    if not seen:
        return float(mean[-1]), float(np.sqrt(joint[-1, -1]))
    gain = cho_solve(cho_factor(joint[:seen, :seen]), joint[:seen, -1])
    variance = max(float(joint[-1, -1] - gain @ joint[:seen, -1]), JITTER)
    return float(mean[-1] + gain @ (points - mean[:seen])), float(np.sqrt(variance))


@dataclass(frozen=True, slots=True)
class Linear:
    """The posterior of the linear part: mean [D] and covariance [D, D] of (mean curve's knots, w, offset)."""

    mean: Array
    covariance: Array


@dataclass(frozen=True, slots=True)
class CurveProcess:
    """The model at the times [P] of a bucket grid, the last of which is the final point; `features` of them."""

    times: Array
    features: int

    @property
    def layout(self) -> Layout:
        return Layout(self.features)

    def design(self, features: Array) -> Array:
        """[n, P, D]: what the linear part is multiplied with, for standardised features [n, F]."""
        shape = (len(features), len(self.times))
        mean_curve = np.broadcast_to(interpolation(self.times, _MEAN_KNOTS), (*shape, len(_MEAN_KNOTS)))
        growing = features[:, None, :] * self._progress[:, None]
        offset = np.zeros((*shape, 1))
        offset[:, -1] = 1.0
        return np.concatenate([mean_curve, growing, offset], axis=2)

    def precision(self, vector: Array) -> Array:
        """[D]: one over the prior variances of the linear part."""
        weights = np.full(self.features, np.exp(-vector[self.layout.weights]))
        knots = np.full(len(_MEAN_KNOTS), 1 / _KNOT_VARIANCE)
        return np.asarray(np.concatenate([knots, weights, [1 / _OFFSET_VARIANCE]]))

    def covariance(self, vector: Array, features: Array) -> Array:
        """[n, P, P]: everything but the linear part."""
        alpha, beta = self._kernel_parameters(vector, features)
        decaying = np.exp(vector[self.layout.decay]) * exponential(self._sums, alpha, beta)
        total: Array = decaying + np.exp(vector[self.layout.asymptote])
        total += np.exp(vector[self.layout.walk]) * self._walk
        diagonal = np.arange(len(self.times))
        total[:, diagonal, diagonal] += self._noise(vector) + JITTER
        return total

    def loss(self, vector: Array, rows: Rows, features: Array) -> tuple[float, Array]:
        """The negative log marginal likelihood of `rows` (up to a constant), and its gradient by the vector."""
        solved = _Solved(self, vector, rows, features)
        linear = solved.linear
        residual = np.where(rows.known, rows.values - solved.design @ linear.mean, 0.0)
        weighted = (solved.inverse @ residual[:, :, None])[:, :, 0]
        precision = self.precision(vector)
        value = 0.5 * (
            solved.log_determinant
            + float(np.sum(residual * weighted))
            + float(precision @ linear.mean**2)
            - float(np.linalg.slogdet(linear.covariance)[1])
            - float(np.log(precision).sum())
        )
        explained = solved.whitened @ linear.covariance @ solved.whitened.transpose(0, 2, 1)
        slope = 0.5 * (solved.inverse - weighted[:, :, None] * weighted[:, None, :] - explained)
        slope *= rows.known[:, :, None] & rows.known[:, None, :]
        gradient = self._gradient(vector, features, slope)
        mine = slice(len(_MEAN_KNOTS), len(_MEAN_KNOTS) + self.features)
        spread = linear.mean[mine] ** 2 + np.diag(linear.covariance)[mine]
        gradient[self.layout.weights] = 0.5 * (self.features - float(precision[mine] @ spread))
        return value, gradient

    def linear(self, vector: Array, rows: Rows, features: Array) -> Linear:
        """What `rows` say of the linear part, given the hyperparameters."""
        return _Solved(self, vector, rows, features).linear

    def final(self, vector: Array, linear: Linear, points: Array, features: Array) -> tuple[float, float]:
        """Mean and deviation of the final accuracy of a curve with the first `points` and standardised `features`."""
        design = self.design(features[None, :])[0]
        mean = design @ linear.mean
        joint = self.covariance(vector, features[None, :])[0] + design @ linear.covariance @ design.T
        return conditional(mean, joint, points)

    @property
    def _sums(self) -> Array:
        return self.times[:, None] + self.times[None, :]

    @property
    def _progress(self) -> Array:
        """[P]: 0 at the beginning, 1 at the end, rising with the learning rate."""
        return np.sin(self.times * np.pi / 2)

    @property
    def _walk(self) -> Array:
        """[P, P]: covariance of a random walk with variance 1 at the end."""
        return np.asarray(np.minimum(self._progress[:, None], self._progress[None, :]))

    def _kernel_parameters(self, vector: Array, features: Array) -> tuple[Array, Array]:
        """alpha and beta, [n, 1, 1] each."""
        maps = (vector[self.layout.alpha], vector[self.layout.beta])
        alpha, beta = (np.exp(chart[0] + features @ chart[1:])[:, None, None] for chart in maps)
        return alpha, beta

    def _noise(self, vector: Array) -> Array:
        """[P]: the variance of each point about its curve."""
        noise = np.exp(interpolation(self.times, NOISE_KNOTS) @ vector[self.layout.noise])
        noise[-1] = np.exp(vector[self.layout.final])
        return np.asarray(noise)

    def _gradient(self, vector: Array, features: Array, slope: Array) -> Array:
        """The gradient by the vector from that by the covariances, `slope` [n, P, P]."""
        layout, gradient = self.layout, np.zeros(self.layout.size)
        alpha, beta = self._kernel_parameters(vector, features)
        scaled = slope * np.exp(vector[layout.decay])
        gradient[layout.decay] = np.sum(scaled * exponential(self._sums, alpha, beta))
        all_curves = slope.sum(axis=0)
        gradient[layout.asymptote] = all_curves.sum() * np.exp(vector[layout.asymptote])
        gradient[layout.walk] = np.sum(all_curves * self._walk) * np.exp(vector[layout.walk])
        diagonal = np.einsum("npp->p", slope) * self._noise(vector)
        gradient[layout.final] = diagonal[-1]
        gradient[layout.noise] = diagonal[:-1] @ interpolation(self.times[:-1], NOISE_KNOTS)
        by_alpha, by_beta = exponential_slopes(self._sums, alpha, beta)
        for chart, by in ((layout.alpha, by_alpha), (layout.beta, by_beta)):
            each = np.sum(scaled * by, axis=(1, 2))
            gradient[chart] = np.append(each.sum(), features.T @ each)
        return gradient


class _Solved:
    """Inverses [n, P, P] of the curves' covariances, with unit rows for what is unknown, and the linear posterior."""

    def __init__(self, process: CurveProcess, vector: Array, rows: Rows, features: Array) -> None:
        known = rows.known
        covariance = process.covariance(vector, features) * (known[:, :, None] & known[:, None, :])
        points = np.arange(known.shape[1])
        covariance[:, points, points] += ~known
        factor = np.linalg.cholesky(covariance)
        self.log_determinant = 2 * float(np.log(factor[:, points, points]).sum())
        self.inverse = np.linalg.inv(covariance)
        self.design = process.design(features) * known[:, :, None]
        self.whitened = self.inverse @ self.design
        gram = np.einsum("npd,npe->de", self.design, self.whitened, optimize=True)
        posterior = np.linalg.inv(gram + np.diag(process.precision(vector)))
        seen = np.einsum("npd,np->d", self.whitened, rows.values, optimize=True)
        self.linear = Linear(posterior @ seen, posterior)
