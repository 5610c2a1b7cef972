"""Hypervolume of the Pareto fronts of a study over its trials and over its hours.

The hypervolume is the area that the trials dominate between a reference point and the origin of costs; here as a share
of that whole area, so that fronts over energy and over flash share an axis. The reference point is chance (0 where that
is unknown) at the cost of the dearest completed trial above chance; trials at chance add nothing. It moves when a
dearer trial completes: the whole course is then taken from the new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.pareto import hypervolume_2d_steps
from webapp.charts.style import BLUE, VERMILLION, Figure, layout, percent, whole_numbers
from webapp.charts.why.section import NO_ROWS, NOTHING, WhySection, WhyTable, evenly
from webapp.charts.why.wording import SPACE, counted

TABLE_ROWS = 11
_MILESTONES = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class FrontCourse:
    """Share (0..1) of the area between `reference_cost` and 0 that the front dominates after each trial [n], in the
    order of the axis. `cost` names it with its unit in words, such as "12.3 mJ".
    """

    name: str
    shares: NDArray[np.float64]
    reference_cost: str


@dataclass(frozen=True, slots=True)
class HypervolumeInfo:
    """`x` [n] is each trial's number, or the hours after which it ended; `numbers` [n] name the trials."""

    x: NDArray[np.float64]
    numbers: NDArray[np.int64]
    courses: tuple[FrontCourse, ...]
    chance: float
    by_hours: bool

    def __len__(self) -> int:
        return len(self.x)


def front_shares(
    cost: NDArray[np.float64], accuracy: NDArray[np.float64], above_chance: NDArray[np.bool_], chance: float
) -> tuple[NDArray[np.float64], float]:
    """Shares [n] after each of the trials [n], in their order, and the cost of the reference point (0: none)."""
    reference = float(cost[above_chance].max()) if above_chance.any() else 0.0
    whole = reference * (1 - chance)
    if not whole > 0:
        return np.zeros(len(cost)), reference
    points = np.where(above_chance[:, np.newaxis], np.column_stack([accuracy, cost]), np.nan)
    return hypervolume_2d_steps(points, (chance, reference), maximise=(True, False)) / whole, reference


def hypervolume_info(
    *,
    x: NDArray[np.float64],
    numbers: NDArray[np.int64],
    accuracy: NDArray[np.float64],
    energy_mj: NDArray[np.float64],
    flash_kb: NDArray[np.float64],
    above_chance: NDArray[np.bool_],
    chance: float,
    by_hours: bool = False,
) -> HypervolumeInfo:
    """Of completed trials as columns [n], in any order; those whose `x` is NaN are left out."""
    order = np.argsort(x, kind="stable")
    order = order[~np.isnan(x[order])]
    courses = []
    for name, cost, unit in (
        ("Accuracy and energy", energy_mj, "{:.2f} mJ"),
        ("Accuracy and flash", flash_kb, "{:.1f} kB"),
    ):
        shares, reference = front_shares(cost[order], accuracy[order], above_chance[order], chance)
        courses.append(FrontCourse(name, shares, unit.format(reference)))
    return HypervolumeInfo(x[order], numbers[order], tuple(courses), chance, by_hours)


def hypervolume_figure(info: HypervolumeInfo) -> Figure:
    """A line of steps a front: at each trial that made it grow, and at the last."""
    if not any(course.shares.any() for course in info.courses):
        return NOTHING
    axes = layout("Hours since the first trial began" if info.by_hours else "Trial", "Hypervolume (% of the whole)")
    if not info.by_hours:
        whole_numbers(axes["xaxis"], int(info.numbers.max()))
    data = [_line(info, course, colour) for course, colour in zip(info.courses, (VERMILLION, BLUE), strict=True)]
    return {"data": data, "layout": axes}


def _line(info: HypervolumeInfo, course: FrontCourse, colour: str) -> Figure:
    grew = np.diff(course.shares, prepend=-1.0) > 0
    grew[-1] = True
    at = np.flatnonzero(grew).tolist()
    return {
        "type": "scatter",
        "mode": "lines",
        "name": course.name,
        "x": [round(float(info.x[i]), 4) for i in at],
        "y": [percent(float(course.shares[i])) for i in at],
        "text": [f"after trial {info.numbers[i]}" for i in at],
        "hovertemplate": "%{y:.2f} % %{text}<extra></extra>",
        "line": {"color": colour, "width": 2.5, "shape": "hv"},
    }


def hypervolume_sentences(info: HypervolumeInfo) -> tuple[str, ...]:
    """For each front what it covers, when it had covered most of that, and since when it has not grown."""
    if not any(course.shares.any() for course in info.courses):
        return ("No completed trial lies above chance and below the dearest one's cost yet: there is no hypervolume.",)
    reference = " and ".join(course.reference_cost for course in info.courses)
    stated = (
        f"The reference point is {'chance, ' if info.chance else ''}{100 * info.chance:.1f}{SPACE}% accuracy, at the "
        f"costs of the dearest completed trials above chance, {reference}; 100{SPACE}% would be all sounds right at "
        "no cost."
    )
    return (*(_sentence(info, course) for course in info.courses if course.shares.any()), stated)


def _sentence(info: HypervolumeInfo, course: FrontCourse) -> str:
    last = float(course.shares[-1])
    reached = [int(np.argmax(course.shares >= share * last)) for share in _MILESTONES]
    half, most = (_moment(info, place) for place in reached)
    latest = int(np.argmax(course.shares >= last))
    since = len(info) - 1 - latest
    grown = f"it has not grown in the {counted(since, 'trial')} since" if since else "it grew with the last trial"
    return (
        f"{course.name}: the front covers {100 * last:.1f}{SPACE}%. Half of that was covered {half}, 90{SPACE}% "
        f"{most}, all of it {_moment(info, latest)}; {grown}."
    )


def _moment(info: HypervolumeInfo, place: int) -> str:
    number = info.numbers[place]
    return f"after {info.x[place]:.2f}{SPACE}h (trial {number})" if info.by_hours else f"after trial {number}"


def hypervolume_table(info: HypervolumeInfo) -> WhyTable:
    """At evenly spread trials, or after evenly spread hours."""
    if not len(info):
        return NO_ROWS
    headings = ("Trial", *(("Hours",) if info.by_hours else ()), *(f"{course.name} (%)" for course in info.courses))
    return WhyTable(headings, tuple(_row(info, place) for place in _places(info)))


def _places(info: HypervolumeInfo) -> Sequence[int]:
    if not info.by_hours:
        return evenly(len(info), TABLE_ROWS)
    moments = np.linspace(info.x[0], info.x[-1], TABLE_ROWS)
    found: list[int] = np.unique(np.searchsorted(info.x, moments, side="right") - 1).tolist()
    return found


def _row(info: HypervolumeInfo, place: int) -> tuple[str, ...]:
    hours = (f"{info.x[place]:.2f}",) if info.by_hours else ()
    return str(info.numbers[place]), *hours, *(f"{100 * course.shares[place]:.2f}" for course in info.courses)


def hypervolume_section(info: HypervolumeInfo) -> WhySection:
    over = "hours" if info.by_hours else "trials"
    return WhySection(
        part=f"hypervolume-{over}",
        title=f"Hypervolume over {over}",
        label=f"Hypervolume of the Pareto fronts over energy and over flash, over {over}",
        sentences=hypervolume_sentences(info),
        figure=hypervolume_figure(info),
        table=hypervolume_table(info),
        hint="Time in which the study was paused counts." if info.by_hours else "",
    )
