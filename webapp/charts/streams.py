"""Charts of an evaluation on streams: DET curves, and misses and false alarms against noise."""

from itertools import cycle
from typing import Any, NamedTuple

from nas_engine.streaming.procedure.outcome import EvaluationOutcome
from webapp.charts.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILLION,
    Figure,
    layout,
    logarithmic,
    percent,
)

_COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE)
_DASHES = ("solid", "dash", "dot")
_SHOWN_AS_NONE = 0.5
"""No false alarm at all stands on the logarithmic axis where half a false alarm in all hours would."""


class DetLine(NamedTuple):
    """A class's curve, and where its chosen threshold lies; `alarms` per hour as drawn, misses in percent."""

    label: str
    alarms: tuple[float, ...]
    misses: tuple[float, ...]
    texts: tuple[str, ...]
    chosen: tuple[float, float] | None


class DetInfo(NamedTuple):
    """Curves of the classes that have events."""

    lines: tuple[DetLine, ...]


class NoiseInfo(NamedTuple):
    """Ratios in dB, the quietest background first; miss rates in percent by class, None without events; false alarms
    per hour of all classes.
    """

    ratios: tuple[float, ...]
    misses: dict[str, tuple[float | None, ...]]
    alarms: tuple[float, ...]


def det_info(outcome: EvaluationOutcome) -> DetInfo:
    """Curves on all measured streams."""
    least = _SHOWN_AS_NONE / outcome.together.hours
    lines = []
    for curve, measured in zip(outcome.det, outcome.together.classes, strict=True):
        if not curve.miss_rates or measured.miss_rate is None:
            continue
        points = zip(curve.thresholds, curve.false_alarms_per_hour, curve.miss_rates, strict=True)
        texts = tuple(f"threshold {at:.3f}<br>{_rate(rate)}<br>{100 * miss:.1f} % missed" for at, rate, miss in points)
        lines.append(
            DetLine(
                curve.label,
                tuple(max(rate, least) for rate in curve.false_alarms_per_hour),
                tuple(percent(miss) for miss in curve.miss_rates),
                texts,
                (max(measured.false_alarms_per_hour, least), percent(measured.miss_rate)),
            )
        )
    return DetInfo(tuple(lines))


def _rate(per_hour: float) -> str:
    return f"{per_hour:.3g} false alarms an hour" if per_hour else "no false alarm"


def det_figure(info: DetInfo) -> Figure:
    """Missed events over false alarms per hour, a step for each threshold; circles are the chosen ones."""
    axes = layout("False alarms per hour", "Missed (%)")
    logarithmic(axes["xaxis"])
    axes["yaxis"]["range"] = [-2, 102]
    traces: list[dict[str, Any]] = []
    for place, (line, colour) in enumerate(zip(info.lines, cycle(_COLOURS), strict=False)):
        dash = _DASHES[place // len(_COLOURS) % len(_DASHES)]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": line.label,
                "legendgroup": line.label,
                "x": list(line.alarms),
                "y": list(line.misses),
                "line": {"color": colour, "width": 2, "dash": dash, "shape": "vh"},
                "text": [f"<b>{line.label}</b><br>{text}" for text in line.texts],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
        if line.chosen is not None:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "legendgroup": line.label,
                    "showlegend": False,
                    "x": [line.chosen[0]],
                    "y": [line.chosen[1]],
                    "marker": {"color": colour, "size": 10, "symbol": "circle-open", "line": {"width": 2}},
                    "hovertemplate": f"<b>{line.label}</b>, chosen threshold<br>%{{y}} % missed<extra></extra>",
                }
            )
    return {"data": traces, "layout": axes}


def noise_info(outcome: EvaluationOutcome) -> NoiseInfo:
    """Measures at each ratio."""
    levels = sorted(outcome.levels, key=lambda one: -(one.snr_db or 0.0))
    labels = [one.label for one in outcome.together.classes if one.events]
    return NoiseInfo(
        tuple(one.snr_db or 0.0 for one in levels),
        {
            label: tuple(
                None if one.miss_rate is None else percent(one.miss_rate)
                for level in levels
                for one in level.classes
                if one.label == label
            )
            for label in labels
        },
        tuple(round(one.false_alarms_per_hour, 4) for one in levels),
    )


def noise_figure(info: NoiseInfo) -> Figure:
    """Missed events above, false alarms below, over the ratio, noise growing to the right."""
    axes = layout("Signal-to-noise ratio (dB)", "Missed (%)")
    axes["xaxis"] |= {"anchor": "y2", "autorange": "reversed", "tickvals": list(info.ratios)}
    axes["yaxis"] |= {"domain": [0.42, 1.0], "rangemode": "tozero"}
    second = {"title": {"text": "False alarms<br>per hour"}, "domain": [0.0, 0.3], "rangemode": "tozero"}
    axes["yaxis2"] = second | {"zeroline": False, "automargin": True}
    traces = [
        _line(label, info.ratios, values, colour, _DASHES[place // len(_COLOURS) % len(_DASHES)], "y")
        for place, ((label, values), colour) in enumerate(zip(info.misses.items(), cycle(_COLOURS), strict=False))
    ]
    alarms = _line("false alarms, all classes", info.ratios, info.alarms, GREY, "solid", "y2")
    traces.append(alarms | {"showlegend": False})
    return {"data": traces, "layout": axes}


def _line(name: str, x: Any, y: Any, colour: str, dash: str, axis: str) -> dict[str, Any]:
    unit = " % missed" if axis == "y" else " an hour"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(x),
        "y": list(y),
        "yaxis": axis,
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"size": 6},
        "hovertemplate": f"{name} at %{{x}} dB: %{{y}}{unit}<extra></extra>",
    }
