"""One section of the page that explains a study: a chart, the sentences that read it, and its table."""

from dataclasses import dataclass

import numpy as np
from django.utils.safestring import SafeString

from webapp.charts.drawing.svg import WIDE, figure_svg
from webapp.charts.style import Figure


@dataclass(frozen=True, slots=True)
class WhyTable:
    """The numbers of a chart as text; `rows` have a cell for each of `headings`, the first of which names the row."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def named_rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each row as its name and its other cells."""
        return tuple((row[0], row[1:]) for row in self.rows)


@dataclass(frozen=True, slots=True)
class WhySection:
    """`part` names the chart in addresses. `hint` names what was left out or how to read the chart.

    `size` is "low" or "tall" as of the tag `chart`. A figure without traces is not drawn: the sentences say why.
    """

    part: str
    title: str
    label: str
    sentences: tuple[str, ...]
    figure: Figure
    table: WhyTable
    hint: str = ""
    size: str = ""

    @property
    def has_chart(self) -> bool:
        return bool(self.figure["data"])

    @property
    def drawing(self) -> SafeString | str:
        """The figure for browsers without JavaScript."""
        return figure_svg(self.figure, self.label, WIDE)


NOTHING: Figure = {"data": [], "layout": {}}
NO_ROWS = WhyTable((), ())


def evenly(count: int, most: int) -> list[int]:
    """Indices of at most `most` of `count`, evenly spread; both ends are among them."""
    found: list[int] = np.unique(np.linspace(0, count - 1, min(count, max(most, 0))).round().astype(int)).tolist()
    return found
