"""Learning curves of many trials, with those that were stopped early marked; the order of networks over the epochs."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np

from nas_engine.statistics.explanation.ranks import LEAST_RANKED, RankCorrelation, first_above, rank_correlation
from webapp.charts.style import BLUE, GREY, ORANGE, Figure, layout, vertical_line, whole_numbers
from webapp.charts.why.section import NOTHING, WhySection, WhyTable
from webapp.charts.why.wording import SPACE, counted, signed
from webapp.queries.explained import LearnedCurve

MOST_CURVES = 60
MOST_STOPPED = 40
MOST_RANKED = 300
STRONG = 0.8
"""Rank correlation above which the sentence calls the early order that of the end."""


class DrawnCurve(NamedTuple):
    """A trial's accuracy (percent) after each epoch, counted from 1; `number` and `link` are the trial's."""

    number: int
    curve: LearnedCurve
    link: str


class LearningInfo(NamedTuple):
    """Curves to draw. `finished` and `stopped` are how many trials have ended so; `best` is one of the completed.

    `stopped_epochs` are those after which the drawn trials were stopped.
    """

    completed: tuple[DrawnCurve, ...]
    stopped_early: tuple[DrawnCurve, ...]
    best: DrawnCurve | None
    finished: int
    stopped: int
    stopped_epochs: tuple[int, ...]


def learning_info(
    completed: Sequence[DrawnCurve],
    stopped_early: Sequence[DrawnCurve],
    *,
    best: int | None,
    finished: int,
    stopped: int,
) -> LearningInfo:
    """Curves of some of the `finished` and `stopped` trials; `best` is the number of the trial with the best reward."""
    return LearningInfo(
        completed=tuple(one for one in completed if one.number != best),
        stopped_early=tuple(stopped_early),
        best=next((one for one in completed if one.number == best), None),
        finished=finished,
        stopped=stopped,
        stopped_epochs=tuple(len(one.curve.accuracy) for one in stopped_early),
    )


def learning_figure(info: LearningInfo) -> Figure:
    """Completed trials faint, stopped ones with a mark at their end, the best on top; a line where QAT begins."""
    data = []
    if info.completed:
        data.append(_curves("Completed", info.completed, GREY, 1.0, 0.45))
    if info.stopped_early:
        data += [
            _curves("Stopped early", info.stopped_early, ORANGE, 1.0, 0.7) | {"showlegend": False},
            _ends(info.stopped_early),
        ]
    if info.best:
        data.append(_curves("Best reward", [info.best], BLUE, 3.0, 1.0))
    if not data:
        return NOTHING
    shown = (*info.completed, *((info.best,) if info.best else ()))
    axes = layout("Epoch", "Evaluation accuracy (%)")
    whole_numbers(axes["xaxis"], max(len(one.curve.accuracy) for one in (*shown, *info.stopped_early)))
    starts = {one.curve.float_epochs for one in shown if one.curve.float_epochs < len(one.curve.accuracy)}
    if len(starts) == 1:
        line, label = vertical_line(starts.pop() + 0.5, "QAT begins")
        axes |= {"shapes": [line], "annotations": [label]}
    return {"data": data, "layout": axes}


def _curves(name: str, curves: Sequence[DrawnCurve], colour: str, width: float, opacity: float) -> Figure:
    """All as one trace, with gaps between them."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [x for one in curves for x in (*range(1, len(one.curve.accuracy) + 1), None)],
        "y": [y for one in curves for y in (*map(_shown, one.curve.accuracy), None)],
        "text": [text for one in curves for text in [f"trial {one.number}"] * (len(one.curve.accuracy) + 1)],
        "customdata": [link for one in curves for link in [one.link] * (len(one.curve.accuracy) + 1)],
        "hovertemplate": "%{text}, epoch %{x}: %{y}%<extra></extra>",
        "line": {"color": colour, "width": width},
        "opacity": opacity,
    }


def _ends(curves: Sequence[DrawnCurve]) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "Stopped early",
        "x": [len(one.curve.accuracy) for one in curves],
        "y": [_shown(one.curve.accuracy[-1]) for one in curves],
        "text": [f"trial {one.number} stopped" for one in curves],
        "customdata": [one.link for one in curves],
        "hovertemplate": "%{text} after epoch %{x}: %{y}%<extra></extra>",
        "marker": {"color": ORANGE, "size": 8, "symbol": "x-thin-open", "line": {"width": 2}},
    }


def _shown(accuracy: float) -> float | None:
    return round(accuracy, 2) if np.isfinite(accuracy) else None


def learning_sentence(info: LearningInfo) -> str:
    """How many trials were stopped, and after how many epochs."""
    if not info.finished + info.stopped:
        return "No trial has been trained yet."
    if not (info.completed or info.best or info.stopped_early):
        return "No trial has a learning curve."
    if not info.stopped:
        return f"{counted(info.finished, 'trial')} completed, none was stopped early."
    epochs = info.stopped_epochs
    after = f", after {median(epochs):g} epochs at the median of those drawn" if epochs else ""
    share = 100 * info.stopped / (info.finished + info.stopped)
    return (
        f"{info.stopped:,} of {counted(info.finished + info.stopped, 'trial')} ({share:.0f}{SPACE}%) were stopped "
        f"early{after}. They have no int8 accuracy and are in no other chart but the workers' time."
    )


def learning_table(info: LearningInfo) -> WhyTable:
    """The drawn curves: epochs, and the accuracies after the first and the last."""
    ends = {one.number: "stopped early" for one in info.stopped_early}
    drawn = [*((info.best,) if info.best else ()), *info.completed, *info.stopped_early]
    rows = tuple(
        (
            f"trial {one.number}",
            "best reward" if one is info.best else ends.get(one.number, "completed"),
            str(len(one.curve.accuracy)),
            _in_percent(one.curve.accuracy[0]),
            _in_percent(one.curve.accuracy[-1]),
        )
        for one in drawn
    )
    return WhyTable(("Trial", "End", "Epochs", "After the first epoch", "After the last"), rows)


def _in_percent(accuracy: float) -> str:
    return f"{accuracy:.1f}{SPACE}%" if np.isfinite(accuracy) else "–"


def learning_section(info: LearningInfo) -> WhySection:
    drawn = len(info.completed) + (info.best is not None)
    sampled = (
        f"{drawn} of {counted(info.finished, 'completed trial')} and {len(info.stopped_early)} of {info.stopped:,} "
        "stopped ones are drawn: the best, the front over energy and, evenly, others."
    )
    is_sample = drawn < info.finished or len(info.stopped_early) < info.stopped
    return WhySection(
        part="curves",
        title="Learning curves",
        label="Accuracy on the evaluation split over the epochs of many trials, stopped ones marked at their end",
        sentences=(learning_sentence(info),),
        figure=learning_figure(info),
        table=learning_table(info),
        hint=sampled if is_sample else "",
    )


class RanksInfo(NamedTuple):
    """Rank correlation of the accuracy after each epoch (from 1) and the final int8 accuracy, None where unknown."""

    correlations: tuple[RankCorrelation | None, ...]
    float_epochs: int
    networks: int
    of_networks: int


def ranks_info(curves: Mapping[int, LearnedCurve], finals: Mapping[int, float], of_networks: int) -> RanksInfo:
    """Curves and final int8 accuracies by trial; `of_networks` is how many have completed in all."""
    shown = [trial for trial in curves if trial in finals]
    epochs = max((len(curves[trial].accuracy) for trial in shown), default=0)
    table = np.full((len(shown), epochs), np.nan)
    for row, trial in zip(table, shown, strict=True):
        row[: len(curves[trial].accuracy)] = curves[trial].accuracy
    final = np.array([finals[trial] for trial in shown], np.float64)
    return RanksInfo(
        correlations=tuple(rank_correlation(column, final) for column in table.T),
        float_epochs=max((curves[trial].float_epochs for trial in shown), default=0),
        networks=len(shown),
        of_networks=of_networks,
    )


def ranks_figure(info: RanksInfo) -> Figure:
    """Rank correlations over the epochs with 95 % intervals."""
    known = [(epoch, one) for epoch, one in enumerate(info.correlations, start=1) if one]
    if not known:
        return NOTHING
    values = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "Rank correlation",
        "x": [epoch for epoch, _ in known],
        "y": [round(one.value, 4) for _, one in known],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [round(one.interval.high - one.value, 4) for _, one in known],
            "arrayminus": [round(one.value - one.interval.low, 4) for _, one in known],
            "color": BLUE,
            "thickness": 1,
        },
        "line": {"color": BLUE, "width": 2},
        "marker": {"color": BLUE, "size": 7},
        "hovertemplate": "after epoch %{x}: %{y:.2f}<extra></extra>",
    }
    axes = layout("Epoch", "Rank correlation with the end")
    axes["yaxis"]["rangemode"] = "tozero"
    whole_numbers(axes["xaxis"], len(info.correlations))
    if 0 < info.float_epochs < len(info.correlations):
        line, label = vertical_line(info.float_epochs + 0.5, "QAT begins")
        axes |= {"shapes": [line], "annotations": [label]}
    return {"data": [values], "layout": axes}


def ranks_sentence(info: RanksInfo) -> str:
    """From which epoch on the order is nearly the final one."""
    known = [(epoch, one) for epoch, one in enumerate(info.correlations, start=1) if one]
    if not known:
        return (
            f"Not enough curves: a rank correlation is stated from {LEAST_RANKED} completed networks with a learning "
            f"curve and different accuracies on, and {info.networks} have a curve."
        )
    epoch, first = known[0]
    start = (
        f"The order of {counted(first.networks, 'network')} after epoch {epoch} has a rank correlation of "
        f"{_correlation(first)} with their order by final int8 accuracy"
    )
    strong = first_above(info.correlations, STRONG)
    if strong is None:
        return f"{start}; after no epoch is it surely above {STRONG}."
    return f"{start}; from epoch {strong + 1} of {len(info.correlations)} on it is surely above {STRONG}."


def _correlation(one: RankCorrelation) -> str:
    low, high = signed(one.interval.low, 2), signed(one.interval.high, 2)
    return f"{signed(one.value, 2)} (95{SPACE}% interval {low} to {high})"


def ranks_table(info: RanksInfo) -> WhyTable:
    rows = tuple(
        (f"epoch {epoch}", _correlation(one), str(one.networks))
        for epoch, one in enumerate(info.correlations, start=1)
        if one
    )
    return WhyTable(("After", "Rank correlation (95 % interval)", "Networks"), rows)


def ranks_section(info: RanksInfo) -> WhySection:
    hint = "Trials that were stopped early have no final accuracy, so this is of those that a stopping rule let pass."
    sampled = f" {counted(info.networks, 'network')} of {info.of_networks:,}, evenly spread over the search."
    return WhySection(
        part="ranks",
        title="Early and final accuracy",
        label="Rank correlation of the accuracy after each epoch with the final int8 accuracy",
        sentences=(ranks_sentence(info),),
        figure=ranks_figure(info),
        table=ranks_table(info),
        hint=hint + (sampled if info.networks < info.of_networks else ""),
    )
