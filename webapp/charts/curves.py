"""The learning curve of a trial: float training, then quantisation-aware training."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from webapp.charts.style import BLUE, GREEN, ORANGE, Figure, layout, percent, vertical_line, whole_numbers


class Epoch(NamedTuple):
    """One epoch; `phase` is "float" or "qat", accuracies are 0..1 or None where they were not measured."""

    phase: str
    loss: float
    train_accuracy: float | None
    eval_accuracy: float | None


class CurveInfo(NamedTuple):
    """Epochs counted through both phases, from 1. `qat_start` is the last float epoch if QAT has begun."""

    epochs: tuple[int, ...]
    loss: tuple[float, ...]
    train_percent: tuple[float | None, ...]
    eval_percent: tuple[float | None, ...]
    qat_start: int | None


def curve_info(points: Iterable[Epoch]) -> CurveInfo:
    """Points in the order in which they were made."""
    epochs = tuple(points)
    float_epochs = sum(1 for epoch in epochs if epoch.phase == "float")
    return CurveInfo(
        epochs=tuple(range(1, len(epochs) + 1)),
        loss=tuple(round(epoch.loss, 4) for epoch in epochs),
        train_percent=tuple(_percent(epoch.train_accuracy) for epoch in epochs),
        eval_percent=tuple(_percent(epoch.eval_accuracy) for epoch in epochs),
        qat_start=float_epochs if float_epochs < len(epochs) else None,
    )


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
    traces = [
        _line("Evaluation split", info, info.eval_percent, BLUE, "y"),
        _line("Training batches", info, info.train_percent, ORANGE, "y"),
        _line("Loss", info, info.loss, GREEN, "y2"),
    ]
    return {"data": traces, "layout": axes}


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
