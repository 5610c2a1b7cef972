"""Vizier's GP-UCB-PE, one suggestion at a time, on arrays of few different shapes.

The Gaussian process and its priors (`kernel`), both acquisition functions (`acquisition`) and the probabilities of
choosing between them (`VizierGPUCBPEBandit`) are Vizier's. Its own loop around them compiles some fifteen small
functions for every new number of trials, and JAX keeps them all: 16 MB and half a second for each suggestion. Here the
arrays grow in steps, and nothing is compiled in between.

Notation:

    N      observations; M: observations and pending points, padded to one of few numbers of rows (`_rows`)
    D, F   positions of the space, features of a network (`encoding`)
    r      rewards without their penalties [N], accuracy 0..1; NaN: infeasible
    y      labels [N] = (r - mean(r)) / u, infeasible ones at the minimum
    u      unit, the standard deviation of r
    v      variances [M] of the labels as observations, beyond the common noise: 0 for measured ones
    c      penalties [M], divided by u where they are compared with y
    theta  hyperparameters of the kernel, fitted to at most 256 observations
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
from nas_engine.designers.gaussian_process.kernel import Rows, TiedProcess
from nas_engine.designers.gaussian_process.observations import Observations
from nas_engine.designers.gaussian_process.warm_start import WarmStart

Values = NDArray[np.float64]

_SMALLEST, _DOUBLING_UNTIL, _BATCH_STEP = 16, 256, 64  # rows
_MOST_FITTED = 256  # outcomes, drawn at random, that theta is fitted to; predictions use all
_STARTS, _STARTS_OF_MANY = 8, 4  # up to _MOST_FITTED outcomes, and beyond: scores take longer then
_SWEEPS = 3


@dataclass(frozen=True, slots=True)
class AcquiredPoint:
    """Point to try next, option indices [D]. `exploits`: by the upper confidence bound, else by pure exploration."""

    point: tuple[int, ...]
    exploits: bool


class RewardModel:
    """Gaussian process over the rewards of `observations`, at least one of which is feasible.

    `encoded` encodes other points of the same space, whose positions have `sizes` [D] options. `tried`: keys of the
    networks that are not to be chosen.
    """

    def __init__(
        self,
        observations: Observations,
        encoded: Callable[[Points], EncodedArchitectures],
        sizes: tuple[int, ...],
        tried: Set[bytes],
        fit: WarmStart,
        rng: np.random.Generator,
    ) -> None:
        self._inputs = inputs = observations.inputs
        self._encoded = encoded
        self._sizes = sizes
        self._tried = tried
        labels, self._unit = standardised(observations.rewards)
        variances = observations.variances / self._unit**2
        self._best_first = np.argsort(-(labels - inputs.penalties / self._unit), kind="stable")
        fitted_to = _sample(len(inputs), rng)
        data = _model_data(inputs[fitted_to], labels[fitted_to], variances[fitted_to])
        self._process = _fitted(data, fit, _key(rng))
        self._labels, self._variances = labels, variances

    def choose(self, pending: EncodedArchitectures, has_new_outcomes: bool, rng: np.random.Generator) -> AcquiredPoint:
        """Point of the highest acquisition, given that `pending` points are being tried.

        `has_new_outcomes`: whether an outcome was added since the last point; then mostly by the upper confidence
        bound, else mostly by pure exploration.
        """
        exploits = _exploits(has_new_outcomes, rng)
        tried = self._inputs.concatenated(pending)
        labels, variances = (np.pad(each, (0, len(pending))) for each in (self._labels, self._variances))
        posterior = acquisition.posterior(self._process, _model_data(tried, labels, variances), len(self._labels))
        scores = acquisition.UpperConfidenceBound(posterior) if exploits else self._exploration(posterior, tried)
        score = self._score(scores, self._tried | set(pending.keys))
        return AcquiredPoint(climb(score, self._starts(rng), self._sizes, _SWEEPS), exploits)

    def _exploration(
        self, posterior: acquisition.Posterior, tried: EncodedArchitectures
    ) -> acquisition.PureExploration:
        penalties = self._penalties(tried, len(posterior.features.categorical.padded_array))
        return acquisition.PureExploration(
            posterior, eqx.filter_jit(acquisition.exploration_threshold)(posterior, penalties)
        )

    def _score(
        self, scores: acquisition.UpperConfidenceBound | acquisition.PureExploration, tried: Set[bytes]
    ) -> Score:
        """Acquisition of points, minus infinity for networks that were tried.

        Vizier leaves tried points in, and the highest upper bound is often that of the best network so far or of the
        same with identities in other places. Such a suggestion would be lost, since no network is trained twice.
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
        """Starting points of the ascent [starts, D]: half the best so far, half at random."""
        starts = _STARTS if len(self._inputs) <= _MOST_FITTED else _STARTS_OF_MANY
        best = self._inputs.points[self._best_first[: starts // 2]]
        anywhere = rng.integers(self._sizes, size=(starts - len(best), len(self._sizes)), dtype=np.int32)
        return np.concatenate([best, anywhere])


def standardised(rewards: Values) -> tuple[Values, float]:
    """Labels y [N] with mean 0 and standard deviation 1, and the unit u; infeasible ones get the lowest reward."""
    filled = np.where(np.isnan(rewards), np.nanmin(rewards), rewards)
    unit = float(filled.std()) if np.ptp(filled) else 1.0
    return (filled - filled.mean()) / unit, unit


def _exploits(has_new_outcomes: bool, rng: np.random.Generator) -> bool:
    share = 1 - CONFIG.pe_overwrite_probability if has_new_outcomes else CONFIG.ucb_overwrite_probability
    return bool(rng.random() < share)


def _key(rng: np.random.Generator) -> jax.Array:
    return jax.random.PRNGKey(int(rng.integers(2**32)))


def _model_data(inputs: EncodedArchitectures, labels: Values, variances: Values) -> Any:
    """Vizier's ModelData padded to `_rows`, made in NumPy: JAX would compile for every number of rows."""
    rows = Rows(
        _padded(inputs.numbers, 0.0),
        _padded(inputs.points, -1),
        np.pad(variances, (0, _rows(len(variances)) - len(variances))),
    )
    return types.ModelData(rows, _padded(labels[:, None], np.nan))


def _padded(values: NDArray[Any], fill: float) -> Any:
    padding = [(0, _rows(len(values)) - len(values)), (0, 0)]
    return types.PaddedArray(
        padded_array=np.pad(values, padding, constant_values=fill),
        fill_value=np.asarray(fill, values.dtype),
        _original_shape=np.asarray(values.shape),
        _mask=np.pad(np.ones(values.shape, bool), padding, constant_values=False),
    )


def _rows(count: int) -> int:
    """Powers of two as in Vizier; above 256 steps of 128, since the time of a score grows with their square."""
    if count > _DOUBLING_UNTIL:
        step = _DOUBLING_UNTIL // 2
        return -(-count // step) * step
    return max(_SMALLEST, 1 << (count - 1).bit_length())


def _batch_rows(count: int) -> int:
    """Rows of a batch of points to score: multiples of 64."""
    return -(-count // _BATCH_STEP) * _BATCH_STEP


def _points(inputs: EncodedArchitectures, rows: int) -> Any:
    padding = ((0, rows - len(inputs)), (0, 0))
    return acquisition.kernel_inputs(
        np.pad(inputs.numbers, padding), np.pad(inputs.points, padding, constant_values=-1)
    )


def _sample(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices of the observations that theta is fitted to, at most 256."""
    return rng.permutation(count)[:_MOST_FITTED]


def _fitted(data: Any, fit: WarmStart, key: jax.Array) -> Any:
    """Process with theta by MAP fit from the usual start, a random one, or the last fit (`WarmStart`)."""
    coroutine = TiedProcess(data.features.continuous.shape[1], data.features.categorical.shape[1])
    model = processes.CoroutineWithData(coroutine, data)
    drawn = eqx.filter_jit(model.setup)(key)
    starts = {name: jnp.stack([value, drawn[name]]) for name, value in coroutine.start().items()}
    best, _ = fit(starts, model.loss_with_aux, key, constraints=model.constraints(), best_n=1)
    return processes.StochasticProcessWithCoroutine(coroutine, {name: value[0] for name, value in best.items()})
