"""Parallel coordinates: networks as lines over the options of their blocks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from nas_engine.search_space.space import Position
from nas_engine.statistics.wilson import wilson95
from webapp.charts.style import BLUE, GREEN, GREY, VERMILLION, Figure, layout
from webapp.charts.why.section import NO_ROWS, NOTHING, WhySection, WhyTable, evenly
from webapp.charts.why.wording import SPACE, counted, level_in_words, signed
from webapp.queries.explained import TrainedNetworks

MOST_LINES = 150
BEST_SHARE = 0.1
LEAST_BEST = 5
"""Networks in the best tenth from which on the sentence names what they share."""


class NetworkLine(NamedTuple):
    """A network: for each position the height of its option (0: fewest filters, 1: most) and its name."""

    number: int
    heights: tuple[float, ...]
    options: tuple[str, ...]
    reward: float
    link: str


class CoordinatesInfo(NamedTuple):
    """Lines to draw: the best network, the Pareto front, and others, evenly spread over the trials' numbers.

    `common` is the level that is most over-represented in the tenth with the best rewards: its words, how many of
    `best_networks` have it, and the share (0..1) of all networks; None where the tenth is too small.
    """

    best: NetworkLine | None
    front: tuple[NetworkLine, ...]
    others: tuple[NetworkLine, ...]
    networks: int
    common: tuple[str, int, float] | None
    best_networks: int
    chosen: tuple[NetworkLine, ...] = ()


def coordinates_info(networks: TrainedNetworks, links: Sequence[str], chosen: Sequence[int] = ()) -> CoordinatesInfo:
    """`links` [n] are addresses of the trials' pages, `chosen` numbers of trials to draw besides."""
    best, count = networks.best, len(networks)
    heights = [_heights(position) for position in networks.space.positions]
    labels = [networks.space.labels(number) for number in range(len(networks.space.positions))]

    def lines(indices: Iterable[int]) -> tuple[NetworkLine, ...]:
        return tuple(
            NetworkLine(
                number=int(networks.numbers[i]),
                heights=tuple(own[option] for own, option in zip(heights, networks.options[i], strict=True)),
                options=tuple(own[option] for own, option in zip(labels, networks.options[i], strict=True)),
                reward=float(networks.reward[i]),
                link=links[i],
            )
            for i in indices
        )

    front = [i for i in np.flatnonzero(networks.on_front).tolist() if i != best]
    front = [front[i] for i in evenly(len(front), MOST_LINES // 2)]
    rest = sorted(set(range(count)) - {*front, best})
    others = [rest[i] for i in evenly(len(rest), MOST_LINES - len(front) - 1)]
    best_indices = np.argsort(-networks.reward, kind="stable")[: int(BEST_SHARE * count)]
    return CoordinatesInfo(
        best=lines([best])[0] if best is not None else None,
        front=lines(front),
        others=lines(others),
        networks=count,
        common=_common(networks, best_indices),
        best_networks=len(best_indices),
        chosen=lines(np.flatnonzero(np.isin(networks.numbers, chosen)).tolist()),
    )


def _heights(position: Position) -> list[float]:
    """0..1 for each option: by filters, then kind and kernel size; an identity is at the bottom."""
    order = sorted(range(len(position.options)), key=lambda index: _sorted_by(position, index))
    last = max(len(order) - 1, 1)
    found = [0.5] * len(order)
    for place, index in enumerate(order):
        found[index] = round(place / last, 3) if len(order) > 1 else 0.5
    return found


def _sorted_by(position: Position, index: int) -> tuple[int, str, int]:
    block = position.options[index]
    return block.filters, block.kind, block.kernel_size


def _common(networks: TrainedNetworks, best: np.ndarray) -> tuple[str, int, float] | None:
    if len(best) < LEAST_BEST:
        return None
    codes = networks.factors.codes(networks.options)
    found = [
        (level_in_words(factor, level), int((codes[best, i] == level).sum()), float((codes[:, i] == level).mean()))
        for i, factor in enumerate(networks.factors.factors)
        for level in range(len(factor.levels))
    ]
    return max(found, key=lambda one: one[1] / len(best) - one[2], default=None)


def coordinates_figure(info: CoordinatesInfo, *, with_points: bool = False) -> Figure:
    """Others faint, the front on top of them, the best network, and those that are chosen; `with_points` a point at
    each option, which can be clicked and chosen.
    """
    traces = [
        ("Other networks", info.others, GREY, 1.0, 0.3),
        ("Pareto front over energy", info.front, VERMILLION, 1.5, 0.8),
        ("Best reward", (info.best,) if info.best else (), BLUE, 4.0, 1.0),
        ("Chosen", info.chosen, GREEN, 4.0, 1.0),
    ]
    data = [
        _lines_trace(name, lines, colour, width, opacity) | (_POINTS if with_points else {})
        for name, lines, colour, width, opacity in traces
        if lines
    ]
    if not data:
        return NOTHING
    count = len(info.best.heights) if info.best else 0
    axes = layout("Block", "Options, by filters")
    axes["xaxis"] |= {"tickvals": list(range(1, count + 1)), "ticktext": [str(n) for n in range(1, count + 1)]}
    axes["yaxis"] |= {"tickvals": [0, 1], "ticktext": ["fewest", "most"], "showgrid": False}
    return {"data": data, "layout": axes}


_POINTS: Figure = {"mode": "lines+markers", "marker": {"size": 5}}


def _lines_trace(name: str, lines: Sequence[NetworkLine], colour: str, width: float, opacity: float) -> Figure:
    """All lines as one trace, with gaps between them."""
    positions = [*range(1, len(lines[0].heights) + 1), None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [x for _ in lines for x in positions],
        "y": [y for line in lines for y in (*line.heights, None)],
        "text": [text for line in lines for text in (*_texts(line), "")],
        "customdata": [line.link for line in lines for _ in positions],
        "hovertemplate": "%{text}<extra></extra>",
        "line": {"color": colour, "width": width},
        "opacity": opacity,
    }


def _texts(line: NetworkLine) -> tuple[str, ...]:
    return tuple(f"trial {line.number}: {option}" for option in line.options)


def coordinates_sentence(info: CoordinatesInfo) -> str:
    """What the tenth of the networks with the best rewards share."""
    if info.best is None:
        return "No network has completed yet."
    if info.common is None:
        return (
            f"Not enough networks to say what the best share: a tenth of {info.networks} is fewer than {LEAST_BEST}. "
            f"The best reward, {signed(info.best.reward, 3)}, is trial {info.best.number}'s."
        )
    words, count, usual = info.common
    low, high = wilson95(count, info.best_networks)
    return (
        f"Of the tenth with the best rewards, {count} of {counted(info.best_networks, 'network')} have {words} "
        f"({100 * count / info.best_networks:.0f}{SPACE}%, 95{SPACE}% interval {100 * low:.0f} to "
        f"{100 * high:.0f}{SPACE}%); "
        f"of all networks {100 * usual:.0f}{SPACE}% do. No other choice differs more between the two."
    )


def coordinates_table(info: CoordinatesInfo) -> WhyTable:
    """The best network and the front, option by option; the others are in the table of trials."""
    lines = [*((info.best,) if info.best else ()), *info.front]
    if not lines:
        return NO_ROWS
    headings = ("Trial", "Reward", *(f"Block {n}" for n in range(1, len(lines[0].options) + 1)))
    rows = tuple(
        (f"trial {line.number}", signed(line.reward, 3), *(one.replace("_", " ") for one in line.options))
        for line in lines
    )
    return WhyTable(headings, rows)


def coordinates_section(
    networks: TrainedNetworks, links: Sequence[str], chosen: Sequence[int] | None = None
) -> WhySection:
    """Where trials can be chosen, `chosen` are the numbers of those that are; None elsewhere."""
    info = coordinates_info(networks, links, chosen or ())
    drawn = len(info.others) + len(info.front) + (info.best is not None)
    sampled = f"{drawn} of {counted(info.networks, 'network')} are drawn: the best, the front and, evenly, others. "
    return WhySection(
        part="coordinates",
        title="Networks over their blocks",
        label="Parallel coordinates: the option of each network at each block, with the front and the best network",
        sentences=(coordinates_sentence(info),),
        figure=coordinates_figure(info, with_points=chosen is not None),
        table=coordinates_table(info),
        hint=f"{sampled if drawn < info.networks else ''}An identity is at the bottom; a point names its option.",
    )
