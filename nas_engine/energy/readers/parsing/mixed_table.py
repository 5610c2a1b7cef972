"""Tables of words and numbers that fit into memory: costs of networks, results measured elsewhere.

Text, cells and numbers are read as those of recordings are (`text`, `layout`), which have numbers alone and any length.
"""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from nas_engine.energy.readers.parsing import layout, text
from nas_engine.errors import BadMeasurement

_DELIMITERS = (",", ";", "\t")
_COMMENT = "#"
_DELIMITER_LINE = re.compile(r"\s*sep=.\s*", re.IGNORECASE)  # Excel's first line
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


@dataclass(frozen=True, slots=True)
class MixedTable:
    """Names of columns, and rows as (line from 1, cells): bare, and as many as were written."""

    names: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def parse(content: str) -> MixedTable:
    """Table in `content`; blank lines and comments are passed over, a comment above rows without a header names them.

    Cells are separated by the one of `, ; tab` that the header has most of, or by blanks where it has none.

    Raises:
        BadMeasurement: a cell is longer than any cell is, as where a quotation mark is not closed.
    """
    plain = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = plain.removesuffix("\n").split("\n")
    if _DELIMITER_LINE.fullmatch(lines[0]):
        lines[0] = ""
    delimiter = _delimiter(next((line for line in lines if line.strip() and not _is_comment(line)), ""))
    rows = [(line, cells) for line, cells in _records(lines, delimiter) if any(cells)]
    names = _names_in_comment(lines, delimiter, rows[0][1]) if rows else ()
    if not names and rows:
        names, rows = _without_empty_end(rows[0][1]), rows[1:]
    return MixedTable(names, tuple((line, _fitted(cells, len(names))) for line, cells in rows))


def number(cell: str) -> float:
    """Number in a cell, with a point or a decimal comma; NaN where it is missing. Raises ValueError for other text."""
    return text.number(cell, decimal_comma="," in cell)


def _delimiter(header: str) -> str:
    """Delimiter of the first line, which may be a row with decimal commas."""
    plain = _DECIMAL_COMMA.sub("", header) if ";" in header or "\t" in header else header
    found = max(_DELIMITERS, key=plain.count)
    return found if found in plain else " "


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT)


def _records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Lines with their bare cells; a quoted cell may hold the delimiter and line ends."""
    plain = ("" if _is_comment(line) else line.strip(" ") for line in lines)
    reader = csv.reader((f"{line}\n" for line in plain), delimiter=delimiter, skipinitialspace=True)
    try:
        for cells in reader:
            yield reader.line_num, tuple(text.bare_cell(cell) for cell in cells)
    except csv.Error as error:
        raise BadMeasurement(f"line {reader.line_num}: {error}; is a quotation mark not closed?") from error


def _names_in_comment(lines: Sequence[str], delimiter: str, first: tuple[str, ...]) -> tuple[str, ...]:
    """Names in the last comment above the first row, where that row has a number and so is no header; else ()."""
    if not any(_is_number(cell) for cell in first):
        return ()
    names: tuple[str, ...] = ()
    for line in takewhile(lambda line: not line.strip() or _is_comment(line), lines):
        if line.strip():
            names = _without_empty_end(tuple(layout.split(line.strip().lstrip(_COMMENT).strip(), delimiter)))
    bare = tuple(text.bare_cell(name) for name in names)
    fits = len(bare) == len(_without_empty_end(first)) and not any(_is_number(name) for name in bare)
    return bare if fits else ()


def _is_number(cell: str) -> bool:
    try:
        return not math.isnan(number(cell))
    except ValueError:
        return False


def _without_empty_end(cells: tuple[str, ...]) -> tuple[str, ...]:
    return cells[:-1] if len(cells) > 1 and not cells[-1].strip() else cells


def _fitted(cells: tuple[str, ...], columns: int) -> tuple[str, ...]:
    """Cells of a row without the empty one after a last delimiter."""
    return cells[:-1] if len(cells) == columns + 1 and not cells[-1] else cells
