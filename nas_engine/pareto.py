"""Pareto front of a set of points, and the hypervolume they dominate.

With two and three objectives a front takes a sort and a sweep, O(n log n), however many points are on it: Kung, Luccio
and Preparata, On Finding the Maxima of a Set of Vectors, JACM 1975. With more, each survivor is compared with all.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def front(points: Points, maximise: Sequence[bool]) -> NDArray[np.bool_]:
    """Mask [n] of the Pareto-optimal ones among n points with d objectives, an array [n, d].

    `maximise` [d] marks the objectives of which more is better. A point dominates another if it is at least as good in
    all objectives and better in one, so duplicates of an optimal point are all on the front. A point with a NaN is
    never on the front and dominates nothing. Raises ValueError where the shapes do not fit.
    """
    oriented = _oriented(points, maximise)
    mask = np.zeros(len(oriented), dtype=bool)
    known = np.flatnonzero(~np.isnan(oriented).any(axis=1))
    mask[known] = _FRONTS.get(oriented.shape[1], _front_of_many)(oriented[known])
    return mask


def hypervolume_2d(points: Points, reference: tuple[float, float], maximise: Sequence[bool]) -> float:
    """Area that the points [n, 2] dominate within the region better than `reference` in both objectives.

    In the product of the objectives' units. Points no better than the reference and points with a NaN add nothing.
    Raises ValueError for another number of objectives than 2.
    """
    oriented = _oriented(points, maximise)
    if oriented.shape[1] != 2:
        raise ValueError(f"hypervolume_2d needs 2 objectives, not {oriented.shape[1]}")
    corner = _oriented(np.array([reference], dtype=np.float64), maximise)[0]
    better = oriented[(oriented > corner).all(axis=1)]
    steps = better[_front_of_2(better)]
    steps = np.unique(steps, axis=0)[::-1]  # from the best first objective down; the second rises
    heights = np.diff(steps[:, 1], prepend=corner[1])
    return float(((steps[:, 0] - corner[0]) * heights).sum())


def hypervolume_2d_steps(points: Points, reference: tuple[float, float], maximise: Sequence[bool]) -> Points:
    """`hypervolume_2d` of the first 1, 2, .. n of points [n, 2] that come one after another: an array [n].

    Each point adds the area that no point before it dominates, O(log n) and what it removes from the front; moocore
    and the other libraries compute every value from all points again, which takes seconds at 10,000.
    """
    oriented = _oriented(points, maximise)
    if oriented.shape[1] != 2:
        raise ValueError(f"hypervolume_2d_steps needs 2 objectives, not {oriented.shape[1]}")
    above = oriented - _oriented(np.array([reference], dtype=np.float64), maximise)[0]
    steps, areas, area = _Staircase(), np.zeros(len(above)), 0.0
    for place, (first, second) in enumerate(above.tolist()):
        if first > 0 and second > 0:  # False with a NaN, too
            area += steps.growth(first, second)
            steps.extend(first, second)
        areas[place] = area
    return areas


def hypervolume_3d(points: Points, reference: tuple[float, float, float], maximise: Sequence[bool]) -> float:
    """Volume that the points [n, 3] dominate within the region better than `reference` in all three objectives.

    As `hypervolume_2d` in all else. By the same sweep as the front: between two neighbouring values of the first
    objective, the volume has as its base the area that the points above dominate in the other two.
    """
    oriented = _oriented(points, maximise)
    if oriented.shape[1] != 3:
        raise ValueError(f"hypervolume_3d needs 3 objectives, not {oriented.shape[1]}")
    corner = _oriented(np.array([reference], dtype=np.float64), maximise)[0]
    above = oriented[(oriented > corner).all(axis=1)] - corner
    ordered = above[np.lexsort(-above.T[::-1])].tolist()
    steps, volume, area = _Staircase(), 0.0, 0.0
    for (height, second, third), following in zip_longest(ordered, ordered[1:], fillvalue=(0.0, 0.0, 0.0)):
        area += steps.growth(second, third)
        steps.extend(second, third)
        volume += area * (height - following[0]) if height > following[0] else 0.0  # equal ones may be infinite
    return volume


def _oriented(points: Points, maximise: Sequence[bool]) -> Points:
    """A copy in which more is better in every objective."""
    values = np.asarray(points, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(maximise) or not maximise:
        raise ValueError(f"points must be an array [n, {len(maximise)}], one column an objective, not {values.shape}")
    return values * np.where(np.asarray(maximise, dtype=bool), 1.0, -1.0)


def _front_of_2(values: Points) -> NDArray[np.bool_]:
    """By sorting: from the best first objective down, a point is on the front if its second beats all before it."""
    mask = np.zeros(len(values), dtype=bool)
    if not len(values):
        return mask
    order = np.lexsort((-values[:, 1], -values[:, 0]))
    first, second = values[order, 0], values[order, 1]
    starts_group = np.concatenate(([True], first[1:] != first[:-1]))
    group_start = np.maximum.accumulate(np.where(starts_group, np.arange(len(order)), 0))
    best_so_far = np.concatenate(([-np.inf], np.maximum.accumulate(second)))
    # Beaten by nothing with a better first objective, and equal to the best of those with the same one.
    mask[order] = ((second > best_so_far[group_start]) | (group_start == 0)) & (second == second[group_start])
    return mask


class _Staircase:
    """The points (second, third objective) that no other point so far dominates; the seconds rise, the thirds fall."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._thirds: list[float] = []

    def extend(self, second: float, third: float) -> bool:
        """Add a point and drop what it dominates; False, and no change, where a point so far is as good in both."""
        place = bisect_left(self._seconds, second)  # of those as good in the second, the best in the third
        if place < len(self._thirds) and self._thirds[place] >= third:
            return False
        end = place + (place < len(self._seconds) and self._seconds[place] == second)
        while place and self._thirds[place - 1] <= third:
            place -= 1
        self._seconds[place:end], self._thirds[place:end] = [second], [third]
        return True

    def growth(self, second: float, third: float) -> float:
        """Area above (0, 0) that a point dominates and no point so far does. All coordinates are above 0."""
        place = bisect_left(self._seconds, second)
        covered = self._thirds[place] if place < len(self._thirds) else 0.0
        right, area = second, 0.0
        while covered < third:
            left = self._seconds[place - 1] if place else 0.0
            area += (right - left) * (third - covered)
            if not place:
                break
            place -= 1
            right, covered = left, self._thirds[place]
        return area


def _front_of_3(values: Points) -> NDArray[np.bool_]:
    """By a sweep: from the best first objective down, a point is on the front if no point before it covers it.

    Of points with an equal first objective those with the better second come first, of these those with the better
    third: whatever dominates a point is before it. Equal points are neighbours and share one answer.
    """
    order = np.lexsort(-values.T[::-1])
    ordered = values[order]
    is_new = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))[: len(order)]
    steps = _Staircase()
    seconds, thirds = ordered[is_new, 1].tolist(), ordered[is_new, 2].tolist()
    on_front = [steps.extend(second, third) for second, third in zip(seconds, thirds, strict=True)]
    mask = np.zeros(len(values), dtype=bool)
    mask[order] = np.array(on_front, dtype=bool)[np.cumsum(is_new) - 1]
    return mask


def _front_of_many(values: Points) -> NDArray[np.bool_]:
    """By elimination: each survivor removes what it dominates. Survivors are few, so the passes are few."""
    # A dominating point has the greater sum: in this order the first passes remove the most.
    with np.errstate(invalid="ignore"):  # inf - inf: the order only decides how fast this is
        remaining = np.argsort(-values.sum(axis=1), kind="stable")
    reached = 0
    while reached < len(remaining):
        pivot = values[remaining[reached]]
        candidates = values[remaining]
        kept = (candidates > pivot).any(axis=1) | (candidates == pivot).all(axis=1)
        reached = int(kept[: reached + 1].sum())
        remaining = remaining[kept]
    mask = np.zeros(len(values), dtype=bool)
    mask[remaining] = True
    return mask


_FRONTS: Mapping[int, Callable[[Points], NDArray[np.bool_]]] = {2: _front_of_2, 3: _front_of_3}
"""The ways that need no comparison of all survivors, by the number of objectives."""
