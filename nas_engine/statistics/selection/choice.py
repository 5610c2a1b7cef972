"""Which of many trained networks to build: the cheapest that is good enough, the best that is affordable, the knee.

Notation: `accuracy` [n] (0..1; expected accuracies, where they are known, or the luckiest networks are chosen), `cost`
[n] (energy, flash or latency, in any unit), `eligible` [n] marks networks that may be chosen. Choices are places in
these arrays, None where nothing can be chosen. Of equals the cheaper, then the more accurate, then the first is chosen.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nas_engine import pareto

Numbers = NDArray[np.float64]
Marks = NDArray[np.bool_]
_LEAST_BULGE = 1e-9


def cheapest_at_least(accuracy: Numbers, cost: Numbers, least: float, eligible: Marks) -> int | None:
    """The cheapest network whose accuracy is at least `least`."""
    return _first(eligible & (accuracy >= least), cost, -accuracy)


def cheapest_within(accuracy: Numbers, cost: Numbers, margin: float, eligible: Marks) -> int | None:
    """The cheapest network whose accuracy is at most `margin` (0..1) below the best. Raises ValueError for a negative
    margin.
    """
    if margin < 0:
        raise ValueError(f"The margin must be at least 0, not {margin}")
    if not eligible.any():
        return None
    return cheapest_at_least(accuracy, cost, float(accuracy[eligible].max()) - margin, eligible)


def most_accurate_under(
    accuracy: Numbers, costs: Sequence[Numbers], limits: Sequence[float | None], eligible: Marks
) -> int | None:
    """The most accurate network each of whose `costs` is at most its limit; a limit of None is none.

    Raises ValueError where there are not as many limits as costs.
    """
    affordable = eligible.copy()
    for cost, limit in zip(costs, limits, strict=True):
        affordable &= cost <= (np.inf if limit is None else limit)
    return _first(affordable, -accuracy, *costs)


def knee(accuracy: Numbers, cost: Numbers, eligible: Marks) -> int | None:
    """The point of the Pareto front that bulges most: up to there accuracy is cheap, beyond it is dear.

    Of all points of the front the farthest from the straight line between its cheapest and its most accurate one, both
    scaled to 0..1 between these two (Das 1999, "On characterizing the 'knee' of the Pareto curve based on
    normal-boundary intersection", Structural Optimization 18:107-115, for two objectives). None where no point lies
    above that line.
    """
    points = np.where(eligible[:, np.newaxis], np.column_stack([accuracy, cost]), np.nan)
    front = np.flatnonzero(pareto.front(points, maximise=(True, False)))
    if len(front) < 3:
        return None
    reach, rise = np.ptp(cost[front]), np.ptp(accuracy[front])
    if not reach or not rise:
        return None
    bulge = (accuracy[front] - accuracy[front].min()) / rise - (cost[front] - cost[front].min()) / reach
    chosen = int(np.argmax(bulge))
    return int(front[chosen]) if bulge[chosen] > _LEAST_BULGE else None


def _first(marked: Marks, *values: Numbers) -> int | None:
    """The marked place with the least first value, of equals the least next one, then the first."""
    places = np.flatnonzero(marked)
    if not len(places):
        return None
    return int(places[np.lexsort([value[places] for value in reversed(values)])[0]])
