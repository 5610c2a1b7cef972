"""Layout of a text table: places of header and rows, delimiter of cells, notation of decimals."""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nas_engine.energy.readers.parsing import text

_SNIFFED_LINES = 200
_DELIMITERS = ("\t", ";", ",")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?\Z", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+(?:[eE][+-]?\d+)?\Z", re.ASCII)
_CLOCK = re.compile(
    r"\d{4}-?\d\d-?\d\d(?:[T ]?\d\d:?\d\d.*)?\Z|\d\d?:\d\d(?::\d\d.*)?\Z"
    r"|\d{1,4}([./ -])(?:\d{1,2}|[A-Za-z]{3,9})\1\d{2,4}(?:[T,; ]+\d\d?:\d\d.*)?\Z"
)
_QUANTITY = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?\s*[pnuµμmk]?[AVWs]\Z", re.IGNORECASE)
_COMMENT = ("#", "%", "//", "--", ";", "'", "!")


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Layout of a table, detected in its first lines."""

    encoding: str
    delimiter: str  # "," ";" "\t", or " " for any run of blanks
    names: tuple[str, ...]  # header cells without an empty last one; () where there is no header
    first_row: int  # line of the first row of data, from 0
    cells: int  # in a row, as written; 0: there is no row
    decimal_comma: bool = False  # "0,5" is a half
    paired: bool = False  # decimal commas in a file separated by commas: two cells make one number
    quoted: bool = False
    wrapped: bool = False  # np.float64(...)
    ends_empty: bool = False  # rows end in a delimiter, behind which there is nothing

    @property
    def columns(self) -> int:
        """Number of columns; an empty last name is no column."""
        return len(self.names) or self.cells

    @property
    def fits(self) -> bool:
        """Whether rows have a cell for each name: exactly, or one more that is empty because rows end in a comma."""
        return self.cells == self.columns or (self.cells == self.columns + 1 and self.ends_empty)

    def index(self, name: str) -> int | None:
        """Position of a column by its folded name; None if there is none."""
        wanted = folded(name)
        return next((index for index, given in enumerate(self.names) if folded(given) == wanted), None)


def folded(name: str) -> str:
    """Name of a column in lower case, without blanks, and with "u" for micro."""
    return re.sub(r"\s+", "", name).lower().replace("µ", "u").replace("μ", "u")


def find(head: str, encoding: str, *, whole: bool) -> TableLayout | None:
    """Layout of the table that begins with `head`; None without text. `whole`: `head` is the whole file."""
    lines = head.split("\n")
    if not whole and len(lines) > 1:
        lines.pop()  # the head ends somewhere inside this one
    lines = lines[:_SNIFFED_LINES]
    if not any(line.strip() for line in lines):
        return None
    for is_value, may_be_remark in ((_is_number, False), (_is_number, True), (_is_quantity, True)):
        for delimiter in (*_DELIMITERS, " "):
            for number, line in enumerate(lines):
                if _is_row(line, delimiter, is_value) and (may_be_remark or not _is_remark(split(line, delimiter))):
                    return _around(lines, number, delimiter, encoding)
    return _single_column(lines, encoding) or _header_only(lines, encoding)


def split(line: str, delimiter: str) -> list[str]:
    """Cells of a line; a quoted cell may hold the delimiter."""
    if delimiter == " ":
        return line.split()
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a NUL, or a cell longer than any cell is
        return line.split(delimiter)


def first_rows(head: str, layout: TableLayout, rows: int) -> list[list[str]]:
    """Bare cells of up to `rows` rows of the table in the beginning of a file."""
    lines = [line for line in head.split("\n")[layout.first_row :] if line.strip()][:rows]
    return [[text.bare_cell(cell) for cell in split(line, layout.delimiter)] for line in lines]


def _is_row(line: str, delimiter: str, is_value: Callable[[str], bool] | None = None) -> bool:
    """Whether at least half of the cells hold values and one a number; blanks separate numbers only.

    `is_value` decides on numbers: those with a unit count only in a table whose rows have no others.
    """
    cells = _without_empty_end(split(line, delimiter))
    if len(cells) < 2 and not (cells and delimiter == "," and line.rstrip().endswith(",")):
        return False
    numbers = [(is_value or _is_number)(cell) for cell in cells]
    if delimiter == " ":
        return all(numbers)
    if delimiter == "\t" and any(_is_row(cell, " ") for cell in cells):
        return False  # tabs among other blanks
    values = sum(number or not cell.strip() or _is_clock(cell) for number, cell in zip(numbers, cells, strict=True))
    return any(numbers) and 2 * values >= len(cells)


def _is_remark(cells: Sequence[str]) -> bool:
    """Whether cells are a name and its value, as instruments write above a table: `Sample interval (s),0.04096,,`."""
    filled = [cell for cell in cells if cell.strip()]
    is_named = len(filled) == 2 and bool(cells[0].strip()) and not (_is_number(filled[0]) or _is_clock(filled[0]))
    return is_named and _is_number(filled[1])


def _is_number(cell: str) -> bool:
    bare = text.bare_cell(cell)
    try:
        text.number(bare)
    except ValueError:
        return bool(_DECIMAL_COMMA.match(bare))
    return bool(bare)


def _is_quantity(cell: str) -> bool:
    return _is_number(cell) or bool(_QUANTITY.match(text.bare_cell(cell)))


def _is_clock(cell: str) -> bool:
    return bool(_CLOCK.match(text.bare_cell(cell)))


def _around(lines: Sequence[str], row: int, delimiter: str, encoding: str) -> TableLayout:
    """Layout with its first numeric row in line `row`: the first fitting line above is the header."""
    cells = split(lines[row], delimiter)
    header, names = _header_above(lines[:row], cells, delimiter)
    while header is None and row and _is_remark(above := split(lines[row - 1], delimiter)) and len(above) == len(cells):
        row -= 1  # it may be a row of the table, and none may be lost
    paired = len(names) > 0 and len(cells) == 2 * len(names) and _may_be_paired(cells, delimiter)
    shown = [cell for line in lines[row:] for cell in split(line, delimiter)]
    return TableLayout(
        encoding,
        delimiter,
        names,
        row if header is None else header + 1,
        len(names) if paired else len(cells),
        decimal_comma=not paired and any(_DECIMAL_COMMA.match(text.bare_cell(cell)) for cell in shown),
        paired=paired,
        quoted=any('"' in line for line in lines[row:]),
        wrapped=any("float" in cell for cell in shown),
        ends_empty=not cells[-1].strip(),
    )


def _header_above(lines: Sequence[str], row: list[str], delimiter: str) -> tuple[int | None, tuple[str, ...]]:
    """Line and names of the header above a row: the first that fits it, or has half as many names, or the nearest.

    The nearest is none where it is prose or a comment: one cell, or after a comment's mark fewer than four in five.
    """
    above = [(number, names) for number, line in enumerate(lines) if (names := _names(line, delimiter))]
    for counts in ({len(row), len(_without_empty_end(row))}, {len(row) / 2} if _may_be_paired(row, delimiter) else ()):
        for number, names in above:
            if len(names) in counts and _are_names(names, delimiter):
                return number, names
    for number, names in reversed(above):
        is_comment = delimiter == " " or lines[number].lstrip().startswith(_COMMENT)
        if len(names) > 1 and (not is_comment or len(names) >= 0.8 * len(row)) and _are_names(names, delimiter):
            return number, names
    return None, ()


def _are_names(names: Sequence[str], delimiter: str) -> bool:
    """Whether cells may be a header: a title has one name and blanks, a sentence between blanks has numbers."""
    if _is_remark(names):
        return False
    return 2 * sum(map(bool, names)) >= len(names) and (delimiter != " " or not any(map(_is_number, names)))


def _may_be_paired(row: list[str], delimiter: str) -> bool:
    """Whether cells may be whole parts and decimals of numbers in turn."""
    return delimiter == "," and all(_WHOLE.match(text.bare_cell(cell)) for cell in row)


def _names(line: str, delimiter: str) -> tuple[str, ...]:
    cells = split(line.strip().lstrip("#").strip(), delimiter)
    names = [text.bare_cell(cell) for cell in _without_empty_end(cells)]
    return (names[0].lstrip("#").strip(), *names[1:]) if names else ()  # also "# time" in quotation marks


def _without_empty_end(cells: list[str]) -> list[str]:
    return cells[:-1] if len(cells) > 1 and not cells[-1].strip() else cells


def _single_column(lines: Sequence[str], encoding: str) -> TableLayout | None:
    """One number a line, with or without a name above."""
    for number, line in enumerate(lines):
        if line.strip() and _is_number(line):
            found = _around(lines, number, "\t", encoding)
            return found if found.fits else None
    return None


def _header_only(lines: Sequence[str], encoding: str) -> TableLayout:
    """Names without a row; or a text that is no table at all, which then has one odd name."""
    number, line = next((number, line) for number, line in enumerate(lines) if line.strip())
    delimiter = max(_DELIMITERS, key=line.count)
    return TableLayout(encoding, delimiter, _names(line, delimiter), number + 1, 0)
