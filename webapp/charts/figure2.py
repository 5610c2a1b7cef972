"""Figure 2 of the paper: float against int8 accuracy, parameters against flash."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from nas_engine.paper.figure2 import Figure2Point
from webapp.charts.style import BLUE, GREY, Figure, layout, percent, with_chance


class Figure2Info(NamedTuple):
    """One value a network in each tuple; accuracies in percent, parameters in thousands, flash in kB."""

    texts: tuple[str, ...]
    float_percent: tuple[float, ...]
    int8_percent: tuple[float, ...]
    kilo_parameters: tuple[float, ...]
    flash_kb: tuple[float, ...]
    chance_percent: float | None = None


def figure2_info(points: Sequence[Figure2Point], chance: float | None = None) -> Figure2Info:
    """`chance` is the accuracy (0..1) of always answering the commonest class, None where it is unknown."""
    return Figure2Info(
        texts=tuple(point.name for point in points),
        float_percent=tuple(percent(point.float_accuracy) for point in points),
        int8_percent=tuple(percent(point.int8_accuracy) for point in points),
        kilo_parameters=tuple(round(point.parameters / 1000, 3) for point in points),
        flash_kb=tuple(round(point.flash_bytes / 1000, 3) for point in points),
        chance_percent=None if chance is None else percent(chance),
    )


def accuracy_figure(info: Figure2Info) -> Figure:
    """A point a network, and the line on which nothing is lost by quantisation."""
    points = _points(info, info.float_percent, info.int8_percent, "float %{x} %<br>int8 %{y} %")
    ends = [min(info.float_percent, default=0.0), max(info.float_percent, default=0.0)] if info.texts else []
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "name": "Nothing lost",
        "x": ends,
        "y": ends,
        "line": {"color": GREY, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }
    axes = with_chance(layout("Float accuracy (%)", "int8 accuracy (%)"), info.chance_percent)
    return {"data": [diagonal, points], "layout": axes}


def memory_figure(info: Figure2Info) -> Figure:
    points = _points(info, info.kilo_parameters, info.flash_kb, "%{x} k parameters<br>%{y} kB")
    return {"data": [points], "layout": layout("Parameters (thousands)", ".tflite file (kB)")}


def _points(info: Figure2Info, x: Sequence[float], y: Sequence[float], hover: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Network",
        "x": list(x),
        "y": list(y),
        "text": list(info.texts),
        "marker": {"color": BLUE, "size": 7, "opacity": 0.6},
        "hovertemplate": f"<b>%{{text}}</b><br>{hover}<extra></extra>",
    }
