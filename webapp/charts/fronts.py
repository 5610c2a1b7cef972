"""Accuracy over what it costs, with the Pareto front as a step line, the study's threshold and published networks."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webapp.charts.style import (
    BLUE,
    GREY,
    MARKED,
    VERMILLION,
    Figure,
    Mark,
    fitting,
    layout,
    logarithmic,
    percent,
    vertical_line,
    with_chance,
)

Resource = Literal["energy", "flash"]
Cost = Literal["energy", "flash", "latency"]
POINTS_LIMIT = 600

_X_TITLES: Mapping[Cost, str] = {
    "energy": "Energy per inference (mJ)",
    "flash": "Size of the .tflite file (kB)",
    "latency": "Latency per inference (ms)",
}
_OF_TAGS = {"estimate": "estimated", "predicted": "predicted"}
_THRESHOLDS: Mapping[Cost, str] = {"energy": "E₀ {:g} mJ", "flash": "M₀ {:g} kB"}


class FrontPoint(NamedTuple):
    """A trial in the chart: cost in the axis' unit, accuracy in percent, hover text, address of its page."""

    x: float
    accuracy_percent: float
    text: str
    link: str
    mark: Mark = ""


class BaselinePoint(NamedTuple):
    """A published network in the chart; fields as of `FrontPoint`, and its name, which is drawn next to it."""

    name: str
    x: float
    accuracy_percent: float
    text: str
    link: str


class FrontInfo(NamedTuple):
    """Everything the chart shows. `left_out` counts points that were thinned out to keep the chart light.

    `energy_tags` are the kinds of the energies, such as "estimate", or the source of latencies. `chance_percent` is
    the accuracy of always answering the commonest class, None where it is unknown.

    `unfinished` are trials without a result, each with its mark, at their estimated cost; those that were not trained
    stand at the lowest accuracy of the chart.

    `baselines` go from cheap to dear. They cost up to a hundred times what a trial does, so with them the axis of cost
    is logarithmic.
    """

    resource: Cost
    energy_tags: tuple[str, ...]
    threshold: float | None
    front: tuple[FrontPoint, ...]
    others: tuple[FrontPoint, ...]
    left_out: int
    baselines: tuple[BaselinePoint, ...] = ()
    chance_percent: float | None = None
    accuracy_title: str = "int8 accuracy (%)"
    unfinished: tuple[FrontPoint, ...] = ()


def shown_points(on_front: NDArray[np.bool_], limit: int = POINTS_LIMIT) -> NDArray[np.int64]:
    """Indices [m] of the points to show: all of the front, and evenly spread others up to `limit` in all."""
    front, others = np.flatnonzero(on_front), np.flatnonzero(~on_front)
    room = max(0, limit - len(front))
    if len(others) > room:
        others = others[np.linspace(0, len(others) - 1, room).round().astype(int)]
    return np.sort(np.concatenate([front, others])).astype(np.int64)


def front_info(
    *,
    resource: Resource,
    energy_tags: Sequence[str],
    threshold: float | None,
    x: Sequence[float],
    accuracy: Sequence[float],
    on_front: Sequence[bool],
    texts: Sequence[str],
    links: Sequence[str],
    left_out: int,
    baselines: Sequence[BaselinePoint] = (),
    chance: float | None = None,
    marks: Sequence[Mark] = (),
    accuracy_title: str = "int8 accuracy (%)",
    unfinished: Sequence[FrontPoint] = (),
) -> FrontInfo:
    """One value a shown trial in each sequence; accuracy and chance 0..1. The front is sorted from cheap to dear.

    A `threshold` of None is not drawn. Without `marks` no trial is marked.
    """
    points = [
        FrontPoint(round(cost, 4), percent(share), fitting(text), link, mark)
        for cost, share, text, link, mark in zip(x, accuracy, texts, links, marks or [""] * len(x), strict=True)
    ]
    front = sorted({point for point, is_on in zip(points, on_front, strict=True) if is_on})
    others = [point for point, is_on in zip(points, on_front, strict=True) if not is_on]
    cheap_to_dear = tuple(sorted((point for point in baselines if point.x > 0), key=lambda point: point.x))
    return FrontInfo(
        resource,
        tuple(energy_tags),
        threshold,
        tuple(front),
        tuple(others),
        left_out,
        cheap_to_dear,
        None if chance is None else percent(chance),
        accuracy_title,
        tuple(unfinished),
    )


def front_figure(info: FrontInfo) -> Figure:
    """Other trials faint, the front on top of them, the threshold as a dashed line, published networks by name."""
    title = cost_title(info.resource, info.energy_tags)
    others = points_trace("Other trials", [point for point in info.others if not point.mark]) | {
        "mode": "markers",
        "marker": {"color": GREY, "size": 7, "opacity": 0.45},
    }
    front = points_trace("Pareto front", info.front) | {
        "mode": "lines+markers",
        "line": {"color": VERMILLION, "width": 2, "shape": "hv"},
        "marker": {"color": VERMILLION, "size": 9, "symbol": "diamond"},
    }
    data = [others, front, *_marked(info)]
    if not info.baselines:
        return {"data": data, "layout": _layout(info, title)}
    shown = (*info.front, *info.others, *info.unfinished, *info.baselines)
    costs = [point.x for point in shown if point.x > 0]
    axes = _layout(info, title)
    logarithmic(axes["xaxis"])
    # Without a fixed range, a click on the legend's "Baseline" shows the trials alone; the revision keeps that choice.
    axes["uirevision"] = "baselines"
    middle = math.sqrt(min(costs) * max(costs))
    return {"data": [*data, baselines_trace(info.baselines, middle)], "layout": axes}


def cost_title(resource: Cost, energy_tags: Sequence[str]) -> str:
    """Title of the axis of cost, for energies with the kinds that they are of; of several on two lines, for phones."""
    kinds = [_OF_TAGS.get(tag, tag) for tag in energy_tags] if resource != "flash" else []
    comma = ",<br>" if len(kinds) > 1 else ", "
    return comma.join(filter(None, [_X_TITLES[resource], " and ".join(kinds)]))


def _marked(info: FrontInfo) -> list[Figure]:
    """A trace for each kind of marked trial, also on the front, whose line it leaves as it is."""
    traces = []
    for mark, (name, marker) in MARKED.items():
        points = [point for point in (*info.front, *info.others, *info.unfinished) if point.mark == mark]
        if points:
            traces.append(points_trace(name, points) | {"mode": "markers", "marker": marker})
    return traces


def _layout(info: FrontInfo, title: str) -> Figure:
    axes = layout(title, info.accuracy_title)
    if info.threshold is not None:
        text = _THRESHOLDS[info.resource].format(info.threshold)
        line, label = vertical_line(info.threshold, text, log_axis=bool(info.baselines))
        axes |= {"shapes": [line], "annotations": [label]}
    return with_chance(axes, info.chance_percent)


def _side(point: BaselinePoint, points: Sequence[BaselinePoint], middle: float) -> str:
    """Where a name stands clear of the chart's edges and of the neighbour's name: the higher of two has its above."""
    others = [other for other in points if other is not point]
    nearest = min(others, key=lambda other: abs(math.log(other.x / point.x)), default=None)
    above = nearest is None or (point.accuracy_percent, nearest.x) > (nearest.accuracy_percent, point.x)
    return f"{'top' if above else 'bottom'} {'left' if point.x > middle else 'right'}"


def baselines_trace(
    points: Sequence[BaselinePoint], middle: float, among: Sequence[BaselinePoint] | None = None
) -> Figure:
    """Squares with their names next to them; `middle` is the cost in the chart's middle.

    `among` are all baselines of a chart that has several such traces.
    """
    neighbours = points if among is None else among
    return {
        "type": "scatter",
        "name": "Baseline",
        "mode": "markers+text",
        "x": [point.x for point in points],
        "y": [point.accuracy_percent for point in points],
        "text": [point.name for point in points],
        "textposition": [_side(point, neighbours, middle) for point in points],
        "textfont": {"size": 11},
        "marker": {"color": BLUE, "size": 10, "symbol": "square"},
        "hovertext": [fitting(point.text) for point in points],
        "customdata": [point.link for point in points],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "cliponaxis": False,
    }


def points_trace(name: str, points: Sequence[FrontPoint]) -> Figure:
    """Points with hover text and link, still without mode and style."""
    return {
        "type": "scatter",
        "name": name,
        "x": [point.x for point in points],
        "y": [point.accuracy_percent for point in points],
        "text": [point.text for point in points],
        "customdata": [point.link for point in points],
        "hovertemplate": "%{text}<extra></extra>",
    }
