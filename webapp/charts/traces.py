"""Power over time: the lowest and the highest sample of each stretch, and the windows that were computed with."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from webapp.charts.style import BLUE, GREY, Figure, layout


class TraceInfo(NamedTuple):
    """Points in the order in which to draw them, seconds and mW; `is_exact`: each is a sample."""

    time_s: tuple[float, ...]
    power_mw: tuple[float, ...]
    is_exact: bool
    duration_s: float
    windows_s: tuple[tuple[float, float], ...]


def trace_info(
    time_s: Sequence[float],
    low_mw: Sequence[float],
    high_mw: Sequence[float],
    *,
    is_exact: bool,
    duration_s: float,
    windows_s: Iterable[tuple[float, float]] = (),
) -> TraceInfo:
    """Stretches by their beginning, lowest and highest power; single samples where `is_exact`."""
    times = [round(float(time), 6) for time in time_s]
    lows = [round(float(power), 3) for power in low_mw]
    if is_exact:
        return TraceInfo(tuple(times), tuple(lows), True, duration_s, tuple(windows_s))
    highs = [round(float(power), 3) for power in high_mw]
    twice = tuple(time for time in times for _ in range(2))
    both = tuple(power for pair in zip(lows, highs, strict=True) for power in pair)
    return TraceInfo(twice, both, False, duration_s, tuple(windows_s))


def trace_figure(info: TraceInfo) -> Figure:
    """One line; windows as grey stretches behind it, on an axis of their own from 0 to 1."""
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": "Power",
        "x": list(info.time_s),
        "y": list(info.power_mw),
        "line": {"color": BLUE, "width": 1},
        "showlegend": False,
        "hovertemplate": "%{x:.4f} s: %{y:.4g} mW<extra></extra>",
    }
    axes = layout("Time (s)", "Power (mW)", dragmode="zoom", meta={"duration_s": info.duration_s})
    axes["yaxis"] |= {"fixedrange": True, "rangemode": "tozero"}
    axes["yaxis2"] = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
    axes["margin"]["t"] = 12
    return {"data": [line, *([_windows(info.windows_s)] if info.windows_s else [])], "layout": axes}


def _windows(windows_s: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Not as shapes: those can be dragged on the page, and what was computed with stays where it was."""
    corners = [
        corner for start, end in windows_s for corner in ((start, 0), (start, 1), (end, 1), (end, 0), (None, None))
    ]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Windows",
        "x": [x for x, _ in corners],
        "y": [y for _, y in corners],
        "yaxis": "y2",
        "fill": "toself",
        "fillcolor": "rgba(122,134,145,0.22)",
        "line": {"color": GREY, "width": 0},
        "showlegend": False,
        "hoverinfo": "skip",
    }
