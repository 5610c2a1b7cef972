"""Training data and errors of an energy model: Figures 3 and 4 of the paper, residuals, learning curve."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from webapp.charts.style import BLUE, GREY, ORANGE, VERMILLION, Figure, layout
from webapp.queries.pages.energy_model import HeldBackRun, MeasuredRuns

POINTS_LIMIT = 1_500
MOST_BARS = 12
Proxy = Literal["flops", "latency"]

_X_TITLES = {"flops": "FLOPs (millions)", "latency": "Latency (ms)"}
_X_UNITS = {"flops": "MFLOPs", "latency": "ms"}
_ENERGY = "Energy per inference (mJ)"
_NEAR = 0.05  # of the value around which the spread is measured
_WORST_SPREAD_OF = 3  # runs at least, so that one outlier makes no spread


class Spread(NamedTuple):
    """`runs` of nearly equal `x` (within 5 %) took from `low_mj` to `high_mj`."""

    x: float
    low_mj: float
    high_mj: float
    runs: int


class ProxyInfo(NamedTuple):
    """Figure 3: energy over what others take for it; `correlation` of the two, None where one of them is constant."""

    proxy: Proxy
    x: tuple[float, ...]
    energy_mj: tuple[float, ...]
    correlation: float | None
    spread: Spread | None


def thinned(count: int, limit: int = POINTS_LIMIT) -> NDArray[np.int64]:
    """Indices of at most `limit` of `count` points, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).round().astype(np.int64))


def proxy_info(proxy: Proxy, x: Sequence[float], energy_mj: Sequence[float]) -> ProxyInfo:
    """One value a run in each sequence; FLOPs in millions, latency in ms."""
    xs, energies = np.asarray(x, np.float64), np.asarray(energy_mj, np.float64)
    varies = len(xs) > 1 and np.std(xs) > 0 and np.std(energies) > 0
    shown = thinned(len(xs))
    return ProxyInfo(
        proxy=proxy,
        x=tuple(xs[shown].round(4).tolist()),
        energy_mj=tuple(energies[shown].round(4).tolist()),
        correlation=float(np.corrcoef(xs, energies)[0, 1]) if varies else None,
        spread=_spread(xs, energies),
    )


def flops_info(runs: MeasuredRuns) -> ProxyInfo:
    return proxy_info("flops", runs.flops_millions, runs.energies_mj)


def latency_info(runs: MeasuredRuns) -> ProxyInfo | None:
    """None where no run has a latency."""
    timed = [(row.latency_ms, row.energy_mj) for row in runs.rows if row.latency_ms is not None]
    return proxy_info("latency", *zip(*timed, strict=True)) if timed else None


def _spread(x: NDArray[np.float64], energy_mj: NDArray[np.float64]) -> Spread | None:
    """Around the median of x, where most of the networks are."""
    if len(x) < _WORST_SPREAD_OF:
        return None
    middle = float(np.median(x))
    near = energy_mj[np.abs(x - middle) <= _NEAR * middle]
    if len(near) < _WORST_SPREAD_OF:
        return None
    return Spread(middle, float(near.min()), float(near.max()), len(near))


def proxy_figure(info: ProxyInfo) -> Figure:
    """A cloud of runs, and the spread of energy at one x as a bar."""
    cloud = {
        "type": "scatter",
        "mode": "markers",
        "name": "Run",
        "x": list(info.x),
        "y": list(info.energy_mj),
        "marker": {"color": BLUE, "size": 6, "opacity": 0.5},
        "hovertemplate": f"%{{x:.3g}} {_X_UNITS[info.proxy]}<br>%{{y:.3f}} mJ<extra></extra>",
    }
    data = [cloud]
    if info.spread:
        spread = info.spread
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": f"At {spread.x:.3g} {_X_UNITS[info.proxy]}: {spread.low_mj:.2f} to {spread.high_mj:.2f} mJ",
                "x": [spread.x, spread.x],
                "y": [spread.low_mj, spread.high_mj],
                "line": {"color": VERMILLION, "width": 3},
                "marker": {"color": VERMILLION, "size": 9, "symbol": "line-ew-open"},
                "hovertemplate": f"{spread.runs} runs within 5 %<extra></extra>",
            }
        )
    return {"data": data, "layout": layout(_X_TITLES[info.proxy], _ENERGY)}


def prediction_figure(points: Sequence[HeldBackRun]) -> Figure:
    """Figure 4: predicted over measured with intervals, and the diagonal on which a perfect model would lie."""
    shown = [points[index] for index in thinned(len(points))] if points else []
    inside, outside = [p for p in shown if not p.outside], [p for p in shown if p.outside]
    ends = [value for p in shown for value in (p.measured_mj, p.predicted_mj)] or [0.0, 1.0]
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "name": "Predicted = measured",
        "x": [min(ends), max(ends)],
        "y": [min(ends), max(ends)],
        "line": {"color": GREY, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }
    data = [diagonal, _predictions("Held-back run, 90 % interval", inside, BLUE, "circle")]
    if outside:
        data.append(_predictions("Extrapolated", outside, ORANGE, "diamond"))
    return {"data": data, "layout": layout("Measured (mJ)", "Predicted (mJ)")}


def _predictions(name: str, points: Sequence[HeldBackRun], colour: str, symbol: str) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [round(point.measured_mj, 4) for point in points],
        "y": [round(point.predicted_mj, 4) for point in points],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [round(point.high_mj - point.predicted_mj, 4) for point in points],
            "arrayminus": [round(point.predicted_mj - point.low_mj, 4) for point in points],
            "color": colour,
            "thickness": 0.6,
            "width": 0,
        },
        "marker": {"color": colour, "size": 6, "opacity": 0.6, "symbol": symbol},
        "hovertemplate": "measured %{x:.3f} mJ<br>predicted %{y:.3f} mJ<extra></extra>",
    }


def residual_figure(points: Sequence[HeldBackRun], noise_mj: float | None) -> Figure:
    """Predicted less measured, over the prediction; the noise of measurements as dashed lines."""
    shown = [points[index] for index in thinned(len(points))] if points else []
    residuals = {
        "type": "scatter",
        "mode": "markers",
        "name": "Held-back run",
        "x": [round(point.predicted_mj, 4) for point in shown],
        "y": [round(point.predicted_mj - point.measured_mj, 4) for point in shown],
        "marker": {"color": BLUE, "size": 6, "opacity": 0.5},
        "hovertemplate": "predicted %{x:.3f} mJ<br>%{y:+.3f} mJ off<extra></extra>",
    }
    axes = layout("Predicted (mJ)", "Predicted − measured (mJ)", shapes=_noise_lines(noise_mj))
    return {"data": [residuals], "layout": axes}


def _noise_lines(noise_mj: float | None) -> list[dict[str, Any]]:
    levels = [0.0] if noise_mj is None else [0.0, noise_mj, -noise_mj]
    return [_level(level, "solid" if level == 0 else "dash") for level in levels]


def _level(y: float, dash: str) -> dict[str, Any]:
    line = {"color": GREY, "width": 1, "dash": dash}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}


def learning_figure(networks: Sequence[int], rmse_mj: Sequence[float], noise_mj: float | None) -> Figure:
    """The error on held-back networks over how many others were measured; the noise as a dashed line."""
    curve = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "RMSE",
        "x": list(networks),
        "y": [round(value, 5) for value in rmse_mj],
        "line": {"color": BLUE, "width": 2.5},
        "hovertemplate": "%{x} networks: %{y:.3f} mJ<extra></extra>",
    }
    axes = layout("Networks measured", "RMSE on others (mJ)")
    axes["yaxis"]["rangemode"] = "tozero"
    axes["xaxis"] |= {"type": "log", "tickvals": list(networks), "ticktext": [f"{count:,}" for count in networks]}
    if noise_mj is not None:
        axes["shapes"] = [_level(noise_mj, "dash")]
    return {"data": [curve], "layout": axes}


def importance_figure(importance: Sequence[tuple[str, float]], title: str) -> Figure:
    """Features with what they matter, the greatest few of them, the first on top."""
    shown = list(importance)[:MOST_BARS][::-1]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [round(max(0.0, value), 5) for _, value in shown],
        "y": [name for name, _ in shown],
        "marker": {"color": BLUE},
        "hovertemplate": "%{y}: %{x:.3g}<extra></extra>",
    }
    return {"data": [bars], "layout": layout(title, "", showlegend=False)}
