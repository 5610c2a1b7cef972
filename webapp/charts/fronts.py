"""Accuracy over what it costs, with the Pareto front as a step line and the study's threshold."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webapp.charts.style import GREY, VERMILLION, Figure, layout, percent, vertical_line

Resource = Literal["energy", "flash"]
POINTS_LIMIT = 600

_X_TITLES = {"energy": "Energy per inference (mJ)", "flash": "Size of the .tflite file (kB)"}
_THRESHOLDS = {"energy": "E₀ {:g} mJ", "flash": "M₀ {:g} kB"}


class Point(NamedTuple):
    """A trial in the chart: cost in the axis' unit, int8 accuracy in percent, hover text, address of its page."""

    x: float
    accuracy_percent: float
    text: str
    link: str


class FrontInfo(NamedTuple):
    """Everything the chart shows. `left_out` counts points that were thinned out to keep the chart light."""

    resource: Resource
    estimated: bool
    threshold: float
    front: tuple[Point, ...]
    others: tuple[Point, ...]
    left_out: int


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
    estimated: bool,
    threshold: float,
    x: Sequence[float],
    accuracy: Sequence[float],
    on_front: Sequence[bool],
    texts: Sequence[str],
    links: Sequence[str],
    left_out: int,
) -> FrontInfo:
    """One value a shown trial in each sequence; accuracy 0..1. The front is sorted from cheap to dear."""
    points = [
        Point(round(cost, 4), percent(share), text, link)
        for cost, share, text, link in zip(x, accuracy, texts, links, strict=True)
    ]
    front = sorted({point for point, is_on in zip(points, on_front, strict=True) if is_on})
    others = [point for point, is_on in zip(points, on_front, strict=True) if not is_on]
    return FrontInfo(resource, estimated, threshold, tuple(front), tuple(others), left_out)


def front_figure(info: FrontInfo) -> Figure:
    """Other trials faint, the front on top of them, the threshold as a dashed line."""
    title = _X_TITLES[info.resource]
    if info.resource == "energy" and info.estimated:
        title += ", estimated"
    line, label = vertical_line(info.threshold, _THRESHOLDS[info.resource].format(info.threshold))
    others = _trace("Other trials", info.others) | {
        "mode": "markers",
        "marker": {"color": GREY, "size": 7, "opacity": 0.45},
    }
    front = _trace("Pareto front", info.front) | {
        "mode": "lines+markers",
        "line": {"color": VERMILLION, "width": 2, "shape": "hv"},
        "marker": {"color": VERMILLION, "size": 9, "symbol": "diamond"},
    }
    axes = layout(title, "int8 accuracy (%)", shapes=[line], annotations=[label])
    return {"data": [others, front], "layout": axes}


def _trace(name: str, points: Sequence[Point]) -> Figure:
    return {
        "type": "scatter",
        "name": name,
        "x": [point.x for point in points],
        "y": [point.accuracy_percent for point in points],
        "text": [point.text for point in points],
        "customdata": [point.link for point in points],
        "hovertemplate": "%{text}<extra></extra>",
    }
