"""Importance of each choice for a result: the share of the variance between trained networks that it explains.

    symbol      meaning                                              shape
    y           results of n networks, less their mean               [n]
    X           one column a level of a factor, 1 where taken        [n, levels]
    beta        effects of the levels, by ridge regression           [levels]
    f_j         contribution of factor j to the prediction           [n]
    s_j         its share: sum(f_j y) / sum(y y)                     [factors]

The model is additive. Contributions are cross-fitted: those of each tenth of the networks come from effects that the
other nine tenths gave, so that a factor without effect has a share of about 0, however many levels it has, and the
shares add up to what the choices explain of networks that were not looked at. s_j is the covariance decomposition of
Li et al., "Global sensitivity analysis for systems with independent and/or correlated inputs", J. Phys. Chem. A 2010:
where networks are drawn at random it is the first-order Sobol index, and where a search took two choices together
they divide what they explain. Intervals are those of a ratio of two means over the networks (delta method), widened
because the ten fits share most of their networks (Nadeau and Bengio, "Inference for the generalization error", Machine
Learning 2003).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nas_engine.statistics.explanation.factors import NO_LEVEL
from nas_engine.statistics.values import Interval95
from nas_engine.statistics.wilson import Z95

LEAST_NETWORKS = 50
"""Networks under which no importance is stated: ten folds of fewer leave intervals that mean nothing."""
_FOLDS = 10
_WIDENED = (1 + _FOLDS / (_FOLDS - 1)) ** 0.5
_ROUNDS = 8
_LEAST_VARIANCE = 1e-6  # of the results' variance, of a factor without effect
_LEAST_DEVIATION = 1e-9  # of the mean: below it the results are all the same

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VarianceShare:
    """Share of the variance that a choice explains, with its 95 % interval; about 0 where it explains nothing.

    A share may lie below 0 by chance.
    """

    value: float
    interval: Interval95

    @property
    def is_distinguished(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.interval.low > 0


@dataclass(frozen=True, slots=True)
class ChoiceImportance:
    """Shares of the factors, and of all together, over `networks`; `deviation` is that of the results."""

    shares: tuple[VarianceShare, ...]
    total: VarianceShare
    networks: int
    deviation: float


def importances(
    codes: NDArray[np.int16], levels: Sequence[int], results: Values
) -> tuple[ChoiceImportance | None, ...]:
    """Importance for each column of `results` [n, m], finite; None where all are equal or under `LEAST_NETWORKS`.

    `codes` [n, factors] are levels of the factors (`Factors.codes`), `levels` [factors] how many each factor has.
    """
    nothing: tuple[None, ...] = (None,) * int(results.shape[1])
    if len(results) < LEAST_NETWORKS or not levels:
        return nothing
    centred = results - results.mean(axis=0)
    varies = results.std(axis=0) > _LEAST_DEVIATION * np.maximum(np.abs(results.mean(axis=0)), 1e-300)
    if not varies.any():
        return nothing
    fitted = _cross_fitted(_design(codes, levels), levels, centred[:, varies])
    found = iter(_importance(contributions, y) for contributions, y in zip(fitted, centred[:, varies].T, strict=True))
    return tuple(next(found) if is_varying else None for is_varying in varies)


def _design(codes: NDArray[np.int16], levels: Sequence[int]) -> Values:
    """X with the columns of each factor less their means over the networks that have one of them; else 0."""
    parts = []
    for column, count in enumerate(levels):
        taken = codes[:, column, None] == np.arange(count)
        speaks = codes[:, column] != NO_LEVEL
        shares = taken[speaks].mean(axis=0) if speaks.any() else np.zeros(count)
        parts.append(np.where(speaks[:, None], taken - shares, 0.0))
    return np.concatenate(parts, axis=1)


def _cross_fitted(design: Values, levels: Sequence[int], results: Values) -> tuple[Values, ...]:
    """f [n, factors] for each column of `results`."""
    order = np.random.default_rng(0).permutation(len(design))
    shuffled, wanted = design[order], results[order]
    bounds = np.linspace(0, len(design), _FOLDS + 1).round().astype(int)
    folds = [slice(low, high) for low, high in pairwise(bounds)]
    grams = np.stack([shuffled[own].T @ shuffled[own] for own in folds])
    products = np.stack([shuffled[own].T @ wanted[own] for own in folds])
    squares = np.stack([np.square(wanted[own]).sum(axis=0) for own in folds])
    starts = np.concatenate([[0], np.cumsum(levels)[:-1]])
    fitted = tuple(np.empty((len(design), len(levels))) for _ in results.T)
    for fold, own in enumerate(folds):
        others = np.arange(_FOLDS) != fold
        gram, count = grams[others].sum(axis=0), len(design) - (own.stop - own.start)
        for column, found in enumerate(fitted):
            product, square = products[others, :, column].sum(axis=0), float(squares[others, column].sum())
            effects = _effects(gram, product, square, count, levels)
            found[order[own]] = np.add.reduceat(shuffled[own] * effects, starts, axis=1)
    return fitted


def _effects(gram: Values, product: Values, square: float, count: int, levels: Sequence[int]) -> Values:
    """beta [levels] with the variances of the factors' effects and of the noise that maximise the evidence.

    MacKay's fixed point ("Bayesian interpolation", Neural Computation 1992) with a variance for each factor.
    """
    starts, sizes = np.concatenate([[0], np.cumsum(levels)[:-1]]), np.asarray(levels)
    noise = square / count / 2
    variances = np.full(len(levels), square / count / len(levels))
    beta = np.zeros(len(product))
    for _ in range(_ROUNDS):
        precision = np.repeat(1 / variances, sizes)
        covariance = np.linalg.inv(gram / noise + np.diag(precision))
        beta = covariance @ product / noise
        known = np.add.reduceat(1 - precision * np.diag(covariance), starts)
        variances = np.maximum(
            np.add.reduceat(beta**2, starts) / np.maximum(known, 1e-12), _LEAST_VARIANCE * square / count
        )
        error = square - 2 * beta @ product + beta @ gram @ beta
        noise = max(error / max(count - known.sum(), 1.0), _LEAST_VARIANCE * square / count)
    return np.asarray(beta)


def _importance(contributions: Values, results: Values) -> ChoiceImportance:
    variance = float(np.mean(results**2))
    shares = tuple(_share(own, results, variance) for own in contributions.T)
    total = _share(contributions.sum(axis=1), results, variance)
    return ChoiceImportance(shares, total, len(results), variance**0.5)


def _share(contribution: Values, results: Values, variance: float) -> VarianceShare:
    value = float(np.mean(contribution * results)) / variance
    influence = contribution * results - value * results**2
    half = Z95 * _WIDENED * float(np.std(influence, ddof=1)) / (len(results) ** 0.5 * variance)
    return VarianceShare(value, Interval95(value - half, value + half))
