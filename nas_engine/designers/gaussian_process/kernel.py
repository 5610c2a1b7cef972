"""Vizier's Gaussian process with tied length scales, and priors that suit many inputs and few outcomes.

Notation:

    F, D      continuous and categorical inputs: features of a network, positions of the space
    z         features [F], standardised; o: options [D]
    sigma^2   `signal_variance`; l_F^2, l_D^2: squared length scales, one for all features, one for all options
    k(x, x')  = sigma^2 Matern-5/2(r) + linear term,
    r^2       = sum_F (z - z')^2 / l_F^2 + sum_D [o != o'] / l_D^2
    p         prior density, normal in log v for a parameter v: -log p = weight * log(v / centre)^2
    v_i       `variances` [M]: noise of row i beyond the common one, where its label is a forecast

Source: `VizierGaussianProcess` of google-vizier (`tuned_gp_models`), whose length scales are one per input.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import attr
import equinox as eqx
import jax
import jax.numpy as jnp
from vizier._src.jax import stochastic_process_model as processes
from vizier._src.jax import types
from vizier._src.jax.models import tuned_gp_models

_NUMBERS, _OPTIONS = "continuous_length_scale_squared", "categorical_length_scale_squared"
_NOISE = "observation_noise_variance"
_VIZIERS_SCALE, _VIZIERS_WEIGHT = 0.5, 0.01
_USUAL_NOISE, _NOISE_WEIGHT = 0.1, 0.5


class Rows(eqx.Module):
    """Inputs of M rows as in Vizier's ModelInput, and the noise of each beyond the common one, `variances` [M]."""

    continuous: Any
    categorical: Any
    variances: Any


@dataclass(frozen=True)
class TiedProcess:
    """Model coroutine: Vizier's with its linear term, one length scale for all numbers and one for all options.

    Vizier's has a length scale for each, and with fewer outcomes than such parameters it finds patterns in noise. The
    prior of a tied scale is the product of those it replaces, its centre multiplied by their number: squared distances
    add up over inputs, and with Vizier's centre of 0.5 networks that differ in one block would be nearly uncorrelated.
    Training noise would then be attributed to individual networks, which the likelihood of a few dozen outcomes cannot
    distinguish. A prior on the noise helps as well: training one network again scatters by 0.4 to 1.2 accuracy points
    (Table 1), accuracies of a space by 1 to 3.

    `numbers`, `options`: F and D.
    """

    numbers: int
    options: int

    def __call__(self, inputs: Any = None) -> Generator[Any, Any, Any]:
        dimensions = types.ContinuousAndCategorical[int](self.numbers, self.options)
        untied = tuned_gp_models.VizierGaussianProcess(dimensions, 1, _linear_coef=1.0)(inputs)
        sizes = {_NUMBERS: self.numbers, _OPTIONS: self.options}
        parameter = next(untied)
        while True:
            if size := sizes.get(parameter.name):
                value = jnp.broadcast_to((yield _tied(parameter, size)), (size,))
            elif parameter.name == _NOISE:
                value = yield attr.evolve(parameter, regularizer=_log_normal(_USUAL_NOISE, _NOISE_WEIGHT))
            else:
                value = yield parameter
            try:
                parameter = untied.send(value)
            except StopIteration as finished:
                return _with_variances(finished.value, inputs)

    def start(self) -> dict[str, jax.Array]:
        """Starting point of the fit by parameter name: the centres of the priors, both terms equally strong."""
        return {
            "signal_variance": jnp.array(0.5),
            _NOISE: jnp.array(_USUAL_NOISE),
            _NUMBERS: jnp.full(1, _VIZIERS_SCALE * self.numbers),
            _OPTIONS: jnp.full(1, _VIZIERS_SCALE * self.options),
            "linear_slope_amplitude": jnp.array(0.5),
            "linear_shift": jnp.array(0.0),
            "mean_fn": jnp.zeros(1),
        }


def _with_variances(process: Any, inputs: Any) -> Any:
    """The process with the variances of `inputs`, if these are `Rows`, on the diagonal of its covariance.

    TensorFlow Probability's Gaussian process has one noise variance for all rows; its factorisation can be exchanged.
    Its likelihood has the right gradient by what the covariance depends on, and none by anything that enters in the
    factorisation: the variances must be constants.
    """
    if not isinstance(inputs, Rows):
        return process
    factorise = process.cholesky_fn
    return process.copy(cholesky_fn=lambda covariance: factorise(covariance + jnp.diag(inputs.variances)))


def _tied(parameter: Any, size: int) -> Any:
    """Parameter of one value [1] that replaces `size` values, with their bounds."""
    bounds = tuple(bound[:1] for bound in parameter.constraint.bounds)
    return attr.evolve(
        parameter,
        init_fn=lambda key: parameter.init_fn(key)[:1],
        constraint=processes.Constraint(bounds, type(parameter.constraint.bijector)(*bounds, hinge_softness=1e-2)),
        regularizer=_log_normal(_VIZIERS_SCALE * size, _VIZIERS_WEIGHT * size),
    )


def _log_normal(centre: float, weight: float) -> Callable[[jax.Array], jax.Array]:
    """Negative log density of a normal prior on log v up to a constant, as Vizier's regularisers."""
    return lambda value: jnp.sum(weight * jnp.log(value / centre) ** 2)
