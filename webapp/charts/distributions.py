"""Distribution of a quantity over the networks of a search space: small histograms."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from webapp.charts.style import BLUE, GREY, Figure, layout, vertical_line


class DistributionInfo(NamedTuple):
    """`shares` are the percentages of networks in bins of equal `width` around `centres`; `limit` may be None."""

    centres: tuple[float, ...]
    shares: tuple[float, ...]
    width: float
    limit: float | None
    unit: str


def distribution_info(
    *, edges: Sequence[float], counts: Sequence[int], scale: float, limit: float | None, unit: str
) -> DistributionInfo:
    """From a histogram whose `edges` and `limit`, divided by `scale`, are in `unit`."""
    total = max(1, sum(counts))
    return DistributionInfo(
        centres=tuple(float(f"{(low + high) / 2 / scale:.4g}") for low, high in pairwise(edges)),
        shares=tuple(round(100 * count / total, 2) for count in counts),
        width=(edges[1] - edges[0]) / scale,
        limit=None if limit is None else limit / scale,
        unit=unit,
    )


def distribution_figure(info: DistributionInfo) -> Figure:
    """Bars, grey beyond the limit, with a dashed line at it if it lies in the range."""
    within = [index for index, centre in enumerate(info.centres) if info.limit is None or centre <= info.limit]
    beyond = [index for index in range(len(info.centres)) if index not in within]
    axes = layout("", "", margin={"l": 8, "r": 8, "t": 4, "b": 22}, showlegend=False, bargap=0)
    axes["xaxis"] |= {"nticks": 6, "ticksuffix": f" {info.unit}", "showgrid": False, "fixedrange": True}
    axes["yaxis"] |= {"visible": False, "fixedrange": True}
    if info.limit is not None and within and beyond:
        shape, _ = vertical_line(info.limit, "")
        axes["shapes"] = [shape]
    return {"data": [_bars(info, within, BLUE), _bars(info, beyond, GREY)], "layout": axes}


def _bars(info: DistributionInfo, chosen: Sequence[int], colour: str) -> Figure:
    return {
        "type": "bar",
        "x": [info.centres[index] for index in chosen],
        "y": [info.shares[index] for index in chosen],
        "width": info.width,
        "marker": {"color": colour},
        "hovertemplate": f"about %{{x}} {info.unit}<br>%{{y:.1f}} % of the networks<extra></extra>",
    }
