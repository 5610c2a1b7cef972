"""Import of tables of networks: a file of any columns as rows of options and numbers.

A column is numeric where every cell is a number or empty. A text column with more than 50 different values names the
network and is left out, unless all its values consist of equally many parts between | + , ; : or blanks, as
NAS-Bench-201's strings do: then each part is a column. Row numbers and identifiers (`identifiers`) are no features.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing import mixed_table, unpacking
from nas_engine.energy.regression import identifiers
from nas_engine.energy.regression.schema import CellValue, TableRow, Values
from nas_engine.errors import BadMeasurement

_SEPARATORS = re.compile(r"[|+,;:\s]+")
_MOST_OPTIONS = 50
_UNITS = frozenset(("ns", "us", "ms", "s", "uj", "mj", "j", "mw", "w", "fps", "latency", "energy", "power"))
"""The last word of a column's name that makes it a measurement."""

_Features = dict[str, list[CellValue | None]]
_Wrong = Callable[..., BadMeasurement]


@dataclass(frozen=True, slots=True)
class CostTable:
    """Features `rows` [n], measurements [n] by column in the unit of the file, and columns left out.

    `skipped` gives the reason by the column's name.
    """

    rows: Sequence[TableRow]
    measurements: dict[str, Values]
    skipped: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Column:
    """Cells [n] of a column, each with its line in the file."""

    name: str
    cells: Sequence[str]
    lines: Sequence[int]


def read(
    path: Path, target: str, known: str | None = None, ignored: Sequence[str] = (), features: Sequence[str] = ()
) -> CostTable:
    """Read the file, which may be packed. `target`, `known` and columns named after a unit are measurements.

    `features` names columns that describe the networks although they look like a measurement, row number or identifier.
    Raises BadMeasurement for a file that is no table, a column that is missing, or one that should hold numbers.
    """
    columns, wrong = _columns(path)
    for name in (target, *([known] if known else []), *ignored, *features):
        if name not in columns:
            raise BadMeasurement(f"{path.name} has no column {name!r}; it has {', '.join(columns)}.")
    described: _Features = {}
    measurements, skipped = {}, {}
    for name, column in columns.items():
        if name in (target, known):
            measurements[name] = _measured(column, wrong)
        elif name in ignored:
            skipped[name] = "ignored"
        else:
            found, why = _described(column, wrong, is_chosen=name in features)
            described |= found
            skipped |= {name: why} if why else {}
    if not described:
        raise BadMeasurement(f"{path.name} has no column that describes the networks besides {', '.join(columns)}.")
    return CostTable(_rows(described), measurements, skipped)


def _rows(described: _Features) -> list[TableRow]:
    """Rows by column name; what a network lacks is left out."""
    rows = (zip(described, values, strict=True) for values in zip(*described.values(), strict=True))
    return [{name: value for name, value in row if value is not None} for row in rows]


def _columns(path: Path) -> tuple[dict[str, _Column], _Wrong]:
    """Columns by name, and how to report a line of the file."""
    try:
        with unpacking.unpacked(FileSource(path.name, path)) as files:
            if len(files) > 1:
                raise BadMeasurement(f"{path.name} holds {len(files)} files; give one table.")
            source = files[0]
            table = _parsed(source, source.text())
    except OSError as error:
        raise BadMeasurement(f"{path.name} cannot be read: {error.strerror}.") from error
    names = table.names
    if len(names) < 2 or len(set(names)) < len(names):
        raise source.wrong("a header of two or more different column names is needed", line=1)
    for line, cells in table.rows:
        if cells == names:
            raise source.wrong("a second header: two tables in one file; give each alone", line=line)
        if len(cells) != len(names):
            raise source.wrong(f"{len(cells)} cells where the header has {len(names)}", line=line)
    lines = [line for line, _ in table.rows]
    cells_by_column = zip(*(cells for _, cells in table.rows), strict=True) if table.rows else [()] * len(names)
    columns = {name: _Column(name, cells, lines) for name, cells in zip(names, cells_by_column, strict=True)}
    return columns, source.wrong


def _parsed(source: FileSource, content: str) -> mixed_table.MixedTable:
    try:
        return mixed_table.parse(content)
    except BadMeasurement as error:
        raise BadMeasurement(f"{source.name}, {error}") from error


def _described(column: _Column, wrong: _Wrong, *, is_chosen: bool) -> tuple[_Features, str]:
    """(features of a column, "") or ({}, why it is none)."""
    numbers = _numbers(column.cells)
    if numbers is None:
        return _options(column, is_chosen=is_chosen)
    if not is_chosen:
        if _is_measurement(column.name):
            return {}, "a measurement"
        if why := identifiers.why_numbers(column.name, numbers):
            return {}, why
    return {column.name: [_feature(column, row, value, wrong) for row, value in enumerate(numbers.tolist())]}, ""


def _feature(column: _Column, row: int, value: float, wrong: _Wrong) -> float | None:
    if np.isinf(value):
        raise wrong(f"{column.cells[row]!r} in column {column.name!r} is not finite", line=column.lines[row])
    return None if np.isnan(value) else value


def _is_measurement(name: str) -> bool:
    return re.split(r"[_\s.()\[\]-]+", name.lower().rstrip(")] "))[-1] in _UNITS


def _numbers(cells: Sequence[str]) -> Values | None:
    """Numbers [n] of a column, NaN where a cell is empty; None where one is no number, or all are empty."""
    try:
        numbers = np.array([mixed_table.number(cell) for cell in cells], dtype=np.float64)
    except ValueError:
        return None
    return None if np.isnan(numbers).all() else numbers


def _measured(column: _Column, wrong: _Wrong) -> Values:
    return np.array(list(_finite(column, wrong)), dtype=np.float64)


def _finite(column: _Column, wrong: _Wrong) -> Iterator[float]:
    for line, cell in zip(column.lines, column.cells, strict=True):
        try:
            value = mixed_table.number(cell)
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            raise wrong(f"{cell!r} in column {column.name!r} is no number. Remove the row", line=line)
        yield value


def _options(column: _Column, *, is_chosen: bool) -> tuple[_Features, str]:
    """Column of options itself or, with too many different texts, its parts; or why there are neither."""
    if not is_chosen and (why := identifiers.why_words(column.name, column.cells)):
        return {}, why
    is_unique = identifiers.is_unique(column.cells) and not is_chosen
    if not is_unique and len(set(column.cells)) <= _MOST_OPTIONS:
        return {column.name: [cell or None for cell in column.cells]}, ""
    found = _parts(column.name, column.cells)
    return found, "" if found else "another text in each row" if is_unique else f"over {_MOST_OPTIONS} different texts"


def _parts(name: str, cells: Sequence[str]) -> _Features:
    """Columns of the parts that all cells have equally many of, without those that number the rows; {} for others."""
    parts = [[part for part in _SEPARATORS.split(cell) if part] for cell in cells]
    if len({len(row) for row in parts}) != 1 or len(parts[0]) < 2:
        return {}
    columns: dict[str, Any] = {f"{name} {i}": list(part) for i, part in enumerate(zip(*parts, strict=True), start=1)}
    kept = {part: values for part, values in columns.items() if not identifiers.is_unique(values)}
    return {} if any(len(set(values)) > _MOST_OPTIONS for values in kept.values()) else kept
