"""Import of tables of networks: a CSV file of any columns as rows of options and numbers. NumPy alone.

A column is numeric where every cell is a number. A text column with more than 50 different values names the network
(an id, a hash) and is left out, unless all its values consist of equally many parts between | + , ; : or blanks, as
NAS-Bench-201's strings do: then each part is a column.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nas_engine.energy.regression.schema import CellValue, TableRow, Values
from nas_engine.errors import BadMeasurement

_SEPARATORS = re.compile(r"[|+,;:\s]+")
_MOST_OPTIONS = 50
_UNITS = frozenset(("ns", "us", "ms", "s", "uj", "mj", "j", "mw", "w", "fps", "latency", "energy", "power"))
"""The last word of a column's name that makes it a measurement."""


@dataclass(frozen=True, slots=True)
class CostTable:
    """Features `rows` [n], measurements [n] by column in the unit of the file, and names of columns left out."""

    rows: Sequence[TableRow]
    measurements: dict[str, Values]
    skipped: tuple[str, ...]


def read(path: Path, target: str, known: str | None = None, ignored: Sequence[str] = ()) -> CostTable:
    """Read the file. `target`, `known` and every column named after a unit are measurements and no features.

    Raises BadMeasurement for a file that is no table, a column that is missing, or one that should hold numbers.
    """
    columns = _columns(path)
    for name in (target, *([known] if known else []), *ignored):
        if name not in columns:
            raise BadMeasurement(f"{path.name} has no column {name!r}; it has {', '.join(columns)}.")
    features: dict[str, list[CellValue]] = {}
    measurements, skipped = {}, []
    for name, cells in columns.items():
        numbers = _numbers(cells)
        if name in (target, known):
            measurements[name] = _measured(path, name, cells)
        elif name in ignored or (numbers is not None and _is_measurement(name)):
            skipped.append(name)
        elif numbers is not None:
            features[name] = list(numbers)
        elif options := _options(name, cells):
            features |= options
        else:
            skipped.append(name)
    if not features:
        raise BadMeasurement(f"{path.name} has no column that describes the networks besides {', '.join(columns)}.")
    rows = [dict(zip(features, values, strict=True)) for values in zip(*features.values(), strict=True)]
    return CostTable(rows, measurements, tuple(skipped))


def _columns(path: Path) -> dict[str, list[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *lines = list(csv.reader(file)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadMeasurement(f"{path.name} cannot be read as CSV in UTF-8: {error}.") from error
    if len(header) < 2 or len(set(header)) < len(header):
        raise BadMeasurement(f"{path.name}, line 1: a header of two or more different column names is needed.")
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise BadMeasurement(f"{path.name}, line {number}: {len(line)} cells where the header has {len(header)}.")
    return {name: [line[i].strip() for line in lines] for i, name in enumerate(header)}


def _is_measurement(name: str) -> bool:
    return re.split(r"[_\s.()\[\]-]+", name.lower().rstrip(")] "))[-1] in _UNITS


def _numbers(cells: Sequence[str]) -> list[float] | None:
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return None


def _measured(path: Path, name: str, cells: Sequence[str]) -> Values:
    for number, cell in enumerate(cells, start=2):
        if not _is_finite(cell):
            raise BadMeasurement(
                f"{path.name}, line {number}: {cell!r} in column {name!r} is no number. Remove the row."
            )
    return np.array([float(cell) for cell in cells])


def _is_finite(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _options(name: str, cells: Sequence[str]) -> dict[str, list[CellValue]]:
    """Column of options itself or, with too many different texts, its parts; {} where these are no options either."""
    if len(set(cells)) <= _MOST_OPTIONS:
        return {name: list(cells)}
    parts = [[part for part in _SEPARATORS.split(cell) if part] for cell in cells]
    if len({len(row) for row in parts}) != 1:
        return {}
    columns = [list[CellValue](column) for column in zip(*parts, strict=True)]
    if any(len(set(column)) > _MOST_OPTIONS for column in columns):
        return {}
    return {f"{name} {number}": column for number, column in enumerate(columns, start=1)}
