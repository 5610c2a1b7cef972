"""Pareto front of a set of points, and the hypervolume they dominate."""

from collections.abc import Sequence

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
    mask[known] = _front_of_2(oriented[known]) if oriented.shape[1] == 2 else _front_of_many(oriented[known])
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
