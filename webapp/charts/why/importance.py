"""Importance of kind, kernel size and filters of each block for accuracy, energy and flash."""

from collections.abc import Mapping
from typing import NamedTuple

from nas_engine.statistics.explanation.importance import LEAST_NETWORKS, ChoiceImportance, VarianceShare
from webapp.charts.style import BLUE, GREEN, ORANGE, Figure, layout
from webapp.charts.why.section import NO_ROWS, NOTHING, WhySection, WhyTable
from webapp.charts.why.wording import (
    GOAL_NAMES,
    SPACE,
    counted,
    factor_in_words,
    factor_label,
    share_in_words,
    share_interval,
    signed,
)
from webapp.queries.explained import GOALS, Goal, TrainedNetworks

MOST_SHOWN = 12
PAPER_SHARE_PERCENT = 59
"""Importance that the paper's random forest for energy gives to the filters of the first block (section 7)."""
_COLOURS: Mapping[Goal, str] = {"accuracy": BLUE, "energy": ORANGE, "flash": GREEN}
_OFFSET = 0.22  # of a row between the marks of two goals


class ImportanceInfo(NamedTuple):
    """Shares by goal, in the order of `labels` and `words`; None where a goal's cannot be stated.

    `order` are the indices of the factors, the greatest share for any goal first. `paper_factor` is the index of the
    choice that the paper states a figure for, None where the space has none that compares.
    """

    labels: tuple[str, ...]
    words: tuple[str, ...]
    importances: Mapping[Goal, ChoiceImportance | None]
    order: tuple[int, ...]
    paper_factor: int | None
    networks: int


def importance_info(networks: TrainedNetworks, found: Mapping[Goal, ChoiceImportance | None]) -> ImportanceInfo:
    factors = networks.factors.factors
    known = [one for one in found.values() if one]
    greatest = [max((one.shares[index].value for one in known), default=0.0) for index in range(len(factors))]
    first = [i for i, one in enumerate(factors) if one.position == 0 and one.aspect == "filters"]
    return ImportanceInfo(
        labels=tuple(map(factor_label, factors)),
        words=tuple(map(factor_in_words, factors)),
        importances=found,
        order=tuple(sorted(range(len(factors)), key=lambda index: -greatest[index])),
        paper_factor=first[0] if first and networks.space.stem.layout == "2d" else None,
        networks=len(networks),
    )


def importance_figure(info: ImportanceInfo) -> Figure:
    """A row for each of the leading choices, a mark with its interval for each goal; the rest stands in the table."""
    shown = info.order[:MOST_SHOWN]
    data = []
    for place, goal in enumerate(GOALS):
        found = info.importances[goal]
        if found:
            heights = [-row - _OFFSET * (place - 1) for row in range(len(shown))]
            data += _marks(goal, [found.shares[index] for index in shown], heights, [info.labels[i] for i in shown])
    if not data:
        return NOTHING
    axes = layout("Share of the variance (%)", "")
    rows = [-row for row in range(len(shown))]
    axes["yaxis"] |= {"tickvals": rows, "ticktext": [info.labels[index] for index in shown]}
    return {"data": data, "layout": axes}


def _marks(goal: Goal, shares: list[VarianceShare], heights: list[float], labels: list[str]) -> list[Figure]:
    """Intervals as lines, with gaps between them, and the shares on them."""
    ends = [(100 * share.interval.low, 100 * share.interval.high) for share in shares]
    shared = {"type": "scatter", "legendgroup": goal}
    lines = shared | {
        "mode": "lines",
        "x": [value for low, high in ends for value in (round(low, 2), round(high, 2), None)],
        "y": [value for height in heights for value in (height, height, None)],
        "line": {"color": _COLOURS[goal], "width": 2},
        "showlegend": False,
        "hoverinfo": "skip",
    }
    marks = shared | {
        "mode": "markers",
        "name": GOAL_NAMES[goal],
        "x": [round(100 * share.value, 2) for share in shares],
        "y": heights,
        "marker": {"color": _COLOURS[goal], "size": 8},
        "text": [
            f"{label}<br>{signed(100 * share.value, 1)} % of {GOAL_NAMES[goal]}<br>"
            f"95 % interval {share_interval(share)}"
            for label, share in zip(labels, shares, strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
    }
    return [lines, marks]


def importance_sentence(info: ImportanceInfo, goal: Goal) -> str:
    """Which choice explains most of the goal, and how sure that is; for energy, next to what the paper found."""
    name, found = GOAL_NAMES[goal], info.importances[goal]
    if found is None:
        if info.networks < LEAST_NETWORKS:
            return (
                f"Not enough networks to say what {name} depends on: {info.networks} have completed, and importances "
                f"are stated from {LEAST_NETWORKS} on."
            )
        return f"All networks have the same {name}, or the space leaves no choice: there is nothing to explain."
    leader = max(range(len(found.shares)), key=lambda index: found.shares[index].value)
    share = found.shares[leader]
    if not share.is_distinguished:
        return (
            f"No choice explains {name} beyond chance: the greatest share of {counted(found.networks, 'network')}, of "
            f"the {info.words[leader]}, is {share_in_words(share)}."
        )
    return (
        f"The {info.words[leader]} {_verb(info.words[leader])} {share_in_words(share)} of the variance of {name} "
        f"between {counted(found.networks, 'network')}; all choices, each by itself, together "
        f"{share_in_words(found.total)}.{_next_to_the_paper(info, goal, leader)}"
    )


def _verb(words: str) -> str:
    return "explain" if words.startswith("filters") else "explains"


def _next_to_the_paper(info: ImportanceInfo, goal: Goal, leader: int) -> str:
    found = info.importances[goal]
    if goal != "energy" or info.paper_factor is None or found is None:
        return ""
    published = (
        f"{PAPER_SHARE_PERCENT}{SPACE}% (section 7; importance in a random forest that was also given FLOPs, for which "
        f"it has 30{SPACE}%, on measured energies)"
    )
    if leader == info.paper_factor:
        return f" The paper found {published}."
    return (
        f" In the paper the filters of the first block lead with {published}; here they explain "
        f"{share_in_words(found.shares[info.paper_factor])}."
    )


def importance_table(info: ImportanceInfo) -> WhyTable:
    """Every choice, the greatest share first, and all together."""
    known = [(goal, found) for goal in GOALS if (found := info.importances[goal])]
    headings = ("Choice", *(f"Share of {GOAL_NAMES[goal]} (95 % interval)" for goal, _ in known))
    rows = [(info.labels[i], *(share_in_words(found.shares[i]) for _, found in known)) for i in info.order]
    total = ("all choices", *(share_in_words(found.total) for _, found in known))
    return WhyTable(headings, (total, *rows)) if known else NO_ROWS


def importance_section(networks: TrainedNetworks, found: Mapping[Goal, ChoiceImportance | None]) -> WhySection:
    info = importance_info(networks, found)
    return WhySection(
        part="importance",
        title="What results depend on",
        label="Share of the variance of accuracy, energy and flash that each choice of a block explains",
        sentences=tuple(importance_sentence(info, goal) for goal in GOALS),
        figure=importance_figure(info),
        table=importance_table(info),
        hint=(
            "Shares are of networks that the fit was not shown; about 0 means no effect, and a share may lie below 0 "
            "by chance. What is missing from 100 % is noise of training and what choices do only together."
        ),
        size="tall",
    )
