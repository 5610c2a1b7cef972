"""Learning curves as Gaussian processes whose kernels and asymptotes depend on the architecture.

Curve i at time t (share of the training done, 0..1) has an accuracy on the eval split and a training loss,

    accuracy_i(t) = m(t) + s(t) (w.x_i + a_i) + g_i(t) + r_i(t) + noise(t),        final_i = accuracy_i(1) + offset
    loss_i(t)     = n(t) +       v.x_i + b_i  + h_i(t) + q_i(t) + noise

with mean curves m and n shared by all (the cosine schedule bends every curve alike), asymptotes w.x_i + a_i and
v.x_i + b_i, partly predicted from the standardised features x_i, decaying parts g_i and h_i with the freeze-thaw
kernel, alpha_i and beta_i log-linear in x_i, and random walks r_i and q_i. `offset` is the change of accuracy by the
conversion to int8; the final accuracy has a noise variance of its own. Progress s rises from 0 to 1 while the learning
rate falls: networks begin alike, at the majority class, and differ later; the walks' steps shrink with s.

Mean curve and walk are additions to freeze-thaw, justified by held-out forecasts of recorded trainings: without the
mean curve, errors of forecasts from the first half were half as large again; without the walk, every point of the noisy
early epochs counted as evidence on the asymptote, and errors were half as large again as the forecasts stated.

Losses add information, since a_i and b_i are correlated: every training clip contributes to a loss by its margin, while
an accuracy on some hundred clips hardly changes as long as the majority class is predicted.

m, n, w, v and offset are linear: they have normal priors and are integrated out exactly, which keeps their uncertainty
in forecasts. The hyperparameters maximise the marginal likelihood times their priors by L-BFGS (MAP fit).

Points of a curve that are not known (it was stopped, or still runs) are left out of its likelihood, so that stopped
curves contribute the points they have.

Notation:

    n, F      curves, features; x: standardised features [n, F]
    L, P      times of losses and of accuracies, the last of P the final point
    D         linear parameters: values of m and n at their knots, offset, w, v
    theta     hyperparameters [H], `vector` (`ParameterLayout`)
    y         values [n, L + P], `rows.values`; unknown points are masked by `rows.known`
    A         design matrix [n, L + P, D]: linear part of the mean = A . (linear parameters)
    Lambda    prior precision of the linear parameters [D], diagonal
    C_i       covariance of curve i without its linear part [L + P, L + P]
    S, mu     posterior covariance [D, D] = (sum_i A_i^T C_i^-1 A_i + Lambda)^-1 and mean [D] = S sum_i A_i^T C_i^-1 y_i

Source: Rasmussen & Williams 2006, section 2.7 (explicit basis functions); Swersky et al. 2014 (freeze-thaw).
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
    """Mean and standard deviation of the last element of N(`mean` [k], `joint` [k, k]) given `values` where `known`."""
    if not known.any():
        return float(mean[-1]), float(np.sqrt(joint[-1, -1]))
    gain = cho_solve(cho_factor(joint[np.ix_(known, known)]), joint[known, -1])
    variance = max(float(joint[-1, -1] - gain @ joint[known, -1]), JITTER)
    return float(mean[-1] + gain @ (values[known] - mean[known])), float(np.sqrt(variance))


@dataclass(frozen=True, slots=True)
class LinearPosterior:
    """Posterior of the linear parameters (knots of m, of n, offset, w, v): mu [D] and S [D, D]."""

    mean: Array
    covariance: Array


@dataclass(frozen=True, slots=True)
class CurveProcess:
    """Model at the times of a bucket grid: `loss_times` [L], `times` [P], the last of them the final point.

    `features` is F. Points [L + P] of a curve are its losses, its accuracies and the final accuracy.
    """

    loss_times: Array
    times: Array
    features: int

    @property
    def layout(self) -> ParameterLayout:
        """Places of the hyperparameters in theta."""
        return ParameterLayout(self.features)

    def design(self, features: Array) -> Array:
        """Design matrix A [n, L + P, D] for standardised features [n, F]."""
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
        """Prior precision Lambda [D] of the linear parameters."""
        columns = _Columns(self.features)
        precision = np.empty(columns.size)
        precision[columns.knots], precision[columns.loss_knots] = 1 / _KNOT_VARIANCE, 1 / _LOSS_KNOT_VARIANCE
        precision[columns.offset] = 1 / _OFFSET_VARIANCE
        precision[columns.weights] = np.exp(-vector[self.layout.weights])
        precision[columns.loss_weights] = np.exp(-vector[self.layout.loss_weights])
        return precision

    def covariance(self, vector: Array, features: Array) -> Array:
        """Covariances C_i [n, L + P, L + P] without the linear part, for standardised features [n, F]."""
        total = self._channels.covariance(vector, features)
        diagonal = np.arange(total.shape[1])
        total[:, diagonal, diagonal] += JITTER
        return total

    def loss(self, vector: Array, rows: CurveRows, features: Array) -> tuple[float, Array]:
        """Negative log marginal likelihood of `rows` up to a constant, and its gradient by theta [H].

        `features` [n, F] are standardised.
        """
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

    def linear(self, vector: Array, rows: CurveRows, features: Array) -> LinearPosterior:
        """Posterior of the linear parameters given `rows` and the hyperparameters."""
        return _Solved(self, vector, rows, features).linear

    def final(
        self, vector: Array, linear: LinearPosterior, known: NDArray[np.bool_], values: Array, features: Array
    ) -> tuple[float, float]:
        """Mean and standard deviation of a curve's final accuracy given its `known` points [L + P].

        `features` [F] are standardised.
        """
        design = self.design(features[None, :])[0]
        mean = design @ linear.mean
        joint = self.covariance(vector, features[None, :])[0] + design @ linear.covariance @ design.T
        return conditional(mean, joint, known, values)

    def finals_before_training(self, vector: Array, linear: LinearPosterior, features: Array) -> tuple[Array, Array]:
        """Means and standard deviations [n] of final accuracies given standardised `features` [n, F] alone."""
        end = CurveProcess(self.loss_times[:0], self.times[-1:], self.features)
        design, own = end.design(features)[:, -1], end.covariance(vector, features)[:, -1, -1]
        return design @ linear.mean, np.sqrt(own + np.einsum("nd,de,ne->n", design, linear.covariance, design))

    @property
    def _channels(self) -> Channels:
        return Channels(self.loss_times, self.times, self.layout)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of the linear parameters in A [.., D]."""

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
    """Inverses of C_i [n, L + P, L + P], with unit rows for unknown points, and the posterior of the linear part."""

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
        self.linear = LinearPosterior(posterior @ seen, posterior)
