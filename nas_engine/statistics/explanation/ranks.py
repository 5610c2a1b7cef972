"""How well the order of networks in the middle of training foretells their order at its end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.statistics.values import Interval95
from nas_engine.statistics.wilson import Z95

LEAST_RANKED = 10
"""Networks under which no rank correlation is stated."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's rank correlation (-1..1) of `networks`, with its 95 % interval."""

    value: float
    interval: Interval95
    networks: int


def rank_correlation(early: Values, final: Values) -> RankCorrelation | None:
    """Of two accuracies of each network [n]; pairs with a NaN are left out.

    None under `LEAST_RANKED` pairs, or where one side is constant. The interval is that of Bonett and Wright, "Sample
    size requirements for estimating Pearson, Kendall and Spearman correlations", Psychometrika 2000.
    """
    known = np.isfinite(early) & np.isfinite(final)
    networks = int(known.sum())
    if networks < LEAST_RANKED:
        return None
    first, second = ranks(early[known]), ranks(final[known])
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    value = float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))
    if abs(value) > 1 - 1e-12:
        return RankCorrelation(round(value), Interval95(round(value), round(value)), networks)
    half = Z95 * math.sqrt((1 + value**2 / 2) / (networks - 3))
    centre = math.atanh(value)
    return RankCorrelation(value, Interval95(math.tanh(centre - half), math.tanh(centre + half)), networks)


def ranks(values: Values) -> Values:
    """Ranks [n] from 1, equal values with the mean of theirs (`scipy.stats.rankdata`)."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places])


def first_above(correlations: Sequence[RankCorrelation | None], least: float) -> int | None:
    """Index of the first correlation whose interval lies above `least`, None where none does."""
    return next((index for index, one in enumerate(correlations) if one and one.interval.low > least), None)
