"""A figure as one SVG element that inherits font and colours of the document around it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.charts.drawing.axes import Axis, axis_of
from webapp.charts.drawing.cells import cell_edges, drawn_cells, has_cells, scale_legend
from webapp.charts.drawing.marks import LETTER, Names, Point, colour_of, drawn, points_of, symbol_of
from webapp.charts.style import Figure

WIDTH, HEIGHT, WIDE = 480, 330, 760
"""Usual size of a drawing in user units, and the width of one that takes a whole row."""
_RIGHT, _BOTTOM, _ROW = 12, 46, 16
_LABEL = 28  # from the drawing's left edge to the tick labels: the axis' title
_LEGEND_SIZE = 8.0
_LABEL_ROOM = 80  # to the right of a vertical line for its label


@dataclass(frozen=True, slots=True)
class _Plot:
    """A pair of axes with its traces."""

    x: Axis
    y: Axis
    traces: tuple[tuple[dict[str, Any], list[Point]], ...]


def figure_svg(figure: Figure, label: str, width: int = WIDTH, height: int = HEIGHT) -> SafeString | str:
    """The figure, named `label` for screen readers, `width` by `height` user units; "" without points in a plane."""
    cells = next(filter(has_cells, figure["data"]), None)
    if cells is not None:
        return _heat_map(figure["layout"], cells, label, width, height)
    lines = [trace for trace in figure["data"] if trace.get("type") not in ("heatmap", "scatter3d")]
    traces = [(trace, points) for trace in lines if (points := points_of(trace))]
    if not traces:
        return ""
    legend, top = _legend(figure, [trace for trace, _ in traces], width)
    plots = _plots(figure["layout"], traces, top, width, height)
    names = _names(plots, width)
    parts = [
        legend,
        _joined(_frame(plot, height, is_last=plot is plots[-1]) for plot in plots),
        _joined(_lines(figure["layout"], plots[0])),
        _joined(drawn(trace, points, plot.x, plot.y, names) for plot in plots for trace, points in plot.traces),
    ]
    return _svg(parts, label, width, height)


def _heat_map(layout: dict[str, Any], cells: dict[str, Any], label: str, width: int, height: int) -> SafeString:
    """A heat map by itself; other traces of its figure are left out."""
    legend, top = scale_legend(cells)
    across, up = cell_edges(cells)
    y = axis_of(layout["yaxis"], up, height - _BOTTOM, top)
    x = axis_of(layout["xaxis"], across, _left([y]), width - _RIGHT)
    parts = [legend, _frame(_Plot(x, y, ()), height, is_last=True), drawn_cells(cells, x, y)]
    return _svg(parts, label, width, height)


def _svg(parts: Iterable[SafeString | str], label: str, width: int, height: int) -> SafeString:
    """An image or, with points that are links, a group of them: what is in an image cannot be reached."""
    content = _joined(parts)
    role = "group" if "<a href" in content else "img"
    drawing = '<svg class="drawing" viewBox="0 0 {} {}" role="{}" aria-label="{}">{}</svg>'
    return format_html(drawing, width, height, role, label, content)


def _names(plots: Sequence[_Plot], width: int) -> Names:
    """Where names of points may stand: clear of all marks, if any trace has names."""
    names = Names(plots[0].x.start, width - 2)
    if any("text" in trace.get("mode", "") for plot in plots for trace, _ in plot.traces):
        for plot in plots:
            for _, points in plot.traces:
                names.keep_clear(points, plot.x, plot.y)
    return names


def _joined(parts: Iterable[SafeString | str]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def _legend(figure: Figure, traces: Sequence[dict[str, Any]], most: int) -> tuple[SafeString, float]:
    """The legend in rows of `most` user units above the plot, and the height that it takes."""
    named = [one for one in traces if one.get("name") and one.get("showlegend", True)]
    if len(named) < 2 or not figure["layout"].get("showlegend", True):
        return SafeString(""), 16.0
    x, y, parts = 4.0, 12.0, []
    for trace in named:
        width = 24 + len(trace["name"]) * LETTER
        if x + width > most and x > 4:
            x, y = 4.0, y + _ROW
        parts.append(_entry(trace, x, y))
        x += width + 8
    return _joined(parts), y + 16


def _entry(trace: dict[str, Any], x: float, y: float) -> SafeString:
    if trace.get("mode", "markers") == "lines":
        style = f"line {trace.get('line', {}).get('dash', '')}"
        mark = format_html('<path class="{}" d="M{} {}h14"/>', style, f"{x:g}", f"{y - 4:g}")
    else:
        style, shape = symbol_of(trace, _LEGEND_SIZE)
        place = f"translate({x + 7:g} {y - 4:g})"
        mark = format_html('<path class="{}" transform="{}" d="{}"/>', style, place, shape)
    return format_html(
        '<g class="{}">{}<text x="{}" y="{}">{}</text></g>', colour_of(trace), mark, x + 18, y, trace["name"]
    )


def _plots(
    layout: dict[str, Any], traces: Sequence[tuple[dict[str, Any], list[Point]]], top: float, width: int, height: int
) -> list[_Plot]:
    """One plot, or two above each other where traces have a second y axis."""
    bottom = height - _BOTTOM
    keys = [key for key in ("y", "y2") if any(trace.get("yaxis", "y") == key for trace, _ in traces)]
    ys = [_y_axis(layout, key, traces, top, bottom) for key in keys]
    left = _left(ys)
    edges = [point.x for _, points in traces for point in points]
    x = axis_of(layout["xaxis"], [*edges, *_shown_on_x(layout, edges)], left, width - _RIGHT)
    shown = [[one for one in traces if one[0].get("yaxis", "y") == key] for key in keys]
    return [
        _Plot(x, y, tuple((trace, [one for one in points if x.includes(one.x)]) for trace, points in own))
        for y, own in zip(ys, shown, strict=True)
    ]


def _left(ys: Sequence[Axis]) -> float:
    """Where the plot begins: right of the tick labels."""
    return _LABEL + max((len(tick.label) for y in ys for tick in y.ticks), default=1) * LETTER


def _shown_on_x(layout: dict[str, Any], edges: Sequence[float]) -> list[float]:
    """Values of vertical lines that lie near the data; a distant one would leave the points no room."""
    low, high = min(edges), max(edges)
    reach = (high - low) or abs(high)
    lines = [shape["x0"] for shape in layout.get("shapes", ()) if shape.get("yref") == "paper"]
    return [x for x in lines if low - reach <= x <= high + reach]


def _y_axis(
    layout: dict[str, Any], key: str, traces: Sequence[tuple[dict[str, Any], list[Point]]], top: float, bottom: float
) -> Axis:
    settings = layout["yaxis" if key == "y" else "yaxis2"]
    values = [
        value
        for trace, points in traces
        if trace.get("yaxis", "y") == key
        for point in points
        for value in (point.y + point.up, point.y - point.down)
    ]
    low, high = settings.get("domain", (0.0, 1.0))
    return axis_of(settings, values, bottom - low * (bottom - top), bottom - high * (bottom - top))


def _frame(plot: _Plot, height: int, *, is_last: bool) -> SafeString:
    """Grid, tick labels and titles."""
    x, y = plot.x, plot.y
    grid = "".join(f"M{x.start:g} {y.place(tick.value):g}H{x.end:g}" for tick in y.ticks)
    grid += "".join(f"M{x.place(tick.value):g} {y.start:g}V{y.end:g}" for tick in x.ticks)
    labels = [_text(x.start - 6, y.place(tick.value) + 4, tick.label, "end") for tick in y.ticks]
    middle = (y.start + y.end) / 2
    title = '<text class="title" text-anchor="middle" transform="translate(12 {}) rotate(-90)">{}</text>'
    labels.append(format_html(title, f"{middle:.1f}", y.title))
    if is_last:
        labels += [_text(x.place(tick.value), y.start + 16, tick.label, "middle") for tick in x.ticks]
        labels.append(_text((x.start + x.end) / 2, height - 7, x.title, "middle", "title"))
    return format_html('<path class="grid" d="{}"/>{}', grid, _joined(labels))


def _text(x: float, y: float, text: str, anchor: str, style: str = "tick") -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>', style, f"{x:.1f}", f"{y:.1f}", anchor, text
    )


def _lines(layout: dict[str, Any], plot: _Plot) -> Iterator[SafeString]:
    """Lines over the whole height or width, such as a threshold or chance, with their labels."""
    notes = list(layout.get("annotations", ()))
    for shape in layout.get("shapes", ()):
        is_vertical = shape.get("yref") == "paper"
        note = next((one for one in notes if (one.get("yref") == "paper") == is_vertical), None)
        notes = [one for one in notes if one is not note]
        found = _vertical(shape, plot) if is_vertical else _horizontal(shape, plot)
        if found is not None:
            path, x, y, anchor = found
            style = f"line {shape['line'].get('dash', '')}"
            yield format_html('<g class="grey"><path class="{}" d="{}"/></g>', style, path)
            yield _text(x, y, str(note["text"]) if note else "", anchor)


def _vertical(shape: dict[str, Any], plot: _Plot) -> tuple[str, float, float, str] | None:
    """Path, and place and anchor of its label; None outside of the plot."""
    x, y = plot.x, plot.y
    if not x.low <= shape["x0"] <= x.high:
        return None
    place = x.place(shape["x0"])
    is_at_end = place > x.end - _LABEL_ROOM
    side, anchor = (-4, "end") if is_at_end else (4, "start")
    return f"M{place:g} {y.start:g}V{y.end:g}", place + side, y.end + 11, anchor


def _horizontal(shape: dict[str, Any], plot: _Plot) -> tuple[str, float, float, str] | None:
    x, y = plot.x, plot.y
    if not y.low <= shape["y0"] <= y.high:
        return None
    place = y.place(shape["y0"])
    return f"M{x.start:g} {place:g}H{x.end:g}", x.end, place - 4, "end"
