"""Learning curves as Gaussian processes whose kernels and asymptotes depend on the architecture.

Curve i at time t (share of the training done, 0..1) has an accuracy on the eval split and a training loss,

    accuracy_i(t) = m(t) + s(t) (w.x_i + a_i) + g_i(t) + r_i(t) + noise(t),        final_i = accuracy_i(1) + offset
    loss_i(t)     = n(t) +       v.x_i + b_i  + h_i(t) + q_i(t) + noise

with mean curves m and n that all share (the cosine schedule bends every curve alike), asymptotes w.x_i + a_i and
v.x_i + b_i, partly learnt from the standardised features x_i, decaying parts g_i and h_i with the freeze-thaw kernel,
alpha_i and beta_i log-linear in x_i, and random walks r_i and q_i. `offset` is what converting to int8 costs, and the
noise of the final accuracy is its own. Progress s rises from 0 to 1 while the learning rate falls: networks begin
alike, at the majority's class, and what is in them shows later; the walks' steps shrink with s.

Mean curve and walk are no part of freeze-thaw. Held-out forecasts of recorded trainings asked for them: without the
mean curve, forecasts from the first half erred by half as much again; without the walk, every point of the noisy early
epochs counted as news of the asymptote, and forecasts were surer by half than they were right.

The losses are a second witness: a_i and b_i are correlated. Every clip trained on counts in a loss, and by how much it
was missed; an accuracy on some hundred clips hardly moves while everything still looks like the majority's class.

m, n, w, v and offset are linear: they have normal priors and are integrated out exactly, so a study of ten curves is as
unsure of them as it must be. The rest, the hyperparameters, maximise the marginal likelihood by L-BFGS.

What is not known of a curve (it was stopped, or still runs) is left out of its likelihood, so stopped curves teach
what they showed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from nas_engine.early_stopping.buckets import CurveRows
from nas_engine.early_stopping.channels import Channels, interpolation, progress
from nas_engine.early_stopping.hyperparameters import ParameterLayout
from nas_engine.early_stopping.kernel import Array

_MEAN_KNOTS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
_KNOT_VARIANCE = 1.0  # vague: accuracies lie between 0 and 1
_LOSS_KNOT_VARIANCE = 10.0  # as vague: losses are some nats
_OFFSET_VARIANCE = 0.05**2
JITTER = 1e-7


def conditional(mean: Array, joint: Array, known: NDArray[np.bool_], values: Array) -> tuple[float, float]:
    """Mean and deviation of the last element of a normal distribution, given the `values` of those `known`."""
    if not known.any():
        return float(mean[-1]), float(np.sqrt(joint[-1, -1]))
    gain = cho_solve(cho_factor(joint[np.ix_(known, known)]), joint[known, -1])
    variance = max(float(joint[-1, -1] - gain @ joint[known, -1]), JITTER)
    return float(mean[-1] + gain @ (values[known] - mean[known])), float(np.sqrt(variance))


@dataclass(frozen=True, slots=True)
class Linear:
    """The posterior of the linear part: mean [D] and covariance [D, D] of (knots of m, of n, offset, w, v)."""

    mean: Array
    covariance: Array


@dataclass(frozen=True, slots=True)
class CurveProcess:
    """The model at the times of a bucket grid: [L] of the losses, [P] of the accuracies, the last the final point.

    `features` of them. Points [L + P] of a curve are its losses, its accuracies and the final accuracy.
    """

    loss_times: Array
    times: Array
    features: int

    @property
    def layout(self) -> ParameterLayout:
        return ParameterLayout(self.features)

    def design(self, features: Array) -> Array:
        """[n, L + P, D]: what the linear part is multiplied with, for standardised features [n, F]."""
        count, early = len(features), len(self.loss_times)
        columns = _Columns(self.features)
        design = np.zeros((count, early + len(self.times), columns.size))
        design[:, early:, columns.knots] = interpolation(self.times, _MEAN_KNOTS)
        design[:, early:, columns.weights] = features[:, None, :] * progress(self.times)[:, None]
        design[:, -1, columns.offset] = 1.0
        design[:, :early, columns.loss_knots] = interpolation(self.loss_times, _MEAN_KNOTS)
        design[:, :early, columns.loss_weights] = features[:, None, :]
        return design

    def precision(self, vector: Array) -> Array:
        """[D]: one over the prior variances of the linear part."""
        columns = _Columns(self.features)
        precision = np.empty(columns.size)
        precision[columns.knots], precision[columns.loss_knots] = 1 / _KNOT_VARIANCE, 1 / _LOSS_KNOT_VARIANCE
        precision[columns.offset] = 1 / _OFFSET_VARIANCE
        precision[columns.weights] = np.exp(-vector[self.layout.weights])
        precision[columns.loss_weights] = np.exp(-vector[self.layout.loss_weights])
        return precision

    def covariance(self, vector: Array, features: Array) -> Array:
        """[n, L + P, L + P]: everything but the linear part."""
        total = self._channels.covariance(vector, features)
        diagonal = np.arange(total.shape[1])
        total[:, diagonal, diagonal] += JITTER
        return total

    def loss(self, vector: Array, rows: CurveRows, features: Array) -> tuple[float, Array]:
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
        gradient = self._channels.gradient(vector, features, slope)
        columns = _Columns(self.features)
        layout = self.layout
        for name, mine in ((layout.weights, columns.weights), (layout.loss_weights, columns.loss_weights)):
            spread = linear.mean[mine] ** 2 + np.diag(linear.covariance)[mine]
            gradient[name] = 0.5 * (self.features - float(precision[mine] @ spread))
        return value, gradient

    def linear(self, vector: Array, rows: CurveRows, features: Array) -> Linear:
        """What `rows` say of the linear part, given the hyperparameters."""
        return _Solved(self, vector, rows, features).linear

    def final(
        self, vector: Array, linear: Linear, known: NDArray[np.bool_], values: Array, features: Array
    ) -> tuple[float, float]:
        """Mean and deviation of the final accuracy of a curve with standardised `features`, given `known` points."""
        design = self.design(features[None, :])[0]
        mean = design @ linear.mean
        joint = self.covariance(vector, features[None, :])[0] + design @ linear.covariance @ design.T
        return conditional(mean, joint, known, values)

    def shared_finals(self, vector: Array, linear: Linear, features: Array) -> tuple[Array, Array]:
        """Means and deviations [n] of the final accuracies of networks of which nothing but `features` is known."""
        end = CurveProcess(self.loss_times[:0], self.times[-1:], self.features)
        design, own = end.design(features)[:, -1], end.covariance(vector, features)[:, -1, -1]
        return design @ linear.mean, np.sqrt(own + np.einsum("nd,de,ne->n", design, linear.covariance, design))

    @property
    def _channels(self) -> Channels:
        return Channels(self.loss_times, self.times, self.layout)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where in the linear part [D] what stands."""

    features: int

    knots = slice(0, len(_MEAN_KNOTS))
    loss_knots = slice(len(_MEAN_KNOTS), 2 * len(_MEAN_KNOTS))
    offset = 2 * len(_MEAN_KNOTS)

    @property
    def weights(self) -> slice:
        return slice(self.offset + 1, self.offset + 1 + self.features)

    @property
    def loss_weights(self) -> slice:
        return slice(self.weights.stop, self.size)

    @property
    def size(self) -> int:
        return self.offset + 1 + 2 * self.features


class _Solved:
    """Inverses [n, P, P] of the curves' covariances, with unit rows for what is unknown, and the linear posterior."""

    def __init__(self, process: CurveProcess, vector: Array, rows: CurveRows, features: Array) -> None:
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
