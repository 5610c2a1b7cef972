"""Mean of one figure over the seeds that a network was trained with."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from nas_engine.statistics.values import Interval95, SeedSummary


def seed_summary(values: Sequence[float], low: float = -math.inf, high: float = math.inf) -> SeedSummary:
    """Summary of `values` [n], one for each seed, with Student's t interval m +- t(n - 1, 0.975) sd / sqrt(n).

    `low` and `high` bound what the figure can be, such as 0 and 1 for an accuracy: the interval ends there, which costs
    no coverage. Equal values have an interval of width 0. Raises ValueError without values, and for one that is not
    finite or out of bounds.
    """
    figures = np.asarray(values, dtype=np.float64)
    if figures.ndim != 1 or not figures.size:
        raise ValueError(f"figures must be [seeds] with at least one, not {figures.shape}")
    wrong = figures[~(np.isfinite(figures) & (figures >= low) & (figures <= high))]
    if wrong.size:
        raise ValueError(f"a figure of a seed is {wrong[0]}: leave out trainings that failed, with their seeds")
    n, mean = len(figures), float(figures.mean())
    if n == 1:
        return SeedSummary(1, mean, None, None)
    sd = float(figures.std(ddof=1))
    reach = float(stdtrit(n - 1, 0.975)) * sd / math.sqrt(n)
    return SeedSummary(n, mean, sd, Interval95(max(low, mean - reach), min(high, mean + reach)))
