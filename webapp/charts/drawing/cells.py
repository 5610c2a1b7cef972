"""Cells of a heat map, in the colours of its scale."""

from collections import defaultdict
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.charts.drawing.axes import Axis

_GAP = 1.0  # user units between neighbours
_SWATCH = 10


def cell_edges(trace: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Values of x and y between which all cells lie; their centres are whole numbers."""
    xs, ys = trace["x"], trace["y"]
    return [min(xs) - 0.5, max(xs) + 0.5], [min(ys) - 0.5, max(ys) + 0.5]


def drawn_cells(trace: dict[str, Any], x: Axis, y: Axis) -> SafeString:
    """One path for each colour of the scale; a cell without value stays empty."""
    low, high = _range(trace)
    paths: dict[str, str] = defaultdict(str)
    for row, values in zip(trace["y"], trace["z"], strict=True):
        for column, value in zip(trace["x"], values, strict=True):
            if value is not None:
                paths[_colour(trace, (value - low) / (high - low) if high > low else 0.5)] += _cell(column, row, x, y)
    return format_html_join("", '<path fill="{}" d="{}"/>', paths.items())


def scale_legend(trace: dict[str, Any]) -> tuple[SafeString, float]:
    """Colours of the least and the greatest value above the plot, with what they are of, and the height that takes."""
    low, high = _range(trace)
    title = trace.get("colorbar", {}).get("title", {}).get("text", "")
    swatch = f"M0 -9h{_SWATCH}v{_SWATCH}h-{_SWATCH}Z"
    legend = format_html(
        '<g transform="translate(4 13)"><path fill="{}" d="{}"/><text x="14">{}</text></g>'
        '<g transform="translate(104 13)"><path fill="{}" d="{}"/><text x="14">{}, {}</text></g>',
        _colour(trace, 0.0),
        swatch,
        f"{low:,.4g}",
        _colour(trace, 1.0),
        swatch,
        f"{high:,.4g}",
        title,
    )
    return legend, 26.0


def has_cells(trace: dict[str, Any]) -> bool:
    """Whether the trace is a heat map with a value."""
    return trace.get("type") == "heatmap" and any(value is not None for row in trace["z"] for value in row)


def _range(trace: dict[str, Any]) -> tuple[float, float]:
    known = [value for row in trace["z"] for value in row if value is not None]
    return min(known), max(known)


def _colour(trace: dict[str, Any], share: float) -> str:
    """The nearest colour of the scale."""
    return str(min(trace["colorscale"], key=lambda one: abs(one[0] - share))[1])


def _cell(column: float, row: float, x: Axis, y: Axis) -> str:
    left, right = x.place(column - 0.5) + _GAP / 2, x.place(column + 0.5) - _GAP / 2
    top, bottom = y.place(row + 0.5) + _GAP / 2, y.place(row - 0.5) - _GAP / 2
    return f"M{left:g} {top:g}H{right:g}V{bottom:g}H{left:g}Z"
