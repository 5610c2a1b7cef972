"""The learning curve of a trial: float training, then quantisation-aware training."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple

from webapp.charts.style import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    VERMILLION,
    Figure,
    layout,
    percent,
    vertical_line,
    whole_numbers,
    with_chance,
)

_SEED_COLOURS = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE)


class PlottedEpoch(NamedTuple):
    """One epoch; `phase` is "float" or "qat", accuracies are 0..1 or None where they were not measured."""

    phase: str
    loss: float
    train_accuracy: float | None
    eval_accuracy: float | None


class Forecasts(NamedTuple):
    """Forecast of early stopping, after some float epochs, of the final accuracy that rewards take, in percent.

    `low` and `high` are the ends of the 95 % band; at `needed` the trial's reward would equal the study's best.
    """

    epochs: tuple[int, ...]
    forecast: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    needed: tuple[float, ...]


class CurveInfo(NamedTuple):
    """Epochs counted through both phases, from 1. `qat_start` is the last float epoch if QAT has begun.

    `chance_percent` is the accuracy of always answering the commonest class, None where it is unknown. `forecast_of`
    names what is forecast: epochs are evaluated on clips, whatever the reward takes.
    """

    epochs: tuple[int, ...]
    loss: tuple[float, ...]
    train_percent: tuple[float | None, ...]
    eval_percent: tuple[float | None, ...]
    qat_start: int | None
    forecasts: Forecasts | None
    chance_percent: float | None = None
    forecast_of: str = "int8 accuracy"


def curve_info(
    points: Iterable[PlottedEpoch],
    stopping: Mapping[str, Any] | None = None,
    chance: float | None = None,
    forecast_of: str = "int8 accuracy",
) -> CurveInfo:
    """Points in the order in which they were made, `Trial.stopping`, and the accuracy (0..1) of chance."""
    epochs = tuple(points)
    float_epochs = sum(1 for epoch in epochs if epoch.phase == "float")
    return CurveInfo(
        epochs=tuple(range(1, len(epochs) + 1)),
        loss=tuple(round(epoch.loss, 4) for epoch in epochs),
        train_percent=tuple(_percent(epoch.train_accuracy) for epoch in epochs),
        eval_percent=tuple(_percent(epoch.eval_accuracy) for epoch in epochs),
        qat_start=float_epochs if float_epochs < len(epochs) else None,
        forecasts=_forecasts(stopping["decisions"]) if stopping else None,
        chance_percent=_percent(chance),
        forecast_of=forecast_of,
    )


def _forecasts(decisions: Iterable[Mapping[str, Any]]) -> Forecasts | None:
    """The penalty is added again: the chart's axis is accuracy."""
    made = [decision for decision in decisions if decision["forecast"] is not None]
    if not made:
        return None
    keys = ("forecast", "low", "high", "best_reward")
    columns = (tuple(percent(one[key] + one["penalty"]) for one in made) for key in keys)
    return Forecasts(tuple(one["epoch"] for one in made), *columns)


def _percent(share: float | None) -> float | None:
    return None if share is None else percent(share)


def curve_figure(info: CurveInfo) -> Figure:
    """Accuracies above, loss below, on one axis of epochs; a dashed line where QAT begins."""
    axes = layout("Epoch", "Accuracy (%)")
    axes["xaxis"]["anchor"] = "y2"
    whole_numbers(axes["xaxis"], len(info.epochs))
    axes["yaxis"]["domain"] = [0.42, 1.0]
    axes["yaxis2"] = {"title": {"text": "Loss"}, "domain": [0.0, 0.34], "zeroline": False, "automargin": True}
    if info.qat_start is not None:
        line, label = vertical_line(info.qat_start + 0.5, "QAT begins")
        axes |= {"shapes": [line], "annotations": [label]}
    with_chance(axes, info.chance_percent)
    traces = [
        _line("Evaluation split", info, info.eval_percent, BLUE, "y"),
        _line("Training batches", info, info.train_percent, ORANGE, "y"),
        _line("Loss", info, info.loss, GREEN, "y2"),
    ]
    if info.forecasts is not None:
        traces += _forecast_traces(info.forecasts, info.forecast_of)
    return {"data": traces, "layout": axes}


def _forecast_traces(made: Forecasts, forecast_of: str) -> list[dict[str, Any]]:
    """The band as two lines without width and what lies between them, the forecast, and what would equal the best."""
    shared = {"type": "scatter", "mode": "lines", "x": list(made.epochs), "yaxis": "y"}
    edge = shared | {"line": {"width": 0, "color": PURPLE}, "showlegend": False, "hoverinfo": "skip"}
    hover = "%{y}% after epoch %{x}<extra></extra>"
    return [
        edge | {"y": list(made.low)},
        edge | {"y": list(made.high), "fill": "tonexty", "fillcolor": "rgba(204,121,167,0.2)"},
        shared
        | {
            "name": f"Forecast of the end{_named(forecast_of)} (95 % band)",
            "y": list(made.forecast),
            "line": {"color": PURPLE, "width": 2, "dash": "dot"},
            "hovertemplate": f"Final {forecast_of}, forecast:<br>{hover}",
        },
        shared
        | {
            "name": f"Needed{_named(forecast_of)} for the best reward",
            "y": list(made.needed),
            "line": {"color": VERMILLION, "width": 1.5, "dash": "dash"},
            "hovertemplate": f"Needed for the best reward:<br>{hover}",
        },
    ]


def _named(forecast_of: str) -> str:
    """What is forecast, in a legend of accuracies on clips; "" where it is one of these."""
    return "" if forecast_of == "int8 accuracy" else f", {forecast_of},"


def _line(name: str, info: CurveInfo, values: Iterable[float | None], colour: str, axis: str) -> dict[str, Any]:
    unit = "%" if axis == "y" else ""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(info.epochs),
        "y": list(values),
        "yaxis": axis,
        "connectgaps": True,
        "line": {"color": colour, "width": 2},
        "marker": {"size": 4},
        "hovertemplate": f"{name}, epoch %{{x}}: %{{y}}{unit}<extra></extra>",
    }


def seeds_figure(curves: Sequence[tuple[str, CurveInfo]]) -> Figure:
    """Accuracy on the evaluation split over the epochs of several trainings of one network, a line for each name."""
    axes = layout("Epoch", "Evaluation accuracy (%)")
    whole_numbers(axes["xaxis"], max((len(info.epochs) for _, info in curves), default=0))
    starts = {info.qat_start for _, info in curves if info.qat_start is not None}
    if len(starts) == 1:
        line, label = vertical_line(starts.pop() + 0.5, "QAT begins")
        axes |= {"shapes": [line], "annotations": [label]}
    with_chance(axes, next((info.chance_percent for _, info in curves), None))
    colours = cycle(_SEED_COLOURS)
    lines = [
        _line(name, info, info.eval_percent, colour, "y") for (name, info), colour in zip(curves, colours, strict=False)
    ]
    return {"data": lines, "layout": axes}
