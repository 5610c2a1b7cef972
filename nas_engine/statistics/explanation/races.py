"""Races of searches: the best reward so far over what was spent, and its median and quartiles over seeds.

| symbol | meaning |
|---|---|
| n | trials of one search, in their order |
| p | points at which a band is stated |
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST_FOR_QUARTILES = 3
"""Searches from which quartiles say more than the values themselves."""


@dataclass(frozen=True, slots=True)
class RewardCourse:
    """Best reward so far of one search as steps: `best[i]` holds from `at[i]` (trials or epochs) on, up to `end`."""

    at: NDArray[np.float64]
    best: NDArray[np.float64]
    end: float

    def at_points(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Best reward at each of the points [p], none of which lies before `at[0]`."""
        return self.best[np.searchsorted(self.at, points, side="right") - 1]


@dataclass(frozen=True, slots=True)
class RewardBand:
    """Lower quartile, median and upper quartile [p] over `searches` of the best reward at the points `at` [p].

    It begins where every search has a reward and ends where the first of them ends, so that each point is over the same
    searches.
    """

    at: NDArray[np.float64]
    low: NDArray[np.float64]
    median: NDArray[np.float64]
    high: NDArray[np.float64]
    searches: int

    @property
    def end(self) -> float:
        """The last point that the band reaches, in trials or epochs."""
        return float(self.at[-1])

    def place(self, point: float) -> int | None:
        """Index of the values that hold at `point`; None where the band does not reach it."""
        index = int(np.searchsorted(self.at, point, side="right")) - 1
        return index if index >= 0 and point <= self.end else None

    def first_at(self, reward: float) -> float | None:
        """Where the median first reaches `reward`; None where it never does."""
        reached = np.flatnonzero(self.median >= reward)
        return float(self.at[reached[0]]) if len(reached) else None


def course(spent: NDArray[np.float64], rewards: NDArray[np.float64]) -> RewardCourse | None:
    """Course of a search whose n trials had used up `spent` [n] at their ends, non-decreasing, and had these rewards.

    `rewards` [n] is NaN for trials without one. None where no trial has a reward.
    """
    best = np.fmax.accumulate(rewards) if len(rewards) else rewards
    former = np.concatenate([[-np.inf], np.nan_to_num(best[:-1], nan=-np.inf)]) if len(best) else best
    new = np.flatnonzero(np.nan_to_num(best, nan=-np.inf) > former)
    return RewardCourse(spent[new], best[new], float(spent[-1])) if len(new) else None


def band(courses: Sequence[RewardCourse | None]) -> RewardBand | None:
    """Median and quartiles over searches; None where one has no reward yet, or has ended before another has one."""
    known = [one for one in courses if one is not None]
    if not known or len(known) < len(courses):
        return None
    start, end = max(float(one.at[0]) for one in known), min(one.end for one in known)
    if start > end or end <= 0:
        return None
    steps = np.unique(np.concatenate([[start, end], *(one.at for one in known)]))
    points = steps[(steps >= start) & (steps <= end)]
    low, median, high = np.quantile(np.stack([one.at_points(points) for one in known]), (0.25, 0.5, 0.75), axis=0)
    return RewardBand(points, low, median, high, len(known))
