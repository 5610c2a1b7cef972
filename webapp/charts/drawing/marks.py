"""Marks of one trace: points, lines, error bars, and names that keep clear of each other."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.charts.drawing.axes import Axis
from webapp.charts.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILLION

COLOURS = {
    BLUE: "blue", ORANGE: "orange", GREEN: "green", VERMILLION: "vermillion", PURPLE: "purple", GREY: "grey",
}  # fmt: skip
"""Class of each colour, which static/earshot/drawing.css gives the theme's variant."""
MOST_LINKED = 100
"""Points of a trace up to which each is an element with link and title; more are dots of one path, for the size."""
LETTER = 6.4  # mean width in user units of a letter of the drawing's text
_WIDE_FROM = 6  # pixels of a line that is a bar
_TAGS = re.compile(r"<br>|<[^>]*>")
_SHAPES = {
    "circle": "M{r} 0A{r} {r} 0 1 1 -{r} 0A{r} {r} 0 1 1 {r} 0Z",
    "square": "M-{r} -{r}H{r}V{r}H-{r}Z",
    "diamond": "M0 -{w}L{w} 0L0 {w}L-{w} 0Z",
    "triangle-up": "M0 -{w}L{r} {r}H-{r}Z",
    "triangle-down": "M0 {w}L{r} -{r}H-{r}Z",
    "cross": "M-{r} -{t}H-{t}V-{r}H{t}V-{t}H{r}V{t}H{t}V{r}H-{t}V{t}H-{r}Z",
    "star": "M0 -{w}L{t} -{t}L{w} 0L{t} {t}L0 {w}L-{t} {t}L-{w} 0L-{t} -{t}Z",
    "hexagon": "M0 -{w}L{r} -{t}V{t}L0 {w}L-{r} {t}V-{t}Z",
    "square-x": "M-{r} -{r}H{r}V{r}H-{r}ZL{r} {r}M{r} -{r}L-{r} {r}",
    "x-thin": "M-{r} -{r}L{r} {r}M{r} -{r}L-{r} {r}",
    "line-ew": "M-{w} 0H{w}",
    "line-ns": "M0 -{w}V{w}",
}


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a trace, with what its title and its name show; a line is drawn to it unless `follows_gap`."""

    x: float
    y: float
    up: float
    down: float
    text: str
    link: str
    follows_gap: bool = False


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(slots=True)
class Names:
    """Boxes of marks and of the names written so far, within the plot's own edges."""

    left: float
    right: float
    taken: list[Box] = field(default_factory=list)

    def keep_clear(self, points: Sequence[Point], x: Axis, y: Axis) -> None:
        """Take the places of marks, where no name is to be written."""
        self.taken += [(a - 5, b - 5, a + 5, b + 5) for a, b in ((x.place(one.x), y.place(one.y)) for one in points)]

    def place(self, x: float, y: float, text: str) -> tuple[float, float]:
        """Left end and baseline of a name near (x, y): of the nearest places that overlaps least with what is there."""
        width = len(text) * LETTER
        found = ((min(max(left, self.left), self.right - width), y + up) for left, up in _around(x, width))
        chosen = min(found, key=lambda place: self._overlaps(_box(*place, width)))  # the first of equals
        self.taken.append(_box(*chosen, width))
        return chosen

    def _overlaps(self, new: Box) -> int:
        return sum(_overlap(new, old) for old in self.taken)


def _around(x: float, width: float) -> Iterator[tuple[float, float]]:
    """Left ends, and baselines less the mark's height, of a name around a mark at `x`, the nearest first."""
    for distance in range(0, 60, 12):
        yield x - width / 2, -9 - distance
        yield x - width / 2, 18 + distance
        for up in (4 - distance, 4 + distance):
            yield x + 9, up
            yield x - 9 - width, up


def _box(left: float, baseline: float, width: float) -> Box:
    return left, baseline - 10, left + width, baseline + 3


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def points_of(trace: dict[str, Any]) -> list[Point]:
    """Points of a trace that have both values; an asymmetric error reaches further up or down."""
    error = trace.get("error_y", {})
    up = error.get("array", [])
    down = up if error.get("symmetric", True) else error.get("arrayminus", [])
    texts, links = trace.get("hovertext", trace.get("text", [])), trace.get("customdata", [])
    pairs = list(zip(trace.get("x", ()), trace.get("y", ()), strict=True))
    gaps = set() if trace.get("connectgaps") else {n + 1 for n, pair in enumerate(pairs) if None in pair}
    return [
        Point(float(x), float(y), _at(up, n, 0.0), _at(down, n, 0.0), _at(texts, n, ""), _at(links, n, ""), n in gaps)
        for n, (x, y) in enumerate(pairs)
        if x is not None and y is not None
    ]


def _at(values: Sequence[Any], index: int, otherwise: Any) -> Any:
    return values[index] if index < len(values) else otherwise


def colour_of(trace: dict[str, Any]) -> str:
    """Class of the trace's colour."""
    given = trace.get("marker", {}).get("color") or trace.get("line", {}).get("color")
    return COLOURS.get(given, "grey")


def symbol_of(trace: dict[str, Any], size: float) -> tuple[str, str]:
    """Class and path, around the origin, of the trace's marker at this size in user units."""
    symbol = str(trace.get("marker", {}).get("symbol", "circle"))
    shape = _SHAPES.get(symbol.removesuffix("-open"), _SHAPES["circle"])
    style = "open" if symbol.endswith("-open") or symbol == "square-x" else "full"
    return style, shape.format(r=f"{size / 2:g}", w=f"{size / 1.6:g}", t=f"{size / 5:g}")


def drawn(trace: dict[str, Any], points: Sequence[Point], x: Axis, y: Axis, names: Names) -> SafeString:
    """The whole trace as one group."""
    mode = trace.get("mode", "markers")
    parts = list(_error_bars(points, x, y))
    if "lines" in mode:
        parts.append(_line(trace, points, x, y))
    if "markers" in mode:
        parts.append(_markers(trace, points, x, y))
    if "text" in mode:
        parts += _names(trace, points, x, y, names)
    return format_html('<g class="{}">{}</g>', colour_of(trace), format_html_join("", "{}", ((one,) for one in parts)))


def _error_bars(points: Sequence[Point], x: Axis, y: Axis) -> Iterator[SafeString]:
    for point in points:
        if point.up or point.down:
            place, top, end = x.place(point.x), y.place(point.y + point.up), y.place(point.y - point.down)
            path = f"M{place:g} {top:g}V{end:g}M{place - 3:g} {top:g}h6M{place - 3:g} {end:g}h6"
            yield format_html('<path class="bar" d="{}"/>', path)


def _line(trace: dict[str, Any], points: Sequence[Point], x: Axis, y: Axis) -> SafeString:
    places = [(x.place(point.x), y.place(point.y), point.follows_gap) for point in points]
    steps = trace.get("line", {}).get("shape") == "hv"
    path = "".join(f"M{a:g} {b:g}" for a, b, _ in places[:1])
    for (_, before, _), (a, b, follows_gap) in pairwise(places):
        if follows_gap:
            path += f"M{a:g} {b:g}"
        else:
            path += f"H{a:g}V{b:g}" if steps else (f"H{a:g}" if before == b else f"L{a:g} {b:g}")
    given = trace.get("line", {})
    if trace.get("fill") == "toself":
        return format_html('<path class="area" d="{}Z"/>', path)
    style = f"line {given.get('dash', '')}{' wide' if given.get('width', 0) >= _WIDE_FROM else ''}"
    if "opacity" in trace:
        return format_html('<path class="{}" opacity="{}" d="{}"/>', style, f"{trace['opacity']:g}", path)
    return format_html('<path class="{}" d="{}"/>', style, path)


def _markers(trace: dict[str, Any], points: Sequence[Point], x: Axis, y: Axis) -> SafeString:
    size = float(trace.get("marker", {}).get("size", 6))
    points = _displayed(points, trace.get("marker", {}).get("maxdisplayed", 0))
    if len(points) > MOST_LINKED:
        dots = "".join(f"M{x.place(point.x):g} {y.place(point.y):g}h0" for point in points)
        return format_html('<path class="dots" stroke-width="{}" d="{}"/>', f"{size * 0.7:g}", dots)
    style, shape = symbol_of(trace, size)
    return format_html_join("", "{}", ((_marker(point, shape, style, x, y),) for point in points))


def _displayed(points: Sequence[Point], most: int) -> Sequence[Point]:
    """Evenly spread points, at most so many; all of them where `most` is 0."""
    if not most or len(points) <= most:
        return points
    return [points[round(place * (len(points) - 1) / (most - 1))] for place in range(most)]


def _marker(point: Point, shape: str, style: str, x: Axis, y: Axis) -> SafeString:
    place = f"translate({x.place(point.x):g} {y.place(point.y):g})"
    name = " ".join(_TAGS.sub(" ", point.text).split())
    title = f"{name} ({point.x:g}; {point.y:g})".strip()
    mark = format_html('<path class="{}" transform="{}" d="{}"><title>{}</title></path>', style, place, shape, title)
    return format_html('<a href="{}">{}</a>', point.link, mark) if point.link.startswith("/") else mark


def _names(trace: dict[str, Any], points: Sequence[Point], x: Axis, y: Axis, names: Names) -> Iterator[SafeString]:
    for point, text in zip(points, trace.get("text", ()), strict=False):
        if not text:
            continue
        left, baseline = names.place(x.place(point.x), y.place(point.y), str(text))
        yield format_html('<text class="name" x="{}" y="{}">{}</text>', f"{left:.1f}", f"{baseline:.1f}", text)
