"""Figure 6 of the paper: mean energy against mean int8 accuracy of finalists and baselines, with error bars."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from django.urls import reverse

from nas_engine.energy.traces.statistics import RepeatStatistics
from webapp.charts.style import BLUE, GREY, VERMILLION, Figure, fitting, layout, logarithmic, percent
from webapp.queries.finals import FinalNetwork
from webapp.queries.opening_statistics import later_opening_words

Split = Literal["evaluation", "test"]
LATER_MARK = "§"
_MOST_LABELS = 4  # names next to more points would cover one another; the hover text has them all
_NAMES: dict[Split, str] = {"evaluation": "evaluation split", "test": "test split"}


class NetworkPoint(NamedTuple):
    """One network: mean energy in mJ, mean accuracy (0..1), standard deviation over `seeds` (0..1, None of one).

    `opening` numbers the opening of the test split that the accuracy is of, 0 on the evaluation split.
    """

    name: str
    energy_mj: float
    accuracy: float
    sd: float | None
    seeds: int
    link: str
    is_baseline: bool = False
    opening: int = 0

    @property
    def marked_name(self) -> str:
        """The name, with § where the accuracy is of a later opening."""
        return f"{self.name}{LATER_MARK}" if self.opening > 1 else self.name

    @property
    def hover_text(self) -> str:
        """The marked name in bold, and what its mark means."""
        name = f"<b>{self.marked_name}</b>"
        return fitting(f"{name}<br>{LATER_MARK} {later_opening_words(self.opening)}") if self.opening > 1 else name


class FinalsInfo(NamedTuple):
    """Points by split, as given, and the kinds of their energies."""

    points: dict[Split, tuple[NetworkPoint, ...]]
    energy_tags: tuple[str, ...]


def finals_info(
    evaluation: Sequence[NetworkPoint], test: Sequence[NetworkPoint], energy_tags: Sequence[str] = ()
) -> FinalsInfo:
    """Networks without energy are left out: a logarithmic axis has no place for them."""
    points: dict[Split, tuple[NetworkPoint, ...]] = {
        "evaluation": tuple(point for point in evaluation if point.energy_mj > 0),
        "test": tuple(point for point in test if point.energy_mj > 0),
    }
    return FinalsInfo(points, tuple(energy_tags))


def finals_points(networks: Sequence[tuple[str, FinalNetwork]]) -> FinalsInfo:
    """Points of networks, given by name, with trained seeds; each links to its first trained seed."""
    shown = [(name, one) for name, one in networks if one.completed]
    tags = sorted({one.estimate.tag for _, one in shown if one.estimate} - {""})
    evaluation = [_point(name, one, one.accuracy) for name, one in shown]
    test = [_point(name, one, one.test_accuracy, one.opening.number) for name, one in shown if one.opening is not None]
    return finals_info([one for one in evaluation if one], [one for one in test if one], tags)


def _point(name: str, network: FinalNetwork, found: RepeatStatistics | None, opening: int = 0) -> NetworkPoint | None:
    if found is None or network.estimate is None:
        return None
    first = network.completed[0].trial
    return NetworkPoint(
        name,
        network.estimate.energy_mj or 0.0,
        found.mean,
        found.sd,
        found.n,
        reverse("trial", args=[first.study_id, first.number]),
        network.is_baseline,
        opening,
    )


def finals_figure(info: FinalsInfo) -> Figure:
    """Filled marks of the test split, open ones of the evaluation split; the bars are one standard deviation."""
    tag = f", {', '.join(info.energy_tags)}" if info.energy_tags else ""
    axes = layout(f"Energy per inference (mJ{tag})", "int8 accuracy (%), mean over seeds")
    logarithmic(axes["xaxis"])
    traces = [_trace(info, split, is_baseline) for split in info.points for is_baseline in (False, True)]
    return {"data": [trace for trace in traces if trace is not None], "layout": axes}


def _trace(info: FinalsInfo, split: Split, is_baseline: bool) -> dict[str, Any] | None:
    points = [point for point in info.points[split] if point.is_baseline == is_baseline]
    if not points:
        return None
    kind, colour = ("Baseline", VERMILLION) if is_baseline else ("Finalist", BLUE)
    symbol = "diamond" if is_baseline else "circle"
    return {
        "type": "scatter",
        "mode": "markers+text" if split == "test" and len(points) <= _MOST_LABELS else "markers",
        "name": f"{kind}, {_NAMES[split]}",
        "x": [point.energy_mj for point in points],
        "y": [percent(point.accuracy) for point in points],
        "error_y": {
            "type": "data",
            "array": [percent(point.sd or 0.0) for point in points],
            "color": colour if split == "test" else GREY,
            "thickness": 1.5,
        },
        "text": [point.marked_name for point in points],
        "hovertext": [point.hover_text for point in points],
        "textposition": "top center",
        "customdata": [point.link for point in points],
        "marker": {
            "color": colour,
            "size": 9,
            "symbol": symbol if split == "test" else f"{symbol}-open",
        },
        "hovertemplate": f"%{{hovertext}}<br>%{{x:.3g}} mJ<br>%{{y}} %, {_NAMES[split]}<extra></extra>",
    }
