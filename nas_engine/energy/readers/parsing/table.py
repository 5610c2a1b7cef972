"""Loading of numbers from a table: blocks by polars, and any block that it rejects cell by cell.

Nothing is ever cut to fit: a row with too many or too few cells, or a cell that is no number, is an error that names
its line. The one exception is a last line without its end, which a cut file has: it is left out, with a finding.
"""

import io
import math
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing import layout as layouts
from nas_engine.energy.readers.parsing import text
from nas_engine.energy.readers.parsing.layout import TableLayout
from nas_engine.energy.traces.trace import Finding, Values

MOST_ROWS = 12_000_000
"""Forty minutes of a Monsoon, two of a PPK2 at its full rate: about a gigabyte of memory."""
_WRAPPING = b"np.float64("
_PAIR = re.compile(rb"([^,\n]*),([^,\n]*)(,|\n)")
_QUOTED_DECIMAL_COMMA = re.compile(rb'"([+-]?\d+),(\d+)"')
_AROUND_CELLS = re.compile(rb" *([,;\t\n]) *")
_BLANKS = re.compile(rb"[ \t]+")
_SEVERAL_ENDS = re.compile(rb"\n{2,}")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Selected columns of a table, all rows; NaN where a cell is empty or marked as missing."""

    numbers: tuple[Values, ...]  # [rows] each, in the order requested
    texts: tuple[tuple[str, ...], ...]  # [rows] each, columns requested as text
    first_line: int  # of the first row, from 1
    findings: tuple[Finding, ...]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return _length((self.numbers, self.texts))


def load(source: FileSource, layout: TableLayout, numbers: Sequence[int], texts: Sequence[int] = ()) -> Table:
    """Load the columns at positions `numbers` and, as text, `texts`. Text is for short tables or short cells only.

    Raises:
        BadMeasurement: no row, a ragged row, a cell of `numbers` that is neither a number nor empty.
    """
    _check(source, layout, (*numbers, *texts))
    parts: list[tuple[list[Values], list[list[str]]]] = []
    findings: list[Finding] = []
    for line, block in _rows(source, layout):
        whole, unfinished = _finished(block, layout)
        if unfinished:
            findings.append(_unfinished(line + whole.count(b"\n")))
        if whole.strip():
            part = _fast(whole, layout, numbers, texts)
            parts.append(part if part is not None else _slow(source, line, whole, layout, numbers, texts))
        rows = sum(_length(part) for part in parts)
        if rows > MOST_ROWS:
            raise source.wrong(f"over {MOST_ROWS:,} rows; export a shorter stretch, or fewer samples per second")
    if not sum(_length(part) for part in parts):
        raise source.wrong("it has a header but no complete row; record again, or give the whole file")
    columns = tuple(_joined_parts([part[0] for part in parts], index) for index in range(len(numbers)))
    words = tuple(tuple(cell for part in parts for cell in part[1][index]) for index in range(len(texts)))
    return Table(columns, words, layout.first_row + 1, tuple(findings))


def _joined_parts(parts: Sequence[list[Values]], index: int) -> Values:
    """One column of all parts, which are emptied: a long recording is never in memory twice."""
    column = np.concatenate([part[index] for part in parts])
    for part in parts:
        part[index] = part[index][:0]
    return column


def _length(part: tuple[Sequence[Values], Sequence[Sequence[str]]]) -> int:
    numbers, texts = part
    return len(numbers[0]) if numbers else len(texts[0])


def _check(source: FileSource, layout: TableLayout, wanted: Sequence[int]) -> None:
    if not layout.cells:
        raise source.wrong("it has a header but no row of numbers; record again, or give the whole file")
    if not layout.fits:
        raise source.wrong(
            f"{layout.columns} names in the header but {layout.cells} cells in the row; export it again",
            line=layout.first_row + 1,
        )
    if max(wanted) >= layout.columns:
        raise source.wrong(f"column {max(wanted) + 1} is requested, but there are {layout.columns}")


def _rows(source: FileSource, layout: TableLayout) -> Iterator[tuple[int, bytes]]:
    """Blocks of rows, each with the line (from 1) of its first row."""
    line, skip = 1, layout.first_row
    for block in text.blocks(source.path, layout.encoding):
        ends, start = block.count(b"\n"), 0
        skipped = min(skip, ends)
        for _ in range(skipped):
            start = block.index(b"\n", start) + 1
        skip -= skipped
        if not skip:
            yield line + skipped, block[start:]
        line += ends


def _finished(block: bytes, layout: TableLayout) -> tuple[bytes, bool]:
    """The block's finished rows, and whether it has another that is not.

    Without a line end the last number may be cut, unless rows end in a comma as Monsoon's do.
    """
    if block.endswith(b"\n") or not block.strip():
        return block, False
    start = block.rfind(b"\n") + 1
    last = block[start:].rstrip(b" \0")
    delimiter = layout.delimiter.encode()
    if layout.cells == layout.columns + 1 and last.endswith(delimiter) and last.count(delimiter) == layout.columns:
        return block[:start] + last + b"\n", False
    return block[:start], True


def _unfinished(line: int) -> Finding:
    return Finding(
        "unfinished_row",
        "note",
        f"line {line:,}: the last row has no line end, as where a file was cut; it is left out",
    )


def _fast(
    block: bytes, layout: TableLayout, numbers: Sequence[int], texts: Sequence[int]
) -> tuple[list[Values], list[list[str]]] | None:
    """Columns of a block by polars; None where the block needs parsing cell by cell."""
    plain = _plain(block, layout)
    if plain is None:
        return None
    separator = layout.delimiter
    cells = layout.cells
    if plain.count(separator.encode()) != plain.count(b"\n") * (cells - 1):
        return None  # polars rejects rows that are too long and fills up short ones: these must not pass
    try:
        frame = polars.read_csv(
            plain,
            has_header=False,
            separator=separator,
            quote_char=None,
            schema={str(i): polars.Float64 if i in numbers else polars.String for i in range(cells)},
            columns=sorted({*numbers, *texts}),
            glob=False,
        )
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException):
        return None
    if frame.height != plain.count(b"\n"):
        return None
    floats = [frame[str(i)].fill_null(math.nan).to_numpy(writable=True) for i in numbers]
    return floats, [_words(frame[str(i)]) for i in texts]


def _words(cells: polars.Series) -> list[str]:
    """Cells as text, equal ones as one string: a digital input has few different ones in millions of rows."""
    known: dict[str, str] = {}
    return [known.setdefault(cell, cell) for cell in cells.fill_null("")]


def _plain(block: bytes, layout: TableLayout) -> bytes | None:
    """Block as plain cells with decimal points; None where replacing characters is not enough."""
    if layout.wrapped:
        if block.count(_WRAPPING) != block.count(b")"):
            return None
        block = block.replace(_WRAPPING, b"").replace(b")", b"")
    if layout.quoted:
        if layout.decimal_comma:
            block = _QUOTED_DECIMAL_COMMA.sub(rb"\1.\2", block)
        block = block.replace(b'"', b"")
    if layout.paired:
        return _joined(block, layout)
    if layout.decimal_comma and layout.delimiter != ",":
        if b"." in block:
            return None
        block = block.replace(b",", b".")
    if layout.delimiter == " ":
        block = _BLANKS.sub(b" ", block.replace(b"\n ", b"\n").lstrip(b" ")).replace(b" \n", b"\n")
    elif b" " in block:
        block = _AROUND_CELLS.sub(rb"\1", block).lstrip(b" ")
    return _without_blank_lines(block)


def _without_blank_lines(block: bytes) -> bytes:
    return _SEVERAL_ENDS.sub(b"\n", block).lstrip(b"\n") if b"\n\n" in block else block.lstrip(b"\n")


def _joined(block: bytes, layout: TableLayout) -> bytes | None:
    """Rows of twice as many cells as names: each two make one number, `4,2` is 4.2."""
    block = _without_blank_lines(block)
    if b"." in block or block.count(b",") != block.count(b"\n") * (2 * layout.cells - 1):
        return None
    return _PAIR.sub(rb"\1.\2\3", block)


def _slow(
    source: FileSource, line: int, block: bytes, layout: TableLayout, numbers: Sequence[int], texts: Sequence[int]
) -> tuple[list[Values], list[list[str]]]:
    """The columns of a block cell by cell; blank lines and comments are passed over. Names the line that is wrong."""
    columns = [array("d") for _ in numbers]
    words: list[list[str]] = [[] for _ in texts]
    for number, raw in enumerate(io.BytesIO(block), start=line):
        row = raw.decode("utf-8", "replace").removesuffix("\n")
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        cells = _cells(source, number, row, layout)
        for column, index in zip(columns, numbers, strict=True):
            column.append(_number(source, number, cells[index], index, layout))
        for column_words, index in zip(words, texts, strict=True):
            column_words.append(text.bare_cell(cells[index]))
    return [np.array(column) for column in columns], words


def _cells(source: FileSource, line: int, row: str, layout: TableLayout) -> list[str]:
    cells = layouts.split(row, layout.delimiter)
    written = 2 * layout.cells if layout.paired else layout.cells
    if len(cells) not in (written, layout.columns) and not (len(cells) == written + 1 and not cells[-1].strip()):
        raise source.wrong(
            f"{len(cells)} cells where the rows before have {written}; take this line out or export again", line=line
        )
    if not layout.paired:
        return cells
    if len(cells) != written:
        raise source.wrong(f"{len(cells)} cells: decimal commas cannot be distinguished from separators", line=line)
    return [f"{cells[i]}.{cells[i + 1]}" for i in range(0, written, 2)]


def _number(source: FileSource, line: int, cell: str, index: int, layout: TableLayout) -> float:
    try:
        return text.number(cell, decimal_comma=layout.decimal_comma and "," in cell)
    except ValueError:
        name = layout.names[index] if layout.names else f"column {index + 1}"
        if layout.names and layouts.folded(text.bare_cell(cell)) == layouts.folded(name):
            raise source.wrong("a second header: two recordings in one file; give each alone", line=line) from None
        shown = text.bare_cell(cell)[:40]
        raise source.wrong(
            f'"{shown}" under {name} is no number; take this line out or export again', line=line
        ) from None


def without_header(layout: TableLayout) -> TableLayout:
    """Layout with columns named "column 1" and so on."""
    return replace(layout, names=tuple(f"column {index + 1}" for index in range(layout.columns)))
