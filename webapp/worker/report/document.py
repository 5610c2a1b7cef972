"""Values that a report consists of. A table has cells as people read them, and the bare values for other programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.utils.safestring import SafeString

from nas_engine.files.parquet import Scalar
from webapp.charts.drawing.svg import WIDE, WIDTH, figure_svg
from webapp.charts.style import Figure
from webapp.queries.pages.finals import Statement

Style = Literal["", "best", "published", "total"]


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a cell, a remark in small, the page that the figure comes from, and how strongly to colour it (0..10)."""

    text: str
    note: str = ""
    link: str = ""
    heat: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns; `values` by name, with the unit in the name, for CSV and Parquet."""

    cells: tuple[Cell, ...]
    values: Mapping[str, Scalar]
    style: Style = ""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table under a `key` that names its files. Columns after the first `texts` are aligned to the right."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    texts: int = 1
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure with its title and its caption."""

    title: str
    figure: Figure
    caption: str = ""
    is_wide: bool = False

    @property
    def drawing(self) -> SafeString | str:
        """The figure as SVG."""
        return figure_svg(self.figure, self.title, WIDE if self.is_wide else WIDTH)


@dataclass(frozen=True, slots=True)
class Charts:
    """Charts next to each other."""

    charts: tuple[Chart, ...]
    kind: Literal["charts"] = "charts"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class Statements:
    """Comparisons or cautions in words, each with the arithmetic behind it."""

    title: str
    statements: tuple[Statement, ...]
    kind: Literal["statements"] = "statements"


@dataclass(frozen=True, slots=True)
class CodeListing:
    """Lines to be typed, or a file."""

    title: str
    text: str
    kind: Literal["listing"] = "listing"


Part = ReportTable | Charts | Text | Statements | CodeListing


@dataclass(frozen=True, slots=True)
class ReportSection:
    """Parts under a heading; `key` is its anchor."""

    key: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report; `link` is the page of what it is about."""

    title: str
    subject: str
    link: str
    written_at: datetime
    sections: tuple[ReportSection, ...] = field(default=())

    @property
    def tables(self) -> tuple[ReportTable, ...]:
        """All tables in their order."""
        return tuple(part for section in self.sections for part in section.parts if isinstance(part, ReportTable))


def section(key: str, title: str, parts: Sequence[Part | None]) -> ReportSection | None:
    """A section of the parts there are; None without any."""
    found = tuple(part for part in parts if part is not None)
    return ReportSection(key, title, found) if found else None


def charts(found: Sequence[Chart | None]) -> Charts | None:
    """The charts that have points; None without any."""
    shown = tuple(one for one in found if one is not None and has_points(one.figure))
    return Charts(shown) if shown else None


def has_points(figure: Mapping[str, Any]) -> bool:
    """Whether any trace of a figure has points."""
    return any(len(trace.get("x", ())) for trace in figure["data"])


def plain(cells: Sequence[str]) -> tuple[Cell, ...]:
    """Cells of text alone."""
    return tuple(Cell(text) for text in cells)
