"""The best reward so far over the trials of a study."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from webapp.charts.style import BLUE, GREY, Figure, layout, whole_numbers

POINTS_LIMIT = 1000


class RewardsInfo(NamedTuple):
    """`best_numbers` and `best_rewards` hold one point a new best and one at the last trial, `numbers` and `rewards`
    the trials shown as points, `links` the addresses of their pages."""

    numbers: tuple[int, ...]
    rewards: tuple[float, ...]
    links: tuple[str, ...]
    best_numbers: tuple[int, ...]
    best_rewards: tuple[float, ...]


def shown_rewards(count: int, limit: int = POINTS_LIMIT) -> NDArray[np.int64]:
    """Indices of the points to show: all of them, or evenly spread ones, always with the last."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).round().astype(np.int64))


def rewards_info(
    *,
    numbers: NDArray[np.int64],
    rewards: NDArray[np.float64],
    above_chance: NDArray[np.bool_],
    shown: NDArray[np.int64],
    links: Sequence[str],
) -> RewardsInfo:
    """Trials in the order of their numbers, of which those `above_chance` may be the best; `links` has one address a
    shown trial.
    """
    best = np.maximum.accumulate(np.where(above_chance, rewards, -np.inf)) if len(rewards) else rewards
    is_new = np.concatenate([[True], best[1:] > best[:-1]]) if len(best) else np.zeros(0, bool)
    if len(is_new):
        is_new[-1] = True
    is_new &= np.isfinite(best)
    return RewardsInfo(
        numbers=tuple(numbers[shown].tolist()),
        rewards=tuple(rewards[shown].round(4).tolist()),
        links=tuple(links),
        best_numbers=tuple(numbers[is_new].tolist()),
        best_rewards=tuple(best[is_new].round(4).tolist()),
    )


def rewards_figure(info: RewardsInfo) -> Figure:
    """Each trial's reward faint, the best so far as steps."""
    trials = {
        "type": "scatter",
        "mode": "markers",
        "name": "Trial",
        "x": list(info.numbers),
        "y": list(info.rewards),
        "customdata": list(info.links),
        "marker": {"color": GREY, "size": 6, "opacity": 0.45},
        "hovertemplate": "Trial %{x}<br>reward %{y:.3f}<extra></extra>",
    }
    best = {
        "type": "scatter",
        "mode": "lines",
        "name": "Best so far",
        "x": list(info.best_numbers),
        "y": list(info.best_rewards),
        "line": {"color": BLUE, "width": 2.5, "shape": "hv"},
        "hovertemplate": "Best after trial %{x}: %{y:.3f}<extra></extra>",
    }
    axes = layout("Trial", "Reward (Equation 1)")
    whole_numbers(axes["xaxis"], max(info.numbers, default=0))
    return {"data": [trials, best], "layout": axes}
