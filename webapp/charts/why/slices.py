"""Mean result over the levels of the leading choices, and over the levels of two of them together."""

from collections.abc import Sequence
from typing import NamedTuple

from nas_engine.energy.traces.statistics import interval95
from nas_engine.statistics.explanation.factors import Factor
from nas_engine.statistics.explanation.importance import ChoiceImportance
from nas_engine.statistics.explanation.levels import LevelMean, level_means, pair_means
from nas_engine.statistics.values import Interval95
from webapp.charts.style import BLUE, ORANGE, PURPLE, Figure, layout
from webapp.charts.why.levels import VIRIDIS
from webapp.charts.why.section import NO_ROWS, NOTHING, WhySection, WhyTable
from webapp.charts.why.wording import (
    GOAL_AXES,
    GOAL_NAMES,
    SPACE,
    counted,
    difference_in_words,
    factor_in_words,
    factor_label,
    figure_in_words,
    interval_in_words,
    level_in_words,
    level_label,
)
from webapp.queries.explained import Goal, TrainedNetworks

SLICES = 3
LEAST_TOGETHER = 5
"""Networks of a pair of levels from which on the sentence names it."""
_COLOURS = (BLUE, ORANGE, PURPLE)
_NOT_KNOWN = "Not enough networks to say which choices lead: see the importances above."


class Slice(NamedTuple):
    """A choice with the mean at each of its levels, None where no network is."""

    factor: Factor
    means: tuple[LevelMean | None, ...]


class SlicesInfo(NamedTuple):
    """The leading choices of a goal, the greatest share first; none where importances are not known.

    `is_by_chance` where the greatest share may be chance.
    """

    goal: Goal
    slices: tuple[Slice, ...]
    is_by_chance: bool


class PairInfo(NamedTuple):
    """The two leading choices and the means of their levels together: rows are levels of the first.

    `is_by_chance` where the share of one of them may be chance.
    """

    goal: Goal
    first: Factor
    second: Factor
    means: tuple[tuple[LevelMean | None, ...], ...]
    is_by_chance: bool


def leading(found: ChoiceImportance | None, count: int) -> list[int]:
    """Indices of the choices with the greatest shares."""
    if found is None:
        return []
    return sorted(range(len(found.shares)), key=lambda index: -found.shares[index].value)[:count]


def slices_info(networks: TrainedNetworks, goal: Goal, found: ChoiceImportance | None) -> SlicesInfo:
    codes, factors = networks.factors.codes(networks.options), networks.factors.factors
    return SlicesInfo(
        goal,
        tuple(
            Slice(factors[i], level_means(codes[:, i], len(factors[i].levels), networks.of(goal)))
            for i in leading(found, SLICES)
        ),
        is_by_chance=_is_by_chance(found, 1),
    )


def _is_by_chance(found: ChoiceImportance | None, count: int) -> bool:
    """Whether one of the `count` greatest shares is not distinguished from 0."""
    return found is not None and not all(found.shares[index].is_distinguished for index in leading(found, count))


def pair_info(networks: TrainedNetworks, goal: Goal, found: ChoiceImportance | None) -> PairInfo | None:
    """None where fewer than two choices have an importance."""
    lead = leading(found, 2)
    if len(lead) < 2:
        return None
    first, second = (networks.factors.factors[index] for index in lead)
    codes = networks.factors.codes(networks.options)[:, lead]
    means = pair_means(codes, (len(first.levels), len(second.levels)), networks.of(goal))
    return PairInfo(goal, first, second, means, _is_by_chance(found, 2))


def mean_interval(mean: LevelMean) -> Interval95 | None:
    """95 % interval of the mean by Student's t, None of one network."""
    if mean.deviation is None:
        return None
    return Interval95(*interval95(mean.mean, mean.deviation, mean.networks))


def slices_figure(info: SlicesInfo) -> Figure:
    """The choices side by side, each with its levels from left to right and 95 % intervals of the means."""
    data, ticks, labels, start = [], [], [], 0
    for one, colour in zip(info.slices, _COLOURS, strict=False):
        shown = [(start + level, level, mean) for level, mean in enumerate(one.means) if mean]
        data.append(_slice_trace(info.goal, one.factor, shown, colour))
        ticks += [start + level for level in range(len(one.means))]
        labels += [level_label(one.factor, level, short=True) for level in range(len(one.means))]
        start += len(one.means) + 1
    if not data:
        return NOTHING
    axes = layout("Level", GOAL_AXES[info.goal])
    axes["xaxis"] |= {"tickvals": ticks, "ticktext": labels, "showgrid": False}
    return {"data": data, "layout": axes}


def _slice_trace(goal: Goal, factor: Factor, shown: Sequence[tuple[int, int, LevelMean]], colour: str) -> Figure:
    halves = [mean_interval(mean) for _, _, mean in shown]
    return {
        "type": "scatter",
        "mode": "lines+markers" if factor.aspect != "kind" else "markers",
        "name": factor_label(factor),
        "x": [x for x, _, _ in shown],
        "y": [round(mean.mean, 4) for _, _, mean in shown],
        "error_y": {
            "type": "data",
            "array": [
                round(half.high - mean.mean, 4) if half else 0.0
                for half, (_, _, mean) in zip(halves, shown, strict=True)
            ],
            "color": colour,
        },
        "text": [f"{level_in_words(factor, level)}<br>{mean_in_words(goal, mean)}" for _, level, mean in shown],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": colour, "width": 2},
        "marker": {"color": colour, "size": 8},
    }


def mean_in_words(goal: Goal, mean: LevelMean) -> str:
    """ "1.234 mJ (95 % interval 1.201 to 1.267 mJ), 312 networks"."""
    interval = mean_interval(mean)
    within = f" (95{SPACE}% interval {interval_in_words(goal, interval)})" if interval else ""
    return f"{figure_in_words(goal, mean.mean)}{within}, {counted(mean.networks, 'network')}"


def slices_sentence(info: SlicesInfo) -> str:
    """Lowest and highest mean of the leading choice."""
    if not info.slices:
        return _NOT_KNOWN
    factor, means = info.slices[0]
    known = [(level, mean) for level, mean in enumerate(means) if mean]
    if len(known) < 2:
        return f"All networks have {level_in_words(factor, known[0][0])}."
    (low, least), (high, most) = min(known, key=lambda one: one[1].mean), max(known, key=lambda one: one[1].mean)
    name = GOAL_NAMES[info.goal]
    doubt = "No choice leads beyond chance. " if info.is_by_chance else ""
    return (
        f"{doubt}By the {factor_in_words(factor)}, the leading choice, mean {name} is lowest with "
        f"{level_in_words(factor, low)}, {mean_in_words(info.goal, least)}, and highest with "
        f"{level_in_words(factor, high)}, {mean_in_words(info.goal, most)}."
    )


def slices_table(info: SlicesInfo) -> WhyTable:
    rows = [
        (f"{factor_label(one.factor)}: {level_label(one.factor, level)}", *_cells(info.goal, mean))
        for one in info.slices
        for level, mean in enumerate(one.means)
        if mean
    ]
    return WhyTable(("Level", f"Mean {GOAL_NAMES[info.goal]} (95 % interval)", "Standard deviation"), tuple(rows))


def _cells(goal: Goal, mean: LevelMean) -> tuple[str, str]:
    spread = "–" if mean.deviation is None else difference_in_words(goal, mean.deviation)
    return mean_in_words(goal, mean), spread


def pair_figure(info: PairInfo | None) -> Figure:
    """A heat map: levels of the second choice from left to right, of the first from the bottom."""
    if info is None:
        return NOTHING
    columns, rows = range(len(info.second.levels)), range(len(info.first.levels))
    cells = {
        "type": "heatmap",
        "x": list(columns),
        "y": list(rows),
        "z": [[float(f"{cell.mean:.5g}") if cell else None for cell in row] for row in info.means],
        "text": [[_pair_in_words(info, row, column) for column in columns] for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "hoverongaps": False,
        "colorscale": VIRIDIS,
        "colorbar": {"title": {"text": GOAL_AXES[info.goal], "side": "right"}, "thickness": 12, "outlinewidth": 0},
        "xgap": 2,
        "ygap": 2,
    }
    axes = layout(factor_label(info.second), factor_label(info.first))
    x_labels = [level_label(info.second, level, short=True) for level in columns]
    y_labels = [level_label(info.first, level, short=True) for level in rows]
    axes["xaxis"] |= {"tickvals": list(columns), "ticktext": x_labels, "showgrid": False}
    axes["yaxis"] |= {"tickvals": list(rows), "ticktext": y_labels, "showgrid": False}
    return {"data": [cells], "layout": axes}


def _pair_in_words(info: PairInfo, row: int, column: int) -> str:
    cell = info.means[row][column]
    both = f"{level_in_words(info.first, row)},<br>{level_in_words(info.second, column)}"
    if cell is None:
        return f"{both}<br>no network"
    spread = "" if cell.deviation is None else f" ± {difference_in_words(info.goal, cell.deviation)}"
    return f"{both}<br>{figure_in_words(info.goal, cell.mean)}{spread}<br>{counted(cell.networks, 'network')}"


def pair_sentence(info: PairInfo | None) -> str:
    """Best and worst pair of levels that enough networks have."""
    if info is None:
        return _NOT_KNOWN
    enough = [
        (row, column, cell)
        for row, cells in enumerate(info.means)
        for column, cell in enumerate(cells)
        if cell and cell.networks >= LEAST_TOGETHER
    ]
    if len(enough) < 2:
        return f"Fewer than two pairs of levels were taken by {LEAST_TOGETHER} networks or more."
    least, most = min(enough, key=lambda one: one[2].mean), max(enough, key=lambda one: one[2].mean)
    name = GOAL_NAMES[info.goal]
    doubt = "These two choices do not both lead beyond chance. " if info.is_by_chance else ""
    return (
        f"{doubt}Of {counted(len(enough), 'pair')} of levels that {LEAST_TOGETHER} networks or more have, mean "
        f"{name} is lowest with {_levels_in_words(info, least)}, {mean_in_words(info.goal, least[2])}, and highest "
        f"with {_levels_in_words(info, most)}, {mean_in_words(info.goal, most[2])}."
    )


def _levels_in_words(info: PairInfo, one: tuple[int, int, LevelMean]) -> str:
    return f"{level_in_words(info.first, one[0])} and {level_in_words(info.second, one[1])}"


def pair_table(info: PairInfo | None) -> WhyTable:
    if info is None:
        return NO_ROWS
    headings = (
        factor_label(info.first),
        *(level_in_words(info.second, level) for level in range(len(info.second.levels))),
    )
    rows = tuple(
        (level_label(info.first, row), *("–" if cell is None else mean_in_words(info.goal, cell) for cell in cells))
        for row, cells in enumerate(info.means)
    )
    return WhyTable(headings, rows)


def slices_section(networks: TrainedNetworks, goal: Goal, found: ChoiceImportance | None) -> WhySection:
    info = slices_info(networks, goal, found)
    return WhySection(
        part="slices",
        title=f"Leading choices for {GOAL_NAMES[goal]}",
        label=f"Mean {GOAL_NAMES[goal]} at each level of the three leading choices, with 95 % intervals",
        sentences=(slices_sentence(info),),
        figure=slices_figure(info),
        table=slices_table(info),
    )


def pair_section(networks: TrainedNetworks, goal: Goal, found: ChoiceImportance | None) -> WhySection:
    info = pair_info(networks, goal, found)
    return WhySection(
        part="pair",
        title=f"The two leading choices together, for {GOAL_NAMES[goal]}",
        label=f"Heat map of mean {GOAL_NAMES[goal]} over the levels of the two leading choices",
        sentences=(pair_sentence(info),),
        figure=pair_figure(info),
        table=pair_table(info),
    )
