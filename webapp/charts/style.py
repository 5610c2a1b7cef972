"""Common style of charts: colours that colour-blind people can tell apart, and a plain layout.

Figures are Plotly JSON as plain dicts: importing plotly's Python package costs a web process a second and 60 MB, and a
test validates every figure with it instead. The browser adds fonts, grid and dark variants from the page's theme.
"""

import math
import re
from typing import Any, Literal

Figure = dict[str, Any]
Mark = Literal["", "chance", "violating", "stopped", "untrained"]
"""Why a trial is marked: its accuracy is that of chance, it exceeds a hard limit of its study, it was stopped early, or
it violates a constraint and was not trained."""

# Okabe and Ito's palette; static/earshot/charts.js knows the dark variant of each.
BLUE, ORANGE, GREEN, VERMILLION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"
GREY = "#7A8691"
LONGEST_LINE = 40  # characters of a hover text that fit next to a point of a chart on a phone
_UP_TO_A_LINE = re.compile(rf"(.{{1,{LONGEST_LINE}}})(?: +|$)")
MARKED: dict[Mark, tuple[str, Figure]] = {
    "chance": ("At chance", {"color": PURPLE, "size": 8, "symbol": "x-thin-open", "line": {"width": 2}}),
    "violating": ("Exceeds a hard limit", {"color": ORANGE, "size": 8, "symbol": "triangle-up-open"}),
    "stopped": ("Stopped early", {"color": GREEN, "size": 8, "symbol": "triangle-down-open"}),
    "untrained": (
        "Constraint violated",
        {"color": ORANGE, "size": 8, "symbol": "line-ns-open", "line": {"width": 1.5}},
    ),
}
"""Name and marker of the trials that a chart distinguishes."""
_FEW = 12  # an axis this short has room for a tick at every whole number


def layout(x_title: str, y_title: str, **more: Any) -> dict[str, Any]:
    """A layout without background, with titled axes and the legend above the plot."""
    return {
        "margin": {"l": 56, "r": 14, "t": 30, "b": 46},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "closest",
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
        "xaxis": {"title": {"text": x_title}, "zeroline": False, "automargin": True},
        "yaxis": {"title": {"text": y_title}, "zeroline": False, "automargin": True},
        **more,
    }


def vertical_line(x: float, text: str, *, log_axis: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """A dashed line over the whole height with a label at its top: (shape, annotation).

    On a logarithmic axis Plotly takes a shape's place as it is, but of an annotation's place the logarithm.
    """
    shape = {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"dash": "dash", "width": 1.5, "color": GREY},
    }
    annotation = {
        "x": math.log10(x) if log_axis else x,
        "y": 1,
        "yref": "paper",
        "text": text,
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "top",
        "xshift": 4,
        "font": {"size": 11},
    }
    return shape, annotation


def horizontal_line(y: float, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A dotted line over the whole width with a label at its right end: (shape, annotation)."""
    shape = {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": y,
        "y1": y,
        "line": {"dash": "dot", "width": 1.5, "color": GREY},
    }
    annotation = {
        "x": 1,
        "xref": "paper",
        "y": y,
        "text": text,
        "showarrow": False,
        "xanchor": "right",
        "yanchor": "bottom",
        "font": {"size": 11},
    }
    return shape, annotation


def with_chance(axes: Figure, chance_percent: float | None) -> Figure:
    """A layout whose axis of accuracies in percent has a line at chance, where that is known."""
    if chance_percent is None:
        return axes
    line, label = horizontal_line(chance_percent, f"chance {chance_percent:.1f} %")
    axes["shapes"] = [*axes.get("shapes", ()), line]
    axes["annotations"] = [*axes.get("annotations", ()), label]
    return axes


def whole_numbers(axis: dict[str, Any], last: int) -> None:
    """Keep ticks between trials or epochs off an axis that is too short for Plotly's own choice of ticks."""
    if last <= _FEW:
        axis["dtick"] = 1


def percent(share: float) -> float:
    """0..1 as percent, rounded to what a chart can show."""
    return round(100 * share, 2)


def logarithmic(axis: dict[str, Any]) -> None:
    """Make an axis logarithmic. Its ticks are whole numbers such as 50, of which Plotly by itself shows the 5.

    static/earshot/charts.js takes fewer or more of them, by the range that is shown.
    """
    axis |= {"type": "log", "tickformat": ",~g", "dtick": "D2"}


def fitting(text: str) -> str:
    """Hover text whose lines, parted by <br>, are at most `LONGEST_LINE` characters long where they have spaces."""
    return "<br>".join(line if len(line) <= LONGEST_LINE else _broken(line) for line in text.split("<br>"))


def _broken(line: str) -> str:
    """By a regular expression instead of `textwrap`, because a chart has 600 of them."""
    return _UP_TO_A_LINE.sub(r"\1<br>", line).removesuffix("<br>")
