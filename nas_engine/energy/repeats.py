"""Repeated measurements of one thing: how far their mean can be trusted."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from nas_engine.errors import BadMeasurement


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
    """Summarise; raises BadMeasurement where there is nothing to summarise or a value is not a number."""
    if not values or not all(math.isfinite(value) for value in values):
        raise BadMeasurement(f"{len(values)} value(s), of which some may not be numbers, cannot be averaged")
    n, mean, median = len(values), statistics.fmean(values), statistics.median(values)
    if n == 1:
        return Repeats(1, mean, None, None, None, median)
    sd = statistics.stdev(values)
    reach = float(stdtrit(n - 1, 0.975)) * sd / math.sqrt(n)
    return Repeats(n, mean, sd, mean - reach, mean + reach, median)
