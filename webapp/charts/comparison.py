"""Pareto fronts of several studies in one chart, accuracy over energy, with published networks."""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import NamedTuple

from webapp.charts.fronts import BaselinePoint, FrontPoint, baselines_trace, cost_title, points_trace
from webapp.charts.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILLION,
    Figure,
    fitting,
    layout,
    logarithmic,
    percent,
    vertical_line,
)

_COLOURS = (VERMILLION, BLUE, ORANGE, GREEN, PURPLE)
_SYMBOLS = ("diamond", "circle", "triangle-up", "cross", "star", "hexagon", "triangle-down")
_SQUARES = ("square", "square-open", "square-x")
_DASHES = ("solid", "dash", "dot")


class ComparedFront(NamedTuple):
    """The front of one study, from cheap to dear."""

    name: str
    points: tuple[FrontPoint, ...]


class ComparedBaselines(NamedTuple):
    """The baselines of one dataset, from cheap to dear."""

    dataset: str
    points: tuple[BaselinePoint, ...]


class ComparisonInfo(NamedTuple):
    """Everything the chart shows. `energy_tags` are the kinds of the energies, such as "estimate".

    `threshold_mj` is the energy threshold that all studies share; None where they differ.
    """

    energy_tags: tuple[str, ...]
    threshold_mj: float | None
    fronts: tuple[ComparedFront, ...]
    baselines: tuple[ComparedBaselines, ...]
    accuracy_title: str = "int8 accuracy (%)"


def front_points(
    *, energy_mj: Sequence[float], accuracy: Sequence[float], texts: Sequence[str], links: Sequence[str]
) -> tuple[FrontPoint, ...]:
    """Trials of one front, one value each in every sequence; accuracy 0..1. Sorted from cheap to dear."""
    values = zip(energy_mj, accuracy, texts, links, strict=True)
    return tuple(
        sorted(FrontPoint(round(x, 4), percent(share), fitting(text), link) for x, share, text, link in values)
    )


def comparison_info(
    *,
    energy_tags: Sequence[str],
    thresholds_mj: Sequence[float],
    fronts: Sequence[ComparedFront],
    baselines: Mapping[str, Sequence[BaselinePoint]],
    accuracy_title: str = "int8 accuracy (%)",
) -> ComparisonInfo:
    """`thresholds_mj` has one value a study, `baselines` the points of each dataset by its name.

    Datasets without a point are left out.
    """
    positive = {dataset: [point for point in points if point.x > 0] for dataset, points in baselines.items()}
    return ComparisonInfo(
        energy_tags=tuple(energy_tags),
        threshold_mj=thresholds_mj[0] if len(set(thresholds_mj)) == 1 else None,
        fronts=tuple(fronts),
        baselines=tuple(
            ComparedBaselines(dataset, tuple(sorted(points, key=lambda point: point.x)))
            for dataset, points in positive.items()
            if points
        ),
        accuracy_title=accuracy_title,
    )


def comparison_figure(info: ComparisonInfo) -> Figure:
    """A step line a study, each of a colour and a symbol of its own, published networks by name in grey.

    A study keeps its colour when others get their first point.

    Chance is not drawn: no front has a trial there, and an axis down to it would press the fronts together.
    """
    fronts = [_front(index, front) for index, front in enumerate(info.fronts) if front.points]
    axes = layout(cost_title("energy", info.energy_tags), info.accuracy_title, uirevision="fronts")
    if info.baselines:
        logarithmic(axes["xaxis"])
    if info.threshold_mj is not None:
        line, label = vertical_line(info.threshold_mj, f"E₀ {info.threshold_mj:g} mJ", log_axis=bool(info.baselines))
        axes |= {"shapes": [line], "annotations": [label]}
    return {"data": [*fronts, *_baselines(info)], "layout": axes}


def _front(index: int, front: ComparedFront) -> Figure:
    colour, symbol = _COLOURS[index % len(_COLOURS)], _SYMBOLS[index % len(_SYMBOLS)]
    dash = _DASHES[index // len(_COLOURS) % len(_DASHES)]
    return points_trace(front.name, front.points) | {
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2, "shape": "hv", "dash": dash},
        "marker": {"color": colour, "size": 9, "symbol": symbol},
    }


def _baselines(info: ComparisonInfo) -> list[Figure]:
    """A trace a dataset, which names it where there are several."""
    every = [point for some in info.baselines for point in some.points]
    costs = [point.x for point in (*every, *(point for front in info.fronts for point in front.points)) if point.x > 0]
    traces = []
    for some, symbol in zip(info.baselines, cycle(_SQUARES), strict=False):
        trace = baselines_trace(some.points, math.sqrt(min(costs) * max(costs)), every)
        name = f"{trace['name']}, {some.dataset}" if len(info.baselines) > 1 else trace["name"]
        traces.append(trace | {"name": name, "marker": trace["marker"] | {"color": GREY, "symbol": symbol}})
    return traces
