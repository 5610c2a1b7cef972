"""Wilson's score interval of a share, without SciPy, so that the web process can compute it for every row."""

import math
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)
"""97.5 % quantile of the standard normal distribution."""


def wilson95(correct: float, clips: float, quantile: float = Z95) -> tuple[float, float]:
    """95 % score interval (low, high) of the share `correct` / `clips` (0..1), as `scipy.stats.binomtest` without
    continuity correction (Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927).

    Both counts may be fractions: an effective number of clips, with `quantile` of Student's t (Dean and Pagano,
    "Evaluating confidence interval methods for binomial proportions in clustered surveys", JSSAM 2015).
    """
    squared = quantile**2
    centre = (correct + squared / 2) / (clips + squared)
    half = quantile / (clips + squared) * math.sqrt(correct * (clips - correct) / clips + squared / 4)
    return (0.0 if correct == 0 else centre - half), (1.0 if correct == clips else centre + half)
