"""Repeated measurements of one thing: how far their mean can be trusted."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from nas_engine.errors import BadMeasurement

_UNMEASURABLE = 1e15


@dataclass(frozen=True, slots=True)
class Repeats:
    """n values with their mean, sample standard deviation, 95 % t interval of the mean, and median (one unit for all).

    One value has neither a deviation nor an interval. Repeats are whole windows or runs: samples of one trace follow
    each other too closely to count as repeats. The instrument's own error is common to all and not in here.
    """

    n: int
    mean: float
    sd: float | None
    low95: float | None
    high95: float | None
    median: float


def repeats(values: Sequence[float]) -> Repeats:
    """Summarise; raises BadMeasurement where there is nothing to summarise or a value cannot be measured."""
    array = np.asarray(values, dtype=np.float64)
    if not len(array) or not (np.abs(array) < _UNMEASURABLE).all():
        raise BadMeasurement(
            f"{len(array)} value(s), of which some may be no numbers or beyond all bounds, cannot be averaged"
        )
    n, mean, median = len(array), float(array.mean()), float(np.median(array))
    if n == 1:
        return Repeats(1, mean, None, None, None, median)
    sd = float(array.std(ddof=1))
    reach = float(stdtrit(n - 1, 0.975)) * sd / math.sqrt(n)
    return Repeats(n, mean, sd, mean - reach, mean + reach, median)


def pooled_sd(groups: Iterable[Sequence[float]]) -> float | None:
    """The standard deviation within groups that may have different means; None if no group has two values."""
    repeated = [np.asarray(values, dtype=np.float64) for values in groups if len(values) > 1]
    degrees = sum(len(values) - 1 for values in repeated)
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in repeated)
    return math.sqrt(squares / degrees) if degrees else None
