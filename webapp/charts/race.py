"""A race of designers: the best reward so far over trials or epochs, and the sentences that read it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nas_engine.statistics.explanation.races import FEWEST_FOR_QUARTILES, RewardBand
from webapp.charts.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILLION, Figure, layout

_COLOURS = (VERMILLION, BLUE, ORANGE, GREEN, PURPLE, GREY)
_DASHES = ("solid", "dash", "dot")
_SYMBOLS = ("diamond", "circle", "triangle-up", "square", "diamond-open", "circle-open", "square-open")
_FILLS = tuple(f"rgba({int(one[1:3], 16)},{int(one[3:5], 16)},{int(one[5:7], 16)},0.16)" for one in _COLOURS)
_MOST_POINTS = 300
_MARKS = 6
_TITLES = {"trials": "Trials that ended", "epochs": "Epochs trained (float and QAT)"}


class RacedBand(NamedTuple):
    """A designer's name and its band over trials or epochs."""

    name: str
    band: RewardBand


class Standing(NamedTuple):
    """A designer at the point that all of a race have reached: quartiles of the best reward, and where its median first
    reached the lowest of all medians at this point.
    """

    name: str
    searches: int
    low: float
    median: float
    high: float
    reaches_last_at: int | None


class RaceInfo(NamedTuple):
    """Bands over `axis`, and the standings at `common`, the greatest value of the axis that all have reached.

    The best median first. No standing, and None, where fewer than two designers have a band or none of the values is
    common to all.
    """

    axis: str
    bands: tuple[RacedBand, ...]
    common: int | None
    standings: tuple[Standing, ...]


def race_info(axis: str, bands: Sequence[tuple[str, RewardBand | None]]) -> RaceInfo:
    """`axis` is "trials" or "epochs"; designers without a band are left out."""
    known = tuple(RacedBand(name, own) for name, own in bands if own is not None)
    common = min((one.band.end for one in known), default=None)
    places = [] if common is None else [(one, one.band.place(common)) for one in known]
    if common is None or len(known) < 2 or any(place is None for _, place in places):
        return RaceInfo(axis, known, None, ())
    last = min(float(one.band.median[place]) for one, place in places)
    standings = [
        Standing(
            one.name,
            one.band.searches,
            *(float(values[place]) for values in (one.band.low, one.band.median, one.band.high)),
            None if (reached := one.band.first_at(last)) is None else round(reached),
        )
        for one, place in places
    ]
    return RaceInfo(axis, known, round(common), tuple(sorted(standings, key=lambda one: -one.median)))


def race_sentences(info: RaceInfo) -> tuple[str, ...]:
    """What can be read off the chart; nothing where designers cannot be compared yet."""
    if info.common is None:
        return ()
    first, second, last = info.standings[0], info.standings[1], info.standings[-1]
    at = _counted(info.common, info.axis)
    others = "; ".join(_words(one) for one in info.standings[1:])
    sentences = [
        f"At {at}, which every search has reached, the best median reward is that of {_words(first)}; {others}."
    ]
    if first.reaches_last_at is not None and first.median > last.median:
        share = first.reaches_last_at / info.common
        sentences.append(
            f"{first.name} is at the final median of {last.name} after {_counted(first.reaches_last_at, info.axis)}, "
            f"{100 * share:.0f} % of what {last.name} took."
            if len(info.standings) == 2
            else f"{first.name} is at the lowest of these medians, that of {last.name}, after "
            f"{_counted(first.reaches_last_at, info.axis)} of {info.common:,}."
        )
    return (*sentences, _certainty(first, second))


def _counted(number: int, axis: str) -> str:
    return f"{number:,} {axis.removesuffix('s') if number == 1 else axis}"


def _words(one: Standing) -> str:
    if one.searches == 1:
        return f"{one.name}, {one.median:.3f} (one seed)"
    return f"{one.name}, {one.median:.3f} (quartiles {one.low:.3f} to {one.high:.3f}, {one.searches} seeds)"


def _certainty(first: Standing, second: Standing) -> str:
    fewest = min(first.searches, second.searches)
    if fewest < FEWEST_FOR_QUARTILES:
        seeds = "One seed" if fewest == 1 else f"{fewest} seeds"
        return f"{seeds} of a designer cannot tell it from chance: repeat the searches with at least three seeds each."
    if second.high >= first.low:
        return f"The quartiles of {first.name} and {second.name} overlap: their order may be chance."
    return f"The quartiles of {first.name} lie above those of {second.name}."


def race_figure(info: RaceInfo) -> Figure:
    """A line a designer, its median, of a colour, a dash and a symbol of its own, in a band between its quartiles."""
    traces = [trace for index, one in enumerate(info.bands) for trace in _traces(index, one, info.axis)]
    return {"data": traces, "layout": layout(_TITLES[info.axis], "Best reward so far, median")}


def _traces(index: int, one: RacedBand, axis: str) -> list[Figure]:
    colour, dash = _COLOURS[index % len(_COLOURS)], _DASHES[index % len(_DASHES)]
    own = one.band
    shown = np.unique(np.linspace(0, len(own.at) - 1, min(len(own.at), _MOST_POINTS)).round().astype(np.int64))
    x = own.at[shown].tolist()
    low, median, high = (values[shown].round(4).tolist() for values in (own.low, own.median, own.high))
    searches = "one search" if own.searches == 1 else f"{own.searches} searches"
    line = {"color": colour, "width": 2.5, "shape": "hv", "dash": dash}
    trace = {"type": "scatter", "mode": "lines", "name": one.name, "x": x}
    hover = f"{one.name}, {searches}<br>after %{{x:,.0f}} {axis}: %{{y:.3f}}<extra></extra>"
    around = trace | {
        "showlegend": False,
        "hoverinfo": "skip",
        "x": [*_stepped(x, x)[0], *_stepped(x, x)[0][::-1]],
        "y": [*_stepped(x, low)[1], *_stepped(x, high)[1][::-1]],
        "fill": "toself",
        "fillcolor": _FILLS[index % len(_FILLS)],
        "line": {"color": colour, "width": 0},
    }
    marker = {"color": colour, "size": 9, "symbol": _SYMBOLS[index % len(_SYMBOLS)], "maxdisplayed": _MARKS}
    middle = trace | {
        "mode": "lines+markers",
        "y": median,
        "line": line,
        "marker": marker,
        "hovertemplate": hover,
    }
    return [middle] if own.searches == 1 else [around, middle]


def _stepped(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Corners of a line that keeps each value up to the next point."""
    corners = [(x[0], y[0])]
    for place in range(1, len(x)):
        corners += [(x[place], y[place - 1]), (x[place], y[place])]
    return [one for one, _ in corners], [one for _, one in corners]
