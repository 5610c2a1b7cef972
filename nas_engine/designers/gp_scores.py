"""The acquisition functions of Vizier's GP-UCB-PE (`UCBScoreFunction`, `PEScoreFunction`) without what they repeat.

Vizier's exploration predicts every outcome again for each batch of points that it scores, and both functions evaluate
the kernel several times for the same pairs of points. With 1,000 outcomes that is nine tenths of their time.

What is modelled is the reward without its penalty, and `penalties` are in the model's units.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from tensorflow_probability.substrates.jax.experimental import psd_kernels
from vizier._src.algorithms.designers import gp_ucb_pe

CONFIG = gp_ucb_pe.UCBPEConfig()
_TRIED = 1e6  # off the score of what has been tried: far more than any score, and still in order


class Posterior(eqx.Module):
    """A Gaussian process given the outcomes, and given the pending points as well.

    `known` and `every` are Vizier's PrecomputedPredictive of one process; the rows of `every` begin with those of
    `known`.
    """

    known: Any
    every: Any

    def at(self, points: Any) -> tuple[jax.Array, jax.Array, jax.Array]:
        """The mean, the standard deviation given the outcomes, and that given pending points too. [points] each."""
        features = self.every.observed_data.features
        prior = self.known.prior(features)
        covariances = prior.kernel.matrix(_values(points), _values(features))
        known = covariances[:, : len(self.known.precomputed_solve_on_observation)]
        mean = _present(self.known, known) @ self.known.precomputed_solve_on_observation
        variance = prior.kernel.apply(_values(points), _values(points)) + prior.observation_noise_variance
        return (
            mean + prior.mean_fn(_values(points)),
            _deviation(self.known, known, variance),
            _deviation(self.every, covariances, variance),
        )

    @property
    def tried(self) -> Any:
        """Outcomes and pending points, and padding behind them."""
        return self.every.observed_data.features


class UpperBound(eqx.Module):
    """Where the reward may be highest, counting pending points as known where it asks how sure that is."""

    posterior: Posterior

    def score(self, points: Any, penalties: ArrayLike) -> jax.Array:
        mean, _, deviation = self.posterior.at(points)
        score: jax.Array = mean - penalties + CONFIG.ucb_coefficient * deviation
        return score - _TRIED * _is_tried(points, self.posterior.tried)


class Exploration(eqx.Module):
    """Where the least is known among the promising: those whose upper bound may reach `threshold`."""

    posterior: Posterior
    threshold: jax.Array

    def score(self, points: Any, penalties: ArrayLike) -> jax.Array:
        mean, known_deviation, deviation = self.posterior.at(points)
        lacking = mean - penalties + CONFIG.explore_region_ucb_coefficient * known_deviation - self.threshold
        score: jax.Array = deviation + CONFIG.cb_violation_penalty_coefficient * jnp.minimum(lacking, 0.0)
        return score - _TRIED * _is_tried(points, self.posterior.tried)


def promising(posterior: Posterior, penalties: ArrayLike) -> jax.Array:
    """The threshold of `Exploration`: the mean where, of all tried points, the upper bound is highest."""
    mean, deviation, _ = posterior.at(posterior.tried)
    is_padding = posterior.tried.categorical.is_missing[0]
    bound = jnp.where(is_padding, -jnp.inf, mean - penalties + CONFIG.ucb_coefficient * deviation)
    return (mean - penalties)[jnp.argmax(bound)]


def _is_tried(points: Any, tried: Any) -> jax.Array:
    """Vizier leaves these in, and the highest upper bound is often that of the best network so far.

    Trials are not repeated here, so a suggestion of one is a suggestion lost. Padding equals no point.
    """
    equal = points.categorical.padded_array[:, None, :] == tried.categorical.padded_array
    return jnp.any(jnp.all(equal, axis=-1), axis=-1)


def _values(points: Any) -> Any:
    return psd_kernels.ContinuousAndCategoricalValues(points.continuous.padded_array, points.categorical.padded_array)


def _present(predictive: Any, covariances: jax.Array) -> jax.Array:
    return jnp.where(predictive.observed_data.labels.is_missing[0], 0.0, covariances)


def _deviation(predictive: Any, covariances: jax.Array, variance: jax.Array) -> jax.Array:
    """Of a new measurement, noise included. `covariances` [points, rows], `variance` before any outcome [points]."""
    cholesky = predictive.precomputed_divisor_matrix_cholesky
    explained = jax.scipy.linalg.solve_triangular(cholesky, _present(predictive, covariances).T, lower=True)
    return jnp.sqrt(jnp.maximum(variance - jnp.sum(explained**2, axis=0), 0.0))
