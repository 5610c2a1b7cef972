"""The best reward so far over the trials of a study."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from webapp.charts.style import BLUE, GREY, MARKED, Figure, Mark, layout, whole_numbers

POINTS_LIMIT = 1000


class RewardsInfo(NamedTuple):
    """`best_numbers` and `best_rewards` hold one point a new best and one at the last trial, `numbers` and `rewards`
    the trials shown as points, `links` the addresses of their pages, `marks` why some of them are marked.

    `untrained` are the numbers of trials that violate a constraint, `stopped` of those that were stopped early; they
    have no reward, and `first_link` is the address of trial 0's page, from which theirs are made."""

    numbers: tuple[int, ...]
    rewards: tuple[float, ...]
    links: tuple[str, ...]
    best_numbers: tuple[int, ...]
    best_rewards: tuple[float, ...]
    marks: tuple[Mark, ...] = ()
    untrained: tuple[int, ...] = ()
    stopped: tuple[int, ...] = ()
    first_link: str = ""


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
    marks: Sequence[Mark] = (),
    untrained: Sequence[int] = (),
    stopped: Sequence[int] = (),
    first_link: str = "",
) -> RewardsInfo:
    """Trials in the order of their numbers, of which those `above_chance` may be the best; `links` and `marks` have one
    value a shown trial.
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
        marks=tuple(marks) or ("",) * len(shown),
        untrained=_evenly(untrained),
        stopped=_evenly(stopped),
        first_link=first_link,
    )


def _evenly(numbers: Sequence[int]) -> tuple[int, ...]:
    return tuple(numbers[index] for index in shown_rewards(len(numbers))) if numbers else ()


def rewards_figure(info: RewardsInfo) -> Figure:
    """Each trial's reward faint, the best so far as steps."""
    trials = _trials(info, "", "Trial", {"color": GREY, "size": 6, "opacity": 0.45})
    marked = [_trials(info, mark, *MARKED[mark]) for mark in MARKED if mark in info.marks]
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
    whole_numbers(axes["xaxis"], max((*info.numbers, *info.untrained, *info.stopped), default=0))
    unfinished = [_unfinished(info, "stopped", info.stopped), _unfinished(info, "untrained", info.untrained)]
    return {"data": [trials, best, *marked, *(trace for trace in unfinished if trace["x"])], "layout": axes}


def _trials(info: RewardsInfo, mark: Mark, name: str, marker: Figure) -> Figure:
    chosen = [index for index, own in enumerate(info.marks) if own == mark]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [info.numbers[index] for index in chosen],
        "y": [info.rewards[index] for index in chosen],
        "customdata": [info.links[index] for index in chosen],
        "marker": marker,
        "hovertemplate": "Trial %{x}<br>reward %{y:.3f}<extra></extra>",
    }


def _unfinished(info: RewardsInfo, mark: Mark, numbers: Sequence[int]) -> Figure:
    """Trials without a reward, at the bottom."""
    name, marker = MARKED[mark]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": list(numbers),
        "y": [min(info.rewards, default=0.0)] * len(numbers),
        "customdata": [info.first_link.replace("/0/", f"/{number}/") for number in numbers],
        "marker": marker,
        "hovertemplate": f"Trial %{{x}}<br>{name[0].lower()}{name[1:]}<extra></extra>",
    }
