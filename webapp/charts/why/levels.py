"""Mean result by kind, kernel size and filters of each block: a heat map over the positions."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from nas_engine.statistics.explanation.factors import Aspect, Factor
from nas_engine.statistics.explanation.levels import LevelMean, level_means
from nas_engine.statistics.values import Interval95
from webapp.charts.style import Figure, layout
from webapp.charts.why.section import NOTHING, WhySection, WhyTable
from webapp.charts.why.wording import (
    GOAL_AXES,
    GOAL_NAMES,
    SPACE,
    counted,
    difference_in_words,
    figure_in_words,
    interval_in_words,
    kind_label,
    level_in_words,
)
from webapp.queries.explained import Goal, TrainedNetworks

LEAST_COMPARED = 5
"""Networks with a level, and without it, from which on the two are compared."""
VIRIDIS = [
    [0.0, "#440154"], [0.125, "#482878"], [0.25, "#3e4a89"], [0.375, "#31688e"], [0.5, "#26828e"],
    [0.625, "#1f9e89"], [0.75, "#35b779"], [0.875, "#b5de2b"], [1.0, "#fde725"],
]  # fmt: skip
_SHOWN_ASPECTS: tuple[Aspect, ...] = ("filters", "kernel_size", "kind")  # from the bottom of the chart


class LevelsInfo(NamedTuple):
    """`rows` of the heat map from the bottom, `positions` counted from 1, cells [rows][positions].

    `greatest` is the level whose networks differ most from all others: its words, the difference of the means and its
    interval, widened for the number of levels compared (`compared`); None where nothing is to be compared.
    """

    goal: Goal
    rows: tuple[str, ...]
    positions: tuple[int, ...]
    cells: tuple[tuple[LevelMean | None, ...], ...]
    greatest: tuple[str, float, Interval95] | None
    compared: int
    networks: int


def levels_info(networks: TrainedNetworks, goal: Goal) -> LevelsInfo:
    factors, results = networks.factors.factors, networks.of(goal)
    codes = networks.factors.codes(networks.options)
    means = [level_means(codes[:, i], len(one.levels), results) for i, one in enumerate(factors)]
    rows = _rows(factors)
    table: list[list[LevelMean | None]] = [[None] * len(networks.space.positions) for _ in rows]
    for factor, own in zip(factors, means, strict=True):
        for value, mean in zip(factor.levels, own, strict=True):
            table[rows.index((factor.aspect, value))][factor.position] = mean
    differences = [
        (level_in_words(factor, level), *found)
        for factor, own in zip(factors, means, strict=True)
        for level, mean in enumerate(own)
        if (found := _difference(mean, results)) is not None
    ]
    return LevelsInfo(
        goal=goal,
        rows=tuple(_row_label(*row) for row in rows),
        positions=tuple(range(1, len(networks.space.positions) + 1)),
        cells=tuple(map(tuple, table)),
        greatest=_greatest(differences),
        compared=len(differences),
        networks=len(networks),
    )


def _rows(factors: tuple[Factor, ...]) -> list[tuple[Aspect, str]]:
    """Levels of all positions: filters and kernel sizes ascending, then kinds."""
    rows: list[tuple[Aspect, str]] = []
    for aspect in _SHOWN_ASPECTS:
        values = dict.fromkeys(value for one in factors if one.aspect == aspect for value in one.levels)
        rows += [(aspect, value) for value in (values if aspect == "kind" else sorted(values, key=int))]
    return rows


def _row_label(aspect: Aspect, value: str) -> str:
    return (
        kind_label(value, short=True)
        if aspect == "kind"
        else f"{value} filters"
        if aspect == "filters"
        else f"kernel {value}"
    )


def _difference(mean: LevelMean | None, results: np.ndarray) -> tuple[float, float] | None:
    """Mean of a level less that of all other networks, and its standard error (Welch)."""
    others = len(results) - mean.networks if mean else 0
    if mean is None or mean.deviation is None or min(mean.networks, others) < LEAST_COMPARED:
        return None
    rest = (results.sum() - mean.networks * mean.mean) / others
    squares = (results**2).sum() - mean.networks * mean.mean**2 - (mean.networks - 1) * mean.deviation**2
    variance = max(squares - others * rest**2, 0.0) / (others - 1)
    return mean.mean - float(rest), float((mean.deviation**2 / mean.networks + variance / others) ** 0.5)


def _greatest(differences: list[tuple[str, float, float]]) -> tuple[str, float, Interval95] | None:
    if not differences:
        return None
    words, difference, error = max(differences, key=lambda one: abs(one[1]) / (one[2] or 1e-12))
    half = NormalDist().inv_cdf(1 - 0.025 / len(differences)) * error
    return words, difference, Interval95(difference - half, difference + half)


def levels_figure(info: LevelsInfo) -> Figure:
    """Colours for the means; a cell's hover text has mean, spread and number of networks."""
    known = [cell for row in info.cells for cell in row if cell]
    if not known:
        return NOTHING
    heights = list(range(len(info.rows)))
    cells = {
        "type": "heatmap",
        "x": list(info.positions),
        "y": heights,
        "z": [[None if cell is None else float(f"{cell.mean:.5g}") for cell in row] for row in info.cells],
        "text": [
            [
                f"block {n}, {label}<br>{_cell_in_words(info.goal, cell)}"
                for n, cell in zip(info.positions, row, strict=True)
            ]
            for label, row in zip(info.rows, info.cells, strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "hoverongaps": False,
        "colorscale": VIRIDIS,
        "colorbar": {"title": {"text": GOAL_AXES[info.goal], "side": "right"}, "thickness": 12, "outlinewidth": 0},
        "xgap": 1,
        "ygap": 1,
    }
    axes = layout("Block", "")
    axes["xaxis"] |= {"tickvals": list(info.positions), "ticktext": [str(n) for n in info.positions], "showgrid": False}
    axes["yaxis"] |= {"tickvals": heights, "ticktext": list(info.rows), "showgrid": False}
    return {"data": [cells], "layout": axes}


def _cell_in_words(goal: Goal, cell: LevelMean | None) -> str:
    if cell is None:
        return "no network"
    spread = "" if cell.deviation is None else f" ± {difference_in_words(goal, cell.deviation)}"
    return f"{figure_in_words(goal, cell.mean)}{spread}, {counted(cell.networks, 'network')}"


def levels_sentence(info: LevelsInfo) -> str:
    """The level whose networks differ most from all others."""
    if info.greatest is None:
        return (
            f"Not enough networks to compare levels: {info.networks} have completed, and a level is compared with the "
            f"others from {LEAST_COMPARED} networks on either side."
        )
    words, difference, interval = info.greatest
    name, levels = GOAL_NAMES[info.goal], counted(info.compared, "level")
    if interval.includes(0.0):
        return (
            f"No level stands out: networks with {words} differ most from all others in {name}, by "
            f"{difference_in_words(info.goal, difference)}, which the greatest of {levels} reaches by chance."
        )
    amounts = interval if difference > 0 else Interval95(-interval.high, -interval.low)
    return (
        f"Networks with {words} have {difference_in_words(info.goal, difference)} "
        f"{'more' if difference > 0 else 'less'} {name} than all others (95{SPACE}% interval "
        f"{interval_in_words(info.goal, amounts, of_amounts=True)}, widened because it is the clearest of {levels})."
    )


def levels_table(networks: TrainedNetworks, goal: Goal) -> WhyTable:
    """Every option at every position, by its parts: mean, standard deviation, networks."""
    results, rows = networks.of(goal), []
    for number, position in enumerate(networks.space.positions):
        means = level_means(networks.options[:, number], len(position.options), results)
        for block, mean in zip(position.options, means, strict=True):
            if mean:
                spread = "–" if mean.deviation is None else difference_in_words(goal, mean.deviation)
                cells = (figure_in_words(goal, mean.mean), spread, f"{mean.networks:,}")
                rows.append((f"block {number + 1}: {_option_in_words(block.label)}", *cells))
    return WhyTable(("Option", f"Mean {GOAL_NAMES[goal]}", "Standard deviation", "Networks"), tuple(rows))


def _option_in_words(label: str) -> str:
    return label.replace("_", " ")


def levels_section(networks: TrainedNetworks, goal: Goal) -> WhySection:
    info = levels_info(networks, goal)
    return WhySection(
        part="levels",
        title=f"Mean {GOAL_NAMES[goal]} by choice and block",
        label=f"Heat map of mean {GOAL_NAMES[goal]} over kind, kernel size and filters of each block",
        sentences=(levels_sentence(info),),
        figure=levels_figure(info),
        table=levels_table(networks, goal),
        hint=(
            "Means are of the networks that the search trained: a search takes good choices together, so a mean also "
            "holds what else those networks have. The table has every option."
        ),
        size="tall",
    )
