"""Which rows teach a Gaussian process most: those after which all rows together are known best. NumPy alone.

Each next row is the one whose measurement takes most from the sum of all rows' variances (Cohn, Ghahramani and Jordan,
1996). Unlike the row that is least certain itself, it is seldom an odd one at the edge, of which nothing follows for
others. What a measurement would read does not matter, so a whole batch can be chosen before any is made.
"""

from dataclasses import dataclass

import numpy as np

from nas_engine.energy.gaussian_process import GaussianProcess
from nas_engine.energy.tables import Features


@dataclass(frozen=True, slots=True)
class Lesson:
    """A row's index, and the share (0..1) of what was not known of all rows that its measurement takes away."""

    index: int
    share: float


def most_telling(process: GaussianProcess, offered: Features, count: int) -> list[Lesson]:
    """`count` of the rows `offered` (or all, if there are fewer), the most telling first."""
    covariance = process.covariance_left(offered)
    noise = float(np.median(process.noise)) / process.scale**2
    unknown = max(float(np.trace(covariance)), np.finfo(np.float64).tiny)
    lessons: list[Lesson] = []
    for _ in range(min(count, len(offered))):
        variance = np.maximum(np.diag(covariance), 0) + noise
        taken = (covariance**2).sum(axis=1) / variance
        taken[[lesson.index for lesson in lessons]] = -np.inf
        best = int(np.argmax(taken))
        lessons.append(Lesson(best, float(taken[best]) / unknown))
        covariance = covariance - np.outer(covariance[:, best], covariance[best]) / variance[best]
    return lessons
