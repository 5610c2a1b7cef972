"""A search for the best acquisition value over categorical parameters, as a strategy for Vizier's optimizer.

Vizier's own strategy moves 25 flies a step and needs hundreds of steps, each of which evaluates the Gaussian process
(and, in its exploration, a second time over all the data). Here every step tries all options of one parameter from all
starting points at once: a few dozen large batches instead of hundreds of small ones, and a local optimum at the end.
Measured on the paper's space with 100 outcomes: the upper bound reached is 0.993 in each of four runs, in 0.4 s of
processor time; Vizier's strategy with 10,000 evaluations reached 0.83 on average in 4.5 s, both once compiled.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from vizier._src.algorithms.optimizers import vectorized_base
from vizier._src.jax import types


class AscentState(NamedTuple):
    """`parameter`: the one to move next. `points` [starts, parameters]: the best point that each start has reached."""

    parameter: jax.Array
    points: jax.Array


@dataclass(frozen=True)
class CoordinateAscent:
    """A vectorized_base.VectorizedStrategy. Equal ones share compiled code, so nothing may hang on identity.

    `sizes`: the number of options of each parameter. `starts`: how many points climb side by side; half of them begin
    at the trials of highest acquisition value, the others anywhere.
    """

    sizes: tuple[int, ...]
    starts: int

    @property
    def suggestion_batch_size(self) -> int:
        return self.starts * max(self.sizes)

    def init_state(
        self,
        seed: jax.Array,
        n_parallel: int = 1,
        *,
        prior_features: Any = None,
        prior_rewards: jax.Array | None = None,
    ) -> AscentState:
        shape = (self.starts, len(self.sizes))
        points = jax.random.randint(seed, shape, 0, self._sizes(), dtype=types.INT_DTYPE)
        if prior_features is not None and prior_rewards is not None:
            known = prior_features.categorical[:, 0, :]
            rewards, best = jax.lax.top_k(prior_rewards, min(self.starts // 2, known.shape[0]))
            is_real = jnp.isfinite(rewards)[:, None]  # padding has a reward of -inf
            points = points.at[: len(best)].set(jnp.where(is_real, known[best], points[: len(best)]))
        return AscentState(jnp.array(0), points)

    def suggest(self, seed: jax.Array, state: AscentState, n_parallel: int = 1) -> Any:
        """All options of the parameter that is to move, from each point. [batch, 1, parameters]"""
        options = jnp.arange(max(self.sizes), dtype=types.INT_DTYPE) % self._sizes()[state.parameter]
        moves = jnp.arange(len(self.sizes)) == state.parameter
        batch = jnp.where(moves, options[None, :, None], state.points[:, None, :])
        batch = batch.reshape(self.suggestion_batch_size, 1, len(self.sizes))
        return vectorized_base.VectorizedOptimizerInput(jnp.zeros((len(batch), 1, 0)), batch)

    def update(self, seed: jax.Array, state: AscentState, batch_features: Any, batch_rewards: jax.Array) -> AscentState:
        """Each point moves to its best option."""
        batch = batch_features.categorical.reshape(self.starts, -1, len(self.sizes))
        best = jnp.argmax(batch_rewards.reshape(self.starts, -1), axis=1)
        points = jnp.take_along_axis(batch, best[:, None, None], axis=1)[:, 0, :]
        return AscentState((state.parameter + 1) % len(self.sizes), points)

    def _sizes(self) -> jax.Array:
        return jnp.array(self.sizes, dtype=types.INT_DTYPE)
