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


def difference95(shares: tuple[float, float], clips: int) -> tuple[float, float]:
    """95 % interval (low, high) of the second share less the first, both of `clips` answers (0..1).

    Newcombe's hybrid score interval ("Interval estimation for the difference between independent proportions",
    Statistics in Medicine 1998, method 10). It takes the answers of both as independent. Two networks that heard the
    same clips err on the same ones, so that it is rather too wide.
    """
    (low, high), (other_low, other_high) = (wilson95(share * clips, clips) for share in shares)
    first, second = shares
    down, up = math.hypot(second - other_low, high - first), math.hypot(other_high - second, first - low)
    return second - first - down, second - first + up
