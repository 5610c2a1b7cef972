"""Pigeonhole bootstrap: interval of an accuracy, or of a sum of accuracies, over seeds and recordings together.

Every seed has answered every clip, so neither the answers of one seed nor those to one recording are independent. The
bootstrap draws seeds and recordings with replacement, independently of each other, and weighs each cell (seed,
recording) by the product of how often both were drawn: Owen, "The pigeonhole bootstrap", Annals of Applied Statistics
1 (2007). The interval is

    m +- t(f, 0.975) * k * se,    k^2 = sum V / sum (V (n - 1) / n),    f = (sum V)^2 / sum (V^2 / (n - 1)),

sums over what is drawn (seeds, recordings of one or two splits).

    symbol   code         meaning
    m        estimate     sum of the accuracies, each with its sign
    se       standard_error   of the bootstrap distribution of m
    V        variance     variance of m between samples of one kind (`nas_engine.statistics.answers`)
    n        units        number of seeds, or of recordings
    f        degrees      degrees of freedom (Satterthwaite, Biometrics Bulletin 2, 1946)
    k                     what drawing n of n takes off each variance: (n - 1) / n of it is left

Percentiles of the same distribution are too narrow where there are few seeds. Share of 1,000 simulated pairs of
networks whose interval holds the true difference (96 recordings of 2.3 clips on average; `python -m
tests.nas_engine.statistics.simulated_answers`):

    seeds   variance due to seeds   percentiles   this interval
    10      0.64                    0.94          0.96
    5       0.30                    0.97          0.98
    5       0.72                    0.93          0.96
    5       0.94                    0.86          0.96
    3       0.69                    0.89          0.96
    3       0.90                    0.78          0.95
    2       0.60                    0.81          0.90

Where seeds hardly matter the interval is conservative, as Owen shows for the variance that is due to neither alone.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import bootstrap

from nas_engine.statistics.answers import NO_VARIANCE, RecordingSums, Values
from nas_engine.statistics.values import Interval95
from nas_engine.statistics.wilson import Z95

RESAMPLES = 4_000
_BATCH = 1_000  # resamples at a time: [batch, recordings] numbers are held


@dataclass(frozen=True, slots=True)
class Term:
    """One accuracy of the sum: `sums` over recordings that are drawn together, and its sign, 1 or -1."""

    sums: RecordingSums
    sign: float = 1.0


@dataclass(frozen=True, slots=True)
class _Source:
    """What is drawn: its number and the variance of the estimate that is due to it."""

    units: int
    variance: float


def over_clips(terms: Sequence[Term], seed: int, resamples: int = RESAMPLES) -> Interval95:
    """Interval of the sum of `terms` between samples of recordings, with these seeds."""
    return _interval(terms, seed, resamples, seeds_too=False)


def over_seeds_and_clips(terms: Sequence[Term], seed: int, resamples: int = RESAMPLES) -> Interval95:
    """Interval of the sum of `terms`, all of the same seeds, between samples of seeds and recordings.

    Raises ValueError for fewer than two seeds.
    """
    if len(terms[0].sums.correct) < 2:
        raise ValueError("an interval over seeds needs two seeds or more: train the network with another seed")
    return _interval(terms, seed, resamples, seeds_too=True)


def _interval(terms: Sequence[Term], seed: int, resamples: int, seeds_too: bool) -> Interval95:
    estimate = sum(term.sign * term.sums.accuracy for term in terms)
    sources = [source for source in _sources(terms, seeds_too) if source.variance > NO_VARIANCE]
    reach = _reach(sources, _standard_error(terms, seed, resamples, seeds_too)) if sources else _least_reach(terms)
    return Interval95(max(-1.0, estimate - reach), min(1.0, estimate + reach))


def _sources(terms: Sequence[Term], seeds_too: bool) -> Iterator[_Source]:
    for term in terms:
        yield _Source(len(term.sums.clips), term.sums.variance)
    if seeds_too:
        of_seeds = np.sum([term.sign * term.sums.of_seeds for term in terms], axis=0)
        yield _Source(len(of_seeds), float(of_seeds.var(ddof=1)) / len(of_seeds))


def _reach(sources: Sequence[_Source], standard_error: float) -> float:
    """t * k * se of the symbols above."""
    total = sum(source.variance for source in sources)
    degrees = total**2 / sum(source.variance**2 / (source.units - 1) for source in sources)
    left = sum(source.variance * (source.units - 1) / source.units for source in sources)
    return float(stdtrit(degrees, 0.975)) * math.sqrt(total / left) * standard_error


def _least_reach(terms: Sequence[Term]) -> float:
    """Half width where nothing varies: Wilson's upper bound of what none of n recordings shows, z^2 / (n + z^2).

    Two splits are combined as by Newcombe, "Interval estimation for the difference between independent proportions",
    Statistics in Medicine 17 (1998).
    """
    return math.hypot(*(Z95**2 / (len(term.sums.clips) + Z95**2) for term in terms))


def _standard_error(terms: Sequence[Term], seed: int, resamples: int, seeds_too: bool) -> float:
    seeds = len(terms[0].sums.correct)

    def statistic(*drawn: NDArray[np.intp], axis: int) -> Values:
        """Estimates [...] from indices [..., units] of the drawn recordings of each term, and of the drawn seeds."""
        weights = _counts(drawn[-1], seeds) if seeds_too else np.ones((*drawn[0].shape[:-1], seeds))
        return sum(
            (term.sign * _weighted(term.sums, weights, index) for term, index in zip(terms, drawn, strict=False)),
            start=np.zeros(weights.shape[:-1]),
        )

    units = [len(term.sums.clips) for term in terms] + [seeds] * seeds_too
    result = bootstrap(
        [np.arange(n) for n in units], statistic, paired=False, vectorized=True, n_resamples=resamples, batch=_BATCH,
        method="percentile", rng=np.random.default_rng(seed),
    )  # fmt: skip
    return float(result.standard_error)


def _weighted(sums: RecordingSums, seed_weights: Values, index: NDArray[np.intp]) -> Values:
    """Accuracies [...] with the seeds weighed by [..., seeds] and the recordings drawn by `index` [..., recordings]."""
    weights = _counts(index, len(sums.clips))
    correct = ((seed_weights @ sums.correct) * weights).sum(axis=-1)
    return np.asarray(correct / (seed_weights.sum(axis=-1) * (weights @ sums.clips)), dtype=np.float64)


def _counts(index: NDArray[np.intp], units: int) -> Values:
    """How often each of `units` was drawn, [..., units], from indices [..., drawn]."""
    rows = index.reshape(-1, index.shape[-1]) + units * np.arange(index.size // index.shape[-1])[:, None]
    counts = np.bincount(rows.ravel(), minlength=units * len(rows))
    return counts.reshape(*index.shape[:-1], units).astype(np.float64)
