"""Vizier's GP-UCB-PE, one suggestion at a time, on arrays of few different shapes.

The parts are Vizier's: the warping of rewards, the Gaussian process and its priors, both acquisition functions (in
`gp_scores`) and the probabilities of choosing between them (`VizierGPUCBPEBandit`). Its own loop around them compiles
some fifteen small functions for every new number of trials, and JAX keeps them all: 16 MB and half a second for each
suggestion, without end. Here the arrays grow in powers of two, and nothing is compiled in between. A point is a row of
option indices.
"""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from vizier._src.algorithms.designers.gp import output_warpers
from vizier._src.algorithms.optimizers import vectorized_base
from vizier._src.jax import stochastic_process_model as processes
from vizier._src.jax import types
from vizier._src.jax.models import tuned_gp_models

from nas_engine.designers import gp_scores
from nas_engine.designers.coordinate_ascent import CoordinateAscent
from nas_engine.designers.gp_scores import CONFIG
from nas_engine.designers.warm_fit import WarmFit

Points = NDArray[np.int32]
Rewards = NDArray[np.float64]

_SMALLEST = 16  # rows
_MOST_FITTED = 256  # outcomes, drawn at random, that the parameters are fitted to; what is predicted rests on all
_STARTS = 8
_SWEEPS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """The point to try next, and whether it promises the most (else it is where the model knows least)."""

    point: tuple[int, ...]
    exploits: bool


class RewardModel:
    """A Gaussian process over the rewards [n] at `points` [n, parameters]; NaN is infeasible, not all may be."""

    def __init__(
        self, points: Points, rewards: Rewards, sizes: tuple[int, ...], fit: WarmFit, rng: np.random.Generator
    ) -> None:
        self._points = points
        self._sizes = sizes
        warped = _warped(rewards)
        self._data = _model_data(points, warped)
        fitted_to = _sample(len(points), rng)
        self._process = _fitted(_model_data(points[fitted_to], warped[fitted_to]), fit, _key(rng))
        self._predictive = _conditioned(self._process, self._data)

    def choose(self, pending: Points, is_news: bool, rng: np.random.Generator) -> Choice:
        """The next point beside `pending` [m, parameters]; `is_news` is whether an outcome has come since the last.

        Mostly the upper confidence bound after news, mostly exploration otherwise.
        """
        noise = self._process.params["observation_noise_variance"]
        is_noisy = bool(self._process.params["signal_variance"] < CONFIG.signal_to_noise_threshold * noise)
        exploits = _exploits(is_news, is_noisy, rng)
        every = _model_data(np.concatenate([self._points, pending]), np.zeros(len(self._points) + len(pending)))
        predictive = _conditioned(_noiseless(self._process) if is_noisy else self._process, every)
        posterior = gp_scores.Posterior(self._predictive, predictive)
        scores = gp_scores.UpperBound(posterior) if exploits else _exploration(posterior)
        best = _maximise(self._sizes, scores, self._data.features, _key(rng))
        return Choice(tuple(int(index) for index in np.asarray(best)), exploits)


def _exploits(is_news: bool, is_noisy: bool, rng: np.random.Generator) -> bool:
    if not is_news:
        return bool(rng.random() < CONFIG.ucb_overwrite_probability)
    explores = CONFIG.pe_overwrite_probability_in_high_noise if is_noisy else CONFIG.pe_overwrite_probability
    return bool(rng.random() >= explores)


def _key(rng: np.random.Generator) -> jax.Array:
    return jax.random.PRNGKey(int(rng.integers(2**32)))


def _warped(rewards: Rewards) -> Rewards:
    """What Vizier models in place of rewards: bad ones drawn together, infeasible ones a bit below the worst."""
    warped: Rewards = output_warpers.create_default_warper().warp(rewards[:, None])[:, 0]
    return warped


def _model_data(points: Points, labels: Rewards) -> Any:
    """Vizier's ModelData in rows of a power of two, made in NumPy: JAX would compile for every number of rows."""
    features = types.ModelInput(_padded(np.zeros((len(points), 0)), np.nan), _padded(points, -1))
    return types.ModelData(features, _padded(labels[:, None], np.nan))


def _padded(values: NDArray[Any], fill: float) -> Any:
    rows = max(_SMALLEST, 1 << (len(values) - 1).bit_length())
    padding = [(0, rows - len(values)), (0, 0)]
    return types.PaddedArray(
        padded_array=np.pad(values, padding, constant_values=fill),
        fill_value=np.asarray(fill, values.dtype),
        _original_shape=np.asarray(values.shape),
        _mask=np.pad(np.ones(values.shape, bool), padding, constant_values=False),
    )


def _sample(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The outcomes to fit the parameters to: all, or as many as a trainer can wait for."""
    return rng.permutation(count)[:_MOST_FITTED]


def _fitted(data: Any, fit: WarmFit, key: jax.Array) -> Any:
    """The process with parameters fitted from Vizier's default start, one at random, or the last ones (`WarmFit`)."""
    coroutine = tuned_gp_models.VizierGaussianProcess.build_model(data).coroutine
    model = processes.CoroutineWithData(coroutine, data)
    drawn = eqx.filter_jit(model.setup)(key)
    default = {
        "signal_variance": jnp.array(0.039),
        "observation_noise_variance": jnp.array(0.0039),
        "continuous_length_scale_squared": jnp.ones(0),
        "categorical_length_scale_squared": jnp.ones(data.features.categorical.shape[1]),
    }
    starts = {name: jnp.stack([default[name], value]) for name, value in drawn.items()}
    best, _ = fit(starts, model.loss_with_aux, key, constraints=model.constraints(), best_n=1)
    return processes.StochasticProcessWithCoroutine(coroutine, {name: value[0] for name, value in best.items()})


def _noiseless(process: Any) -> Any:
    """Vizier explores as if nothing were noise where it estimates that much is."""
    parameters = process.params | {"observation_noise_variance": jnp.array(1e-10)}
    return processes.StochasticProcessWithCoroutine(process.coroutine, parameters)


def _conditioned(process: Any, data: Any) -> Any:
    return eqx.filter_jit(process.precompute_predictive)(data)


def _exploration(posterior: gp_scores.Posterior) -> gp_scores.Exploration:
    return gp_scores.Exploration(posterior, eqx.filter_jit(gp_scores.promising)(posterior))


def _maximise(sizes: tuple[int, ...], scores: Any, known: Any, key: jax.Array) -> jax.Array:
    """The point [parameters] of the highest score that coordinate ascent finds, partly from the `known` ones."""
    strategy = CoordinateAscent(sizes, _STARTS)
    dimensions = types.ContinuousAndCategorical(0, len(sizes))
    optimizer = vectorized_base.VectorizedOptimizer(
        strategy=strategy,
        n_feature_dimensions=dimensions,
        n_feature_dimensions_with_padding=dimensions,
        suggestion_batch_size=strategy.suggestion_batch_size,
        max_evaluations=strategy.suggestion_batch_size * len(sizes) * _SWEEPS,
    )
    found = eqx.filter_jit(optimizer)(scores.score, prior_features=known, count=1, seed=key)
    point: jax.Array = found.features.categorical[0, 0]
    return point
