"""Vizier's GP-UCB-PE, one suggestion at a time, on arrays of few different shapes.

The parts are Vizier's: the Gaussian process and its priors (in `gp_kernel`), both acquisition functions (in
`acquisition`) and the probabilities of choosing between them (`VizierGPUCBPEBandit`). Its own loop around them compiles
some fifteen small functions for every new number of trials, and JAX keeps them all: 16 MB and half a second for each
suggestion, without end. Here the arrays grow in steps, and nothing is compiled in between.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from vizier._src.jax import stochastic_process_model as processes
from vizier._src.jax import types

from nas_engine.designers.gaussian_process import acquisition
from nas_engine.designers.gaussian_process.acquisition import CONFIG
from nas_engine.designers.gaussian_process.coordinate_ascent import Points, Score, climb
from nas_engine.designers.gaussian_process.encoding import EncodedArchitectures
from nas_engine.designers.gaussian_process.kernel import TiedProcess
from nas_engine.designers.gaussian_process.warm_start import WarmStart

Values = NDArray[np.float64]

_SMALLEST, _DOUBLING_UNTIL, _BATCH_STEP = 16, 256, 64  # rows
_MOST_FITTED = 256  # outcomes, drawn at random, that the parameters are fitted to; what is predicted rests on all
_STARTS, _STARTS_OF_MANY = 8, 4  # up to as many outcomes as are fitted, and beyond: scores take longer then
_SWEEPS = 3


@dataclass(frozen=True, slots=True)
class AcquiredPoint:
    """The point to try next, and whether it promises the most (else it is where the model knows least)."""

    point: tuple[int, ...]
    exploits: bool


class RewardModel:
    """A Gaussian process over rewards without their penalties [n]; NaN is infeasible, not all may be.

    `inputs`: what they belong to, with finite penalties. `encoded` describes other points of the same space, whose
    positions have `sizes` options.
    """

    def __init__(
        self,
        inputs: EncodedArchitectures,
        rewards: Values,
        encoded: Callable[[Points], EncodedArchitectures],
        sizes: tuple[int, ...],
        fit: WarmStart,
        rng: np.random.Generator,
    ) -> None:
        self._inputs = inputs
        self._encoded = encoded
        self._sizes = sizes
        labels, self._unit = standardised(rewards)
        self._best_first = np.argsort(-(labels - inputs.penalties / self._unit), kind="stable")
        fitted_to = _sample(len(inputs), rng)
        self._process = _fitted(_model_data(inputs[fitted_to], labels[fitted_to]), fit, _key(rng))
        self._labels = labels

    def choose(self, pending: EncodedArchitectures, is_news: bool, rng: np.random.Generator) -> AcquiredPoint:
        """The next point beside `pending`; `is_news` is whether an outcome has come since the last.

        Mostly the upper confidence bound after news, mostly exploration otherwise.
        """
        exploits = _exploits(is_news, rng)
        tried = self._inputs.followed_by(pending)
        labels = np.pad(self._labels, (0, len(pending)))
        posterior = acquisition.posterior(self._process, _model_data(tried, labels), len(self._labels))
        scores = acquisition.UpperBound(posterior) if exploits else self._exploration(posterior, tried)
        score = self._score(scores, set(tried.keys))
        return AcquiredPoint(climb(score, self._starts(rng), self._sizes, _SWEEPS), exploits)

    def _exploration(self, posterior: acquisition.Posterior, tried: EncodedArchitectures) -> acquisition.Exploration:
        penalties = self._penalties(tried, len(posterior.features.categorical.padded_array))
        return acquisition.Exploration(posterior, eqx.filter_jit(acquisition.promising)(posterior, penalties))

    def _score(self, scores: acquisition.UpperBound | acquisition.Exploration, tried: Set[bytes]) -> Score:
        """Minus infinity for networks that were tried, by other architectures as well.

        Vizier leaves tried points in, and the highest upper bound is often that of the best network so far or of its
        twins, with identities in other places. What is tried is not trained again: such a suggestion would be lost.
        """
        jitted = eqx.filter_jit(scores.score)

        def score(points: Points) -> Values:
            inputs = self._encoded(points)
            penalties = self._penalties(inputs, _batch_rows(len(points)))
            penalties[: len(points)][[key in tried for key in inputs.keys]] = np.inf
            return np.asarray(jitted(_points(inputs, len(penalties)), penalties))[: len(points)]

        return score

    def _penalties(self, inputs: EncodedArchitectures, rows: int) -> Values:
        return np.pad(inputs.penalties / self._unit, (0, rows - len(inputs)))

    def _starts(self, rng: np.random.Generator) -> Points:
        """Half of them the best points so far, the others anywhere."""
        starts = _STARTS if len(self._inputs) <= _MOST_FITTED else _STARTS_OF_MANY
        best = self._inputs.points[self._best_first[: starts // 2]]
        anywhere = rng.integers(self._sizes, size=(starts - len(best), len(self._sizes)), dtype=np.int32)
        return np.concatenate([best, anywhere])


def standardised(rewards: Values) -> tuple[Values, float]:
    """Labels of mean 0 and deviation 1, and the deviation of the rewards; infeasible ones are as bad as the worst."""
    filled = np.where(np.isnan(rewards), np.nanmin(rewards), rewards)
    unit = float(filled.std()) if np.ptp(filled) else 1.0
    return (filled - filled.mean()) / unit, unit


def _exploits(is_news: bool, rng: np.random.Generator) -> bool:
    share = 1 - CONFIG.pe_overwrite_probability if is_news else CONFIG.ucb_overwrite_probability
    return bool(rng.random() < share)


def _key(rng: np.random.Generator) -> jax.Array:
    return jax.random.PRNGKey(int(rng.integers(2**32)))


def _model_data(inputs: EncodedArchitectures, labels: Values) -> Any:
    """Vizier's ModelData in `_rows`, made in NumPy: JAX would compile for every number of rows."""
    return types.ModelData(_features(inputs), _padded(labels[:, None], np.nan))


def _features(inputs: EncodedArchitectures) -> Any:
    return types.ModelInput(_padded(inputs.numbers, 0.0), _padded(inputs.points, -1))


def _padded(values: NDArray[Any], fill: float) -> Any:
    padding = [(0, _rows(len(values)) - len(values)), (0, 0)]
    return types.PaddedArray(
        padded_array=np.pad(values, padding, constant_values=fill),
        fill_value=np.asarray(fill, values.dtype),
        _original_shape=np.asarray(values.shape),
        _mask=np.pad(np.ones(values.shape, bool), padding, constant_values=False),
    )


def _rows(count: int) -> int:
    """Powers of two as Vizier has them; then steps of half a 256, for the time of a score grows with their square."""
    if count > _DOUBLING_UNTIL:
        step = _DOUBLING_UNTIL // 2
        return -(-count // step) * step
    return max(_SMALLEST, 1 << (count - 1).bit_length())


def _batch_rows(count: int) -> int:
    """For points to score: few shapes as well, and not much larger than asked for."""
    return -(-count // _BATCH_STEP) * _BATCH_STEP


def _points(inputs: EncodedArchitectures, rows: int) -> Any:
    padding = ((0, rows - len(inputs)), (0, 0))
    return acquisition.points_of(np.pad(inputs.numbers, padding), np.pad(inputs.points, padding, constant_values=-1))


def _sample(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The outcomes to fit the parameters to: all, or as many as a trainer can wait for."""
    return rng.permutation(count)[:_MOST_FITTED]


def _fitted(data: Any, fit: WarmStart, key: jax.Array) -> Any:
    """The process with parameters fitted from its usual start, one at random, or the last ones (`WarmStart`)."""
    coroutine = TiedProcess(data.features.continuous.shape[1], data.features.categorical.shape[1])
    model = processes.CoroutineWithData(coroutine, data)
    drawn = eqx.filter_jit(model.setup)(key)
    starts = {name: jnp.stack([value, drawn[name]]) for name, value in coroutine.start().items()}
    best, _ = fit(starts, model.loss_with_aux, key, constraints=model.constraints(), best_n=1)
    return processes.StochasticProcessWithCoroutine(coroutine, {name: value[0] for name, value in best.items()})
