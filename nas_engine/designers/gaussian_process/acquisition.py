"""Acquisition functions of Vizier's GP-UCB-PE (`UCBScoreFunction`, `PEScoreFunction`) without repeated computations.

Vizier's exploration predicts every outcome again for each batch of points that it scores, both functions evaluate the
kernel several times for the same pairs of points, and factorise and solve separately for outcomes and pending points.
With 1,000 outcomes that is more than nine tenths of their time.

Notation:

    N, M    outcomes; outcomes, pending points and padding together (rows)
    P       points to score
    X       features of the rows [M, ...], as Vizier's ModelInput
    K       covariance of the rows with noise [M, M]; K = L L^T
    W       L^-1 [M, M], `whitening`; its upper left corner [N, N] is that of the outcomes alone
    y       labels of the outcomes [N]: standardised rewards without their penalties
    a       weights [M] = W^T W (y - m(X)) over the outcomes, 0 elsewhere
    k*      covariances of points with rows [P, M]
    mu      k* a + m(x) [P], posterior mean
    s, s_N  sqrt(k(x, x) + noise - |W k*|^2) [P], posterior standard deviation given all rows; given outcomes alone
    c       penalties [P] or [M], in units of y; infinite: the score is minus infinity

    UCB(x) = mu - c + ucb_coefficient * s
    PE(x)  = s + violation_coefficient * min(mu - c + explore_coefficient * s_N - threshold, 0)
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from scipy.linalg.lapack import dtrtri
from tensorflow_probability.substrates.jax.experimental import psd_kernels
from vizier._src.algorithms.designers import gp_ucb_pe

CONFIG = gp_ucb_pe.UCBPEConfig()


class Posterior(eqx.Module):
    """Posterior of a Gaussian process given the outcomes, and given outcomes and pending points.

    `features` [M]: outcomes first, then pending points, then padding. `weights` [M], `whitening` [M, M]: a and W of the
    module's notation. `known`: N, the number of outcomes.
    """

    process: Any
    features: Any
    weights: jax.Array
    whitening: jax.Array
    known: jax.Array

    def predict(self, points: Any) -> tuple[jax.Array, jax.Array, jax.Array]:
        """(mu, s_N, s) at the points, [P] each; standard deviations include the noise of a new observation."""
        prior = self.process(self.features)
        covariances = prior.kernel.matrix(points, _values(self.features))
        covariances = jnp.where(self.features.categorical.is_missing[0], 0.0, covariances)
        variance = prior.kernel.apply(points, points) + prior.observation_noise_variance
        explained = (covariances @ self.whitening.T) ** 2
        by_known = jnp.where(jnp.arange(explained.shape[1]) < self.known, explained, 0.0)
        return (
            covariances @ self.weights + prior.mean_fn(points),
            _deviation(variance, by_known),
            _deviation(variance, explained),
        )


def posterior(process: Any, tried: Any, known: int) -> Posterior:
    """Posterior of `process` given `tried`, Vizier's ModelData of M rows: `known` outcomes, then pending points.

    Labels of pending points are ignored.
    """
    cholesky = eqx.filter_jit(process.precompute_predictive)(tried).precomputed_divisor_matrix_cholesky
    # LAPACK's inverse of a triangle and a product for every batch take half the time of JAX's triangular solver.
    whitening, _ = dtrtri(np.asarray(cholesky), lower=1)
    number = np.asarray(known)
    weights = eqx.filter_jit(_weights)(process, tried, whitening, number)
    return Posterior(process, tried.features, weights, jnp.asarray(whitening), jnp.asarray(number))


def _weights(process: Any, tried: Any, whitening: ArrayLike, known: ArrayLike) -> jax.Array:
    labels = tried.labels.padded_array[:, 0] - process(tried.features).mean_fn(_values(tried.features))
    is_known = jnp.arange(len(labels)) < known
    whitened = jnp.where(is_known, jnp.asarray(whitening) @ jnp.where(is_known, labels, 0.0), 0.0)
    weights: jax.Array = whitened @ jnp.asarray(whitening)
    return weights


class UpperConfidenceBound(eqx.Module):
    """Upper confidence bound UCB(x), with pending points counted as known in its standard deviation."""

    posterior: Posterior

    def score(self, points: Any, penalties: ArrayLike) -> jax.Array:
        """UCB [P] of points with `penalties` [P]."""
        mean, _, deviation = self.posterior.predict(points)
        score: jax.Array = mean - penalties + CONFIG.ucb_coefficient * deviation
        return score


class PureExploration(eqx.Module):
    """Pure exploration PE(x): standard deviation among points whose upper bound reaches `threshold`."""

    posterior: Posterior
    threshold: jax.Array

    def score(self, points: Any, penalties: ArrayLike) -> jax.Array:
        """PE [P] of points with `penalties` [P]."""
        mean, known_deviation, deviation = self.posterior.predict(points)
        lacking = mean - penalties + CONFIG.explore_region_ucb_coefficient * known_deviation - self.threshold
        score: jax.Array = deviation + CONFIG.cb_violation_penalty_coefficient * jnp.minimum(lacking, 0.0)
        return score


def exploration_threshold(posterior: Posterior, penalties: ArrayLike) -> jax.Array:
    """Threshold of `PureExploration` []: mu - c at the row, of all rows, with the highest UCB; `penalties` [M]."""
    mean, deviation, _ = posterior.predict(_values(posterior.features))
    is_padding = posterior.features.categorical.is_missing[0]
    bound = jnp.where(is_padding, -jnp.inf, mean - penalties + CONFIG.ucb_coefficient * deviation)
    return (mean - penalties)[jnp.argmax(bound)]


def kernel_inputs(numbers: ArrayLike, options: ArrayLike) -> Any:
    """Points as kernels and scores take them: `numbers` [P, features] and `options` [P, positions]."""
    return psd_kernels.ContinuousAndCategoricalValues(numbers, options)


def _values(features: Any) -> Any:
    """Points of Vizier's ModelInput."""
    return kernel_inputs(features.continuous.padded_array, features.categorical.padded_array)


def _deviation(variance: jax.Array, explained: jax.Array) -> jax.Array:
    """Standard deviation [P] from the prior `variance` [P] and the part `explained` by each row [P, M]."""
    return jnp.sqrt(jnp.maximum(variance - jnp.sum(explained, axis=1), 0.0))
