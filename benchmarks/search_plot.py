"""Regret curves as one SVG: light or dark by the reader's scheme, every line labelled at its end.

Written with ElementTree: the environment has no library that draws SVG files, and a single plot does not justify one.
Colours are Okabe and Ito's, which most colour-blind people can distinguish; one colour per kind of method, solid for
ours and dashed for a peer's.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from benchmarks.search_entrants import OURS
from benchmarks.svg_style import STYLE

_WIDTH, _PANEL_HEIGHT = 960, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 170, 44, 48
_LINE_HEIGHT = 14
_TRIALS = (10, 20, 50, 100, 200, 500, 1_000, 2_000)
_COLOURS: Mapping[str, str] = {
    "random": "#8a8a8a", "hyperfirefly": "#d55e00", "eagle": "#0072b2", "vizier_eagle": "#0072b2",
    "evolution": "#e69f00", "nsga2": "#cc79a7", "optuna_nsga2": "#cc79a7", "optuna_tpe": "#56b4e9",
    "gaussian_process": "#009e73", "vizier_gp_ucb_pe": "#009e73", "optuna_gp": "#009e73", "hybrid": "var(--ink)",
}  # fmt: skip
_CURVES = """.curve { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.main { stroke-width: 3; }
.peer { stroke-dasharray: 6 4; }
.leader { stroke-width: 0.8; opacity: 0.7; }
"""


def plot(result: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Median regret by trial, a panel for each landscape."""
    searched = {name: found for name, found in result["landscapes"].items() if found}
    height = _PANEL_HEIGHT * len(searched)
    size = {"viewBox": f"0 0 {_WIDTH} {height}", "width": str(_WIDTH), "height": str(height)}
    svg = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    ElementTree.SubElement(svg, "title").text = "Median regret of each designer by number of trials"
    ElementTree.SubElement(svg, "style").text = STYLE + _CURVES
    ElementTree.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "var(--paper)"})
    for number, (name, found) in enumerate(searched.items()):
        panel = ElementTree.SubElement(svg, "g", {"transform": f"translate(0 {number * _PANEL_HEIGHT})"})
        _Panel(panel, found, result["entrants"]).draw(titles[name])
    ElementTree.indent(svg)
    return ElementTree.tostring(svg, encoding="unicode") + "\n"


class _Panel:
    """Panel of one landscape: logarithmic axis of trials, linear axis of regret."""

    def __init__(self, group: ElementTree.Element, found: Mapping[str, Any], entrants: Mapping[str, Any]) -> None:
        self._group = group
        self._found = found
        self._entrants = entrants
        points = [point for summary in found.values() for point in summary["curve"]]
        self._first, self._last = min(point[0] for point in points), max(point[0] for point in points)
        self._step = _round_step(max(point[1] for point in points))
        self._highest = math.ceil(max(point[1] for point in points) / self._step) * self._step

    def draw(self, title: str) -> None:
        self._text(_LEFT, 24, f"{title}: median regret (reward without noise) by trials", {"class": "title"})
        self._axes()
        ends = {}
        for name, summary in self._found.items():
            self._curve(name, summary["curve"])
            ends[name] = self._place(*summary["curve"][-1][:2])
        self._labels(ends)

    def _axes(self) -> None:
        bottom, right = _PANEL_HEIGHT - _BOTTOM, _WIDTH - _RIGHT
        for step in range(round(self._highest / self._step) + 1):
            _, y = self._place(self._first, step * self._step)
            self._line((_LEFT, y), (right, y), {"class": "grid"})
            self._text(_LEFT - 8, y + 4, f"{step * self._step:.3f}", {"text-anchor": "end"})
        for trials in (n for n in _TRIALS if self._first <= n <= self._last):
            x, _ = self._place(trials, 0)
            self._line((x, _TOP), (x, bottom), {"class": "grid"})
            self._text(x, bottom + 18, f"{trials:,}", {"text-anchor": "middle"})
        self._text((_LEFT + right) / 2, bottom + 38, "trials", {"text-anchor": "middle"})

    def _curve(self, name: str, points: Sequence[Sequence[float]]) -> None:
        places = [self._place(*point[:2]) for point in points]
        classes = ["curve"] + ["peer"] * self._is_peer(name) + ["main"] * (name == "hyperfirefly")
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        attributes = {"points": path, "class": " ".join(classes), "stroke": _COLOURS[name]}
        ElementTree.SubElement(self._group, "polyline", attributes)

    def _labels(self, ends: Mapping[str, tuple[float, float]]) -> None:
        """Labels in a column on the right, in the order of the lines' ends, without overlap."""
        order = sorted(ends, key=lambda name: ends[name][1])
        top = _TOP + _LINE_HEIGHT / 2
        for number, name in enumerate(order):
            x, y = ends[name]
            below = (len(order) - 1 - number) * _LINE_HEIGHT
            height = min(max(y, top), _PANEL_HEIGHT - _BOTTOM - below)
            top = height + _LINE_HEIGHT
            label_x = _WIDTH - _RIGHT + 24
            leader = {"class": "leader", "stroke": _COLOURS[name]} | ({"stroke-dasharray": "2 3"} if x < 700 else {})
            self._line((x, y), (label_x - 4, height), leader)
            self._text(label_x, height + 4, self._entrants[name]["title"], {})

    def _is_peer(self, name: str) -> bool:
        return bool(self._entrants[name]["source"] != OURS)

    def _place(self, trials: float, regret: float) -> tuple[float, float]:
        span = max(math.log(self._last / self._first), 1e-9)
        x = _LEFT + (_WIDTH - _RIGHT - _LEFT) * math.log(trials / self._first) / span
        y = _TOP + (_PANEL_HEIGHT - _BOTTOM - _TOP) * (1 - regret / self._highest)
        return x, y

    def _line(self, start: tuple[float, float], end: tuple[float, float], attributes: Mapping[str, str]) -> None:
        places = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
        drawn = {name: f"{place:.1f}" for name, place in places.items()}
        ElementTree.SubElement(self._group, "line", {**drawn, **attributes})

    def _text(self, x: float, y: float, text: str, attributes: Mapping[str, str]) -> None:
        placed = {"x": f"{x:.1f}", "y": f"{y:.1f}"}
        ElementTree.SubElement(self._group, "text", {**placed, **attributes}).text = text


def _round_step(highest: float) -> float:
    """Step of 1, 2 or 5 times a power of ten that divides the axis into four to ten."""
    power = 10 ** math.floor(math.log10(max(highest, 1e-6) / 4))
    return next(factor * power for factor in (5, 2, 1) if factor * power <= max(highest, 1e-6) / 4)
