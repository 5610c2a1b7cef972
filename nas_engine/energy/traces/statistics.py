"""Statistics of repeated measurements of one quantity: mean, standard deviation, 95 % interval, pooled deviation."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from nas_engine.errors import BadMeasurement

_UNMEASURABLE = 1e15
_SERIES_FROM = 100  # degrees of freedom from which the expansion of t in 1/degrees is good to 1e-9


@dataclass(frozen=True, slots=True)
class RepeatStatistics:
    """Mean, sample standard deviation, 95 % t interval of the mean, and median of n values, in the unit of the values.

    One value has neither a deviation nor an interval. Repeats are whole windows or runs: samples of one trace are
    autocorrelated and do not count as repeats. The instrument's own error is common to all repeats and not included.
    """

    n: int
    mean: float
    sd: float | None
    low95: float | None
    high95: float | None
    median: float


def repeat_statistics(values: Sequence[float]) -> RepeatStatistics:
    """Statistics of `values` [n]. Raises BadMeasurement where there is none, or one is not finite or above 1e15."""
    array = np.asarray(values, dtype=np.float64)
    if not len(array) or not (np.abs(array) < _UNMEASURABLE).all():
        raise BadMeasurement(
            f"{len(array)} value(s), of which some may be no numbers or beyond all bounds, cannot be averaged"
        )
    n, mean, median = len(array), float(array.mean()), float(np.median(array))
    if n == 1:
        return RepeatStatistics(1, mean, None, None, None, median)
    sd = float(array.std(ddof=1))
    return RepeatStatistics(n, mean, sd, *interval95(mean, sd, n), median)


def interval95(mean: float, sd: float, n: int) -> tuple[float, float]:
    """95 % t interval (low, high) of the mean of n >= 2 values with sample standard deviation `sd`.

    Energies, powers and times are never negative, so where few repeats scatter widely the interval ends at 0: what it
    loses held no possible mean, and its coverage stays.
    """
    reach = t975(n - 1) * sd / math.sqrt(n)
    low = mean - reach
    return low if mean < 0.0 else max(low, 0.0), mean + reach


@lru_cache(maxsize=256)
def t975(degrees: int) -> float:
    """97.5 % quantile of Student's t with `degrees` of freedom: Abramowitz and Stegun 26.7.3 to 26.7.5.

    SciPy would make a web process load 27 MB for this number.
    """
    if degrees >= _SERIES_FROM:
        return _t_by_series(NormalDist().inv_cdf(0.975), degrees)
    low, high = 0.0, math.pi / 2
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if _t_inside(middle, degrees) < 0.95 else (low, middle)
    return math.sqrt(degrees) * math.tan(low)


def _t_inside(angle: float, degrees: int) -> float:
    """The probability of |t| < sqrt(degrees) * tan(angle)."""
    cosine, first = math.cos(angle), 1 + degrees % 2
    term, total = math.sin(angle) * (cosine if degrees % 2 else 1.0), 0.0
    for step in range(first, degrees, 2):
        total += term
        term *= cosine**2 * step / (step + 1)
    return (angle + total) * 2 / math.pi if degrees % 2 else total


def _t_by_series(x: float, degrees: int) -> float:
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92_160,
    )
    return x + sum(term / float(degrees) ** power for power, term in enumerate(terms, start=1))


def pooled_sd(groups: Iterable[Sequence[float]]) -> float | None:
    """Pooled standard deviation within groups that may have different means; None if no group has two values."""
    repeated = [np.asarray(values, dtype=np.float64) for values in groups if len(values) > 1]
    degrees = sum(len(values) - 1 for values in repeated)
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in repeated)
    return math.sqrt(squares / degrees) if degrees else None
