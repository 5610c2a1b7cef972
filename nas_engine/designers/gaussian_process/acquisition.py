"""The acquisition functions of Vizier's GP-UCB-PE (`UCBScoreFunction`, `PEScoreFunction`) without what they repeat.

Vizier's exploration predicts every outcome again for each batch of points that it scores, both functions evaluate the
kernel several times for the same pairs of points, and factorise and solve for outcomes and for pending points apart.
With 1,000 outcomes that is more than nine tenths of their time.

What is modelled is the reward without its penalty, and `penalties` are in the model's units; an infinite one makes the
score minus infinity.
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
    """A Gaussian process given the outcomes, and given the pending points as well.

    `features` [rows]: the points of both, outcomes first, and padding behind them. `weights` [rows]: what the mean adds
    up of covariances with the outcomes. `whitening` [rows, rows]: the inverse of the Cholesky factor of all their
    covariances; because that of the outcomes alone is its upper left corner, one serves both. `known`: the number of
    outcomes.
    """

    process: Any
    features: Any
    weights: jax.Array
    whitening: jax.Array
    known: jax.Array

    def at(self, points: Any) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The mean, the standard deviation given the outcomes, and that given pending points too. [points] each.

        Deviations are those of a new measurement, noise included.
        """
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
    """`tried`: Vizier's ModelData of the outcomes and, behind these `known` rows, of pending points with any labels."""
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


class UpperBound(eqx.Module):
    """Where the reward may be highest, counting pending points as known where it asks how sure that is."""

    posterior: Posterior

    def score(self, points: Any, penalties: ArrayLike) -> jax.Array:
        mean, _, deviation = self.posterior.at(points)
        score: jax.Array = mean - penalties + CONFIG.ucb_coefficient * deviation
        return score


class Exploration(eqx.Module):
    """Where the least is known among the promising: those whose upper bound may reach `threshold`."""

    posterior: Posterior
    threshold: jax.Array

    def score(self, points: Any, penalties: ArrayLike) -> jax.Array:
        mean, known_deviation, deviation = self.posterior.at(points)
        lacking = mean - penalties + CONFIG.explore_region_ucb_coefficient * known_deviation - self.threshold
        score: jax.Array = deviation + CONFIG.cb_violation_penalty_coefficient * jnp.minimum(lacking, 0.0)
        return score


def promising(posterior: Posterior, penalties: ArrayLike) -> jax.Array:
    """The threshold of `Exploration`: the mean where, of all tried points, the upper bound is highest."""
    mean, deviation, _ = posterior.at(_values(posterior.features))
    is_padding = posterior.features.categorical.is_missing[0]
    bound = jnp.where(is_padding, -jnp.inf, mean - penalties + CONFIG.ucb_coefficient * deviation)
    return (mean - penalties)[jnp.argmax(bound)]


def points_of(numbers: ArrayLike, options: ArrayLike) -> Any:
    """What kernels and scores take: `numbers` [points, features] and `options` [points, positions]."""
    return psd_kernels.ContinuousAndCategoricalValues(numbers, options)


def _values(features: Any) -> Any:
    """Of Vizier's ModelInput."""
    return points_of(features.continuous.padded_array, features.categorical.padded_array)


def _deviation(variance: jax.Array, explained: jax.Array) -> jax.Array:
    """`variance` before any outcome [points], `explained` by each row [points, rows]."""
    return jnp.sqrt(jnp.maximum(variance - jnp.sum(explained, axis=1), 0.0))
