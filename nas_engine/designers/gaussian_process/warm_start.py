"""Warm start of a Gaussian process' MAP fit from the last parameters. Vizier's own designers start from scratch.

One evaluation of the likelihood costs O(N^3), and L-BFGS needs one or two hundred from cold starts, so fits would
take most of a suggestion's time, although one more outcome hardly changes the parameters.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from vizier.jax import optimizers

from nas_engine.designers.base import State

_FULL_AFTER = 2.0  # growth of the outcomes after which to fit thoroughly, from Vizier's starting point as well
_FULL_UNTIL = 512  # outcomes; beyond, a full fit takes longer than trainers can wait
_FULL_ITERATIONS = 50
_LIGHT_AFTER = 1.1  # growth of the outcomes after which to follow the optimum
_LIGHT_ITERATIONS = 20


class WarmStart:
    """Optimizer of model parameters (Vizier's `Optimizer` protocol) that keeps them in `state`.

    `known` is the current number of outcomes. Parameters are reused until the outcomes have grown by a tenth, then
    improved by L-BFGS-B from the last ones; each time the outcomes have doubled, up to 512 of them, the fit also starts
    from Vizier's default.
    """

    def __init__(self, state: State | None, known: int) -> None:
        self._state = state
        self._known = known

    def __call__(
        self,
        init_params: Mapping[str, jax.Array],
        loss_fn: Any,
        rng: jax.Array,
        *,
        constraints: Any = None,
        best_n: int | None = None,
    ) -> tuple[Any, Any]:
        """Best parameters with a leading axis of 1, and {"loss": [1, starts]}; `init_params` [starts, ...]."""
        last = self._last()
        if self._state is None or _FULL_AFTER * self._state["full_at"] <= self._known <= _FULL_UNTIL:
            starts = _joined(last, init_params) if last else init_params
            iterations = _FULL_ITERATIONS
            full_at = self._known
        elif self._known > _LIGHT_AFTER * self._state["fitted_at"]:
            starts, iterations, full_at = last, _LIGHT_ITERATIONS, self._state["full_at"]
        else:
            return last, {"loss": jnp.zeros((1, 1))}
        optimizer = optimizers.JaxoptScipyLbfgsB(optimizers.LbfgsBOptions(maxiter=iterations))
        best, metrics = optimizer(starts, loss_fn, rng, constraints=constraints, best_n=best_n)
        parameters = {name: np.asarray(value[0]).tolist() for name, value in best.items()}
        self._state = {"fitted_at": self._known, "full_at": full_at, "parameters": parameters}
        return best, metrics

    def dump(self) -> State | None:
        """Parameters and the numbers of outcomes at the last fits; None before the first."""
        return self._state

    def _last(self) -> dict[str, jax.Array]:
        parameters = self._state["parameters"] if self._state else {}
        return {name: jnp.asarray(value, dtype=jnp.float64)[None] for name, value in parameters.items()}


def _joined(last: Mapping[str, jax.Array], default: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
    """Two starts: the last parameters and Vizier's default (the first of `default`)."""
    return {name: jnp.concatenate([last[name], value[:1]]) for name, value in default.items()}
