"""int8 accuracy over float accuracy: what quantisation costs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nas_engine.energy.traces.statistics import t975
from nas_engine.statistics.values import Interval95
from webapp.charts.fronts import shown_points
from webapp.charts.style import BLUE, GREY, VERMILLION, Figure, layout
from webapp.charts.why.section import NOTHING, WhySection, WhyTable
from webapp.charts.why.wording import SPACE, counted, signed
from webapp.queries.explained import TrainedNetworks

ALARMING_POINTS = 1.0
"""Loss by quantisation from which on the sentence counts a network."""
_WORST = 5
_LEAST_COMPARED = 2


class QuantisedPoint(NamedTuple):
    """A network: accuracies in percent, and its trial's number and address."""

    float_percent: float
    int8_percent: float
    number: int
    link: str


class QuantisationInfo(NamedTuple):
    """`mean_points` is int8 less float accuracy over all `networks`, with its interval; `points` are those drawn.

    `alarming` lose more than `ALARMING_POINTS`; `worst` lose most, the greatest loss first. The mean and its interval
    are None under two networks.
    """

    front: tuple[QuantisedPoint, ...]
    others: tuple[QuantisedPoint, ...]
    worst: tuple[QuantisedPoint, ...]
    mean_points: float | None
    interval: Interval95 | None
    alarming: int
    networks: int


def quantisation_info(networks: TrainedNetworks, links: Sequence[str]) -> QuantisationInfo:
    """`links` [n] are addresses of the trials' pages."""
    difference, count = networks.int8_accuracy - networks.float_accuracy, len(networks)
    shown = shown_points(networks.on_front) if count else np.zeros(0, np.int64)

    def points(indices: np.ndarray) -> tuple[QuantisedPoint, ...]:
        return tuple(
            QuantisedPoint(
                round(float(networks.float_accuracy[i]), 2),
                round(float(networks.int8_accuracy[i]), 2),
                int(networks.numbers[i]),
                links[i],
            )
            for i in indices.tolist()
        )

    mean = float(difference.mean()) if count >= _LEAST_COMPARED else None
    return QuantisationInfo(
        front=points(shown[networks.on_front[shown]]),
        others=points(shown[~networks.on_front[shown]]),
        worst=points(np.argsort(difference, kind="stable")[:_WORST]),
        mean_points=mean,
        interval=_interval(difference) if mean is not None else None,
        alarming=int((difference < -ALARMING_POINTS).sum()),
        networks=count,
    )


def _interval(difference: np.ndarray) -> Interval95:
    half = t975(len(difference) - 1) * float(difference.std(ddof=1)) / len(difference) ** 0.5
    return Interval95(float(difference.mean()) - half, float(difference.mean()) + half)


def quantisation_figure(info: QuantisationInfo) -> Figure:
    """Points, and the diagonal on which quantisation costs nothing."""
    drawn = (*info.front, *info.others)
    if not drawn:
        return NOTHING
    ends = [value for point in drawn for value in (point.float_percent, point.int8_percent)]
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "name": "int8 = float",
        "x": [min(ends), max(ends)],
        "y": [min(ends), max(ends)],
        "line": {"color": GREY, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }
    data = [diagonal]
    if info.others:
        data.append(_points("Other networks", info.others, BLUE, 6, 0.5))
    if info.front:
        data.append(_points("Pareto front over energy", info.front, VERMILLION, 9, 1.0))
    return {"data": data, "layout": layout("Float accuracy (%)", "int8 accuracy (%)")}


def _points(name: str, points: Sequence[QuantisedPoint], colour: str, size: int, opacity: float) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [point.float_percent for point in points],
        "y": [point.int8_percent for point in points],
        "text": [f"trial {point.number}" for point in points],
        "customdata": [point.link for point in points],
        "hovertemplate": "%{text}<br>float %{x}%, int8 %{y}%<extra></extra>",
        "marker": {"color": colour, "size": size, "opacity": opacity},
    }


def quantisation_sentence(info: QuantisationInfo) -> str:
    """Mean difference with its interval, how many lose much, and who loses most."""
    if info.mean_points is None or info.interval is None:
        return f"Not enough networks: {info.networks} of the {_LEAST_COMPARED} have completed that a mean loss takes."
    within = f"95{SPACE}% interval {signed(info.interval.low, 2)} to {signed(info.interval.high, 2)}"
    mean = f"int8 less float accuracy is {signed(info.mean_points, 2)} points on average ({within})"
    found = f"Over {counted(info.networks, 'network')}, {mean}"
    worst = info.worst[0]
    loss = worst.float_percent - worst.int8_percent
    if loss <= 0:
        return f"{found}; no network loses by quantisation."
    verb = "loses" if info.alarming == 1 else "lose"
    return (
        f"{found}; {info.alarming:,} {verb} more than {ALARMING_POINTS:g} point, and trial {worst.number} loses most, "
        f"{loss:.1f} points."
    )


def quantisation_table(info: QuantisationInfo) -> WhyTable:
    """The front, and the networks that lose most."""
    seen = {point.number: point for point in (*info.worst, *info.front)}
    rows = tuple(
        (
            f"trial {point.number}",
            f"{point.float_percent:.1f}{SPACE}%",
            f"{point.int8_percent:.1f}{SPACE}%",
            f"{signed(point.int8_percent - point.float_percent, 1)}{SPACE}points",
        )
        for point in sorted(seen.values(), key=lambda one: one.int8_percent - one.float_percent)
    )
    return WhyTable(("Trial", "Float accuracy", "int8 accuracy", "Difference"), rows)


def quantisation_section(networks: TrainedNetworks, links: Sequence[str]) -> WhySection:
    info = quantisation_info(networks, links)
    drawn = len(info.front) + len(info.others)
    sampled = f"{drawn} of {counted(info.networks, 'network')} are drawn: the front and, evenly, others. "
    return WhySection(
        part="quantisation",
        title="Accuracy before and after quantisation",
        label="int8 accuracy of each network over its float accuracy, with the diagonal of no loss",
        sentences=(quantisation_sentence(info),),
        figure=quantisation_figure(info),
        table=quantisation_table(info),
        hint=f"{sampled if drawn < info.networks else ''}The table has the front and the networks that lose most.",
    )
