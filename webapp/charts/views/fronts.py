"""Fronts of a study besides those that its page always shows: flash over energy, accuracy over latency, and all three
objectives in space.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine import pareto
from webapp.charts.fronts import BaselinePoint, FrontInfo, FrontPoint, front_figure
from webapp.charts.style import BLUE, GREY, VERMILLION, Figure, Mark, fitting, logarithmic, percent
from webapp.charts.why.section import NO_ROWS, NOTHING, WhySection, WhyTable
from webapp.charts.why.wording import SPACE, counted

MOST_ROWS = 100
FLASH_TITLE = "Size of the .tflite file (kB)"


@dataclass(frozen=True, slots=True)
class Networks:
    """Completed trials [n] to show, with mark and, by its place, text for each; `accuracy` in percent,
    `latency_ms` NaN where unknown.

    `links` lead to their pages. Trials whose mark is "chance" are on no front.
    """

    numbers: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    energy_mj: NDArray[np.float64]
    flash_kb: NDArray[np.float64]
    latency_ms: NDArray[np.float64]
    text: Callable[[int], str]
    links: Sequence[str]
    marks: Sequence[Mark]

    def __len__(self) -> int:
        return len(self.numbers)

    def front(self, *columns: NDArray[np.float64], maximise: Sequence[bool]) -> NDArray[np.bool_]:
        """Which of them are on the front of these columns [n]."""
        judged = np.column_stack(columns)
        judged[[mark == "chance" for mark in self.marks]] = np.nan
        return pareto.front(judged, maximise)


@dataclass(frozen=True, slots=True)
class Published:
    """A baseline with its costs; accuracy in percent, latency None where it is unknown."""

    name: str
    accuracy: float
    energy_mj: float
    flash_kb: float
    latency_ms: float | None
    text: str
    link: str


def _points(
    of: Networks, x: NDArray[np.float64], y: NDArray[np.float64], front: NDArray[np.bool_], shown: NDArray[np.int64]
) -> tuple[tuple[FrontPoint, ...], tuple[FrontPoint, ...]]:
    """Points on the front, from left to right, and the others that are `shown`."""
    made = {
        i: FrontPoint(round(float(x[i]), 4), round(float(y[i]), 3), fitting(of.text(i)), of.links[i], of.marks[i])
        for i in shown.tolist()
    }
    on = tuple(
        sorted({point for i, point in made.items() if front[i]}, key=lambda point: (point.x, point.accuracy_percent))
    )
    return on, tuple(point for i, point in made.items() if not front[i])


def energy_flash_section(
    of: Networks,
    baselines: Sequence[Published],
    shown: NDArray[np.int64],
    energy_tags: Sequence[str],
    unfinished: Sequence[FrontPoint],
) -> WhySection:
    """Size of the file over energy, both to be low, whatever the accuracy."""
    front = of.front(of.energy_mj, of.flash_kb, maximise=(False, False))
    shown = np.union1d(shown, np.flatnonzero(front))
    on, others = _points(of, of.energy_mj, of.flash_kb, front, shown)
    info = FrontInfo(
        resource="energy",
        energy_tags=tuple(energy_tags),
        threshold=None,
        front=on,
        others=others,
        left_out=len(of) - len(shown),
        baselines=tuple(BaselinePoint(one.name, one.energy_mj, one.flash_kb, one.text, one.link) for one in baselines),
        accuracy_title=FLASH_TITLE,
        unfinished=tuple(unfinished),
    )
    figure = front_figure(info) if len(of) or baselines else NOTHING
    if baselines:
        logarithmic(figure["layout"]["yaxis"])
    return WhySection(
        part="energy-flash",
        title="Flash over energy",
        label="Size of the file of each trial over its energy per inference, with the Pareto front of both",
        sentences=(_energy_flash_sentence(of, front),),
        figure=figure,
        table=_table(of, front, of.energy_mj),
    )


def _energy_flash_sentence(of: Networks, front: NDArray[np.bool_]) -> str:
    if not front.any():
        return "No completed trial lies above chance yet."
    at = np.flatnonzero(front)
    least, smallest = at[np.argmin(of.energy_mj[at])], at[np.argmin(of.flash_kb[at])]
    if least == smallest:
        both = (
            f"Trial {of.numbers[least]} has both the lowest energy, {of.energy_mj[least]:.2f}{SPACE}mJ, and the "
            f"smallest file, {of.flash_kb[least]:.1f}{SPACE}kB, of all trials above chance"
        )
    else:
        both = (
            f"The lowest energy is {of.energy_mj[least]:.2f}{SPACE}mJ (trial {of.numbers[least]}), the smallest file "
            f"{of.flash_kb[smallest]:.1f}{SPACE}kB (trial {of.numbers[smallest]})"
        )
    return f"{both}; {counted(int(front.sum()), 'trial')} of {len(of):,} cannot be undercut in both at once."


def latency_section(
    of: Networks, baselines: Sequence[Published], shown: NDArray[np.int64], source: str, accuracy_title: str,
    chance: float | None,
) -> WhySection:  # fmt: skip
    """Accuracy over latency, of the trials whose latency is known."""
    known = ~np.isnan(of.latency_ms)
    front = of.front(of.accuracy, of.latency_ms, maximise=(True, False))
    shown = np.union1d(shown[known[shown]], np.flatnonzero(front))
    on, others = _points(of, of.latency_ms, of.accuracy, front, shown)
    info = FrontInfo(
        resource="latency",
        energy_tags=(source,),
        threshold=None,
        front=on,
        others=others,
        left_out=int(known.sum()) - len(shown),
        baselines=tuple(
            BaselinePoint(one.name, one.latency_ms, one.accuracy, one.text, one.link)
            for one in baselines
            if one.latency_ms is not None
        ),
        chance_percent=None if chance is None else percent(chance),
        accuracy_title=accuracy_title,
    )
    return WhySection(
        part="latency",
        title="Accuracy over latency",
        label="Accuracy of each trial over its latency, with the Pareto front",
        sentences=(_latency_sentence(of, known, front, source),),
        figure=front_figure(info),
        table=_table(of, front, of.latency_ms, with_latency=True),
    )


def _latency_sentence(of: Networks, known: NDArray[np.bool_], front: NDArray[np.bool_], source: str) -> str:
    known_words = f"The latency of {int(known.sum()):,} of {counted(len(of), 'trial')} is known, {source}"
    if not front.any():
        return f"{known_words}; none of them lies above chance."
    at = np.flatnonzero(front)
    fastest, best = at[np.argmin(of.latency_ms[at])], at[np.argmax(of.accuracy[at])]
    if fastest == best:
        return f"{known_words}. Trial {of.numbers[best]} is both the fastest above chance and the most accurate."
    return (
        f"{known_words}. The front goes from {of.latency_ms[fastest]:.3g}{SPACE}ms at "
        f"{of.accuracy[fastest]:.1f}{SPACE}% (trial {of.numbers[fastest]}) to {of.latency_ms[best]:.3g}{SPACE}ms at "
        f"{of.accuracy[best]:.1f}{SPACE}% (trial {of.numbers[best]})."
    )


def space_section(
    of: Networks, baselines: Sequence[Published], shown: NDArray[np.int64], accuracy_title: str, chosen: Sequence[int]
) -> WhySection:
    """Accuracy, energy and flash in space, with the front of all three."""
    front = of.front(of.accuracy, of.energy_mj, of.flash_kb, maximise=(True, False, False))
    shown = np.union1d(shown, np.flatnonzero(front))
    others = shown[~front[shown]]
    picked = np.flatnonzero(np.isin(of.numbers, chosen))
    traces = [
        _cloud(of, "Other trials", others, {"color": GREY, "size": 3, "opacity": 0.5}),
        _cloud(
            of,
            "Pareto front of all three",
            np.flatnonzero(front),
            {"color": VERMILLION, "size": 4, "symbol": "diamond"},
        ),
        _baselines_cloud(baselines),
        _cloud(of, "Chosen", picked, {"color": BLUE, "size": 8, "symbol": "circle-open"}),
    ]
    axes = {
        "xaxis": {"title": {"text": "Energy (mJ)"}, "type": "log"},
        "yaxis": {"title": {"text": "File (kB)"}, "type": "log"},
        "zaxis": {"title": {"text": accuracy_title}},
    }
    layout = {
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "legend": {"orientation": "h", "x": 0, "y": 1, "xanchor": "left"},
        "scene": {**axes, "camera": {"eye": {"x": -1.5, "y": -1.5, "z": 0.9}}},
    }
    return WhySection(
        part="space",
        title="Accuracy, energy and flash in space",
        label="Accuracy over energy and size of the file of each trial in space, with the Pareto front of all three",
        sentences=(_space_sentence(of, front),),
        figure={"data": [trace for trace in traces if trace["x"]], "layout": layout} if len(of) else NOTHING,
        table=_table(of, front, of.energy_mj),
        hint="Drag to turn, scroll to come closer.",
        size="tall",
    )


def _cloud(of: Networks, name: str, at: NDArray[np.int64], marker: Figure) -> Figure:
    places = at.tolist()
    return {
        "type": "scatter3d",
        "mode": "markers",
        "name": name,
        "x": of.energy_mj[at].round(4).tolist(),
        "y": of.flash_kb[at].round(3).tolist(),
        "z": of.accuracy[at].round(2).tolist(),
        "text": [fitting(of.text(i)) for i in places],
        "customdata": [of.links[i] for i in places],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": marker,
    }


def _baselines_cloud(baselines: Sequence[Published]) -> Figure:
    return {
        "type": "scatter3d",
        "mode": "markers",
        "name": "Baseline",
        "x": [one.energy_mj for one in baselines],
        "y": [one.flash_kb for one in baselines],
        "z": [one.accuracy for one in baselines],
        "text": [fitting(one.text) for one in baselines],
        "customdata": [one.link for one in baselines],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": BLUE, "size": 5, "symbol": "square"},
    }


def _space_sentence(of: Networks, front: NDArray[np.bool_]) -> str:
    if not front.any():
        return "No completed trial lies above chance yet."
    over_energy = of.front(of.accuracy, of.energy_mj, maximise=(True, False))
    over_flash = of.front(of.accuracy, of.flash_kb, maximise=(True, False))
    only = int((front & ~over_energy & ~over_flash).sum())
    alone = (
        f"{only:,} of them {'is' if only == 1 else 'are'} on neither the front over energy nor the one over flash"
        if only
        else "each of them is on the front over energy or on the one over flash, too"
    )
    return f"{counted(int(front.sum()), 'trial')} of {len(of):,} cannot be beaten in all three at once; {alone}."


def _table(
    of: Networks, front: NDArray[np.bool_], along: NDArray[np.float64], *, with_latency: bool = False
) -> WhyTable:
    """The front, from the least value `along` [n] on, at most `MOST_ROWS`."""
    at = np.flatnonzero(front)
    if not len(at):
        return NO_ROWS
    at = at[np.argsort(along[at], kind="stable")][:MOST_ROWS]
    headings = ("Trial", *(("Latency (ms)",) if with_latency else ()), "Accuracy (%)", "Energy (mJ)", "Flash (kB)")
    rows = []
    for i in at.tolist():
        latency = (f"{of.latency_ms[i]:.4g}",) if with_latency else ()
        rows.append(
            (str(of.numbers[i]), *latency, f"{of.accuracy[i]:.2f}", f"{of.energy_mj[i]:.3f}", f"{of.flash_kb[i]:.2f}")
        )
    return WhyTable(headings, tuple(rows))
