"""Schema of a table of networks: categorical columns that name an option, and numeric columns.

Regression models know nothing of networks, only a `Schema` and `EncodedFeatures`. Architectures become rows of such a
table in `nas_engine.energy.estimators.features`, tables of any origin in `csv_table`. NumPy alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

CellValue = str | float
"""Option of a categorical column, or number of a numeric one."""
TableRow = Mapping[str, CellValue]
"""Cells by column name; a column may be missing (`ABSENT`, or 0 for numbers)."""
Codes = NDArray[np.int64]
Values = NDArray[np.float64]

UNSEEN = -1
"""Code of an option that no row had when the schema was made."""

ABSENT = "absent"
"""Option of a categorical column that a row lacks, as a short network has no twelfth block."""

_MARGIN = 0.02


@dataclass(frozen=True, slots=True)
class SchemaColumn:
    """Column with the values seen in it: `levels` if categorical, otherwise () and the range `low`..`high`."""

    name: str
    levels: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0

    @property
    def is_categorical(self) -> bool:
        """Whether the column holds options (`levels`), not numbers."""
        return bool(self.levels)


@dataclass(frozen=True, slots=True)
class EncodedFeatures:
    """n encoded rows: `codes` [n, categorical columns], indices of levels or UNSEEN; `numbers` [n, numeric columns]."""

    codes: Codes
    numbers: Values

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: NDArray[Any] | slice) -> "EncodedFeatures":
        """Selected rows, by indices, a mask [n] or a slice."""
        return EncodedFeatures(self.codes[rows], self.numbers[rows])


@dataclass(frozen=True, slots=True)
class Schema:
    """Columns of a table, in order."""

    columns: tuple[SchemaColumn, ...]

    @property
    def categorical(self) -> tuple[SchemaColumn, ...]:
        """Categorical columns, in the order of `EncodedFeatures.codes`."""
        return tuple(column for column in self.columns if column.is_categorical)

    @property
    def numeric(self) -> tuple[SchemaColumn, ...]:
        """Numeric columns, in the order of `EncodedFeatures.numbers`."""
        return tuple(column for column in self.columns if not column.is_categorical)

    @classmethod
    def of(cls, rows: Sequence[TableRow]) -> Self:
        """Schema of `rows`: columns in the order found; a column with any text is categorical.

        Levels are sorted, so that the order of rows makes no difference. Raises ValueError without rows.
        """
        if not rows:
            raise ValueError("a table needs at least one row")
        names = list(dict.fromkeys(name for row in rows for name in row))
        return cls(tuple(_column(name, [row.get(name) for row in rows]) for name in names))

    def encode(self, rows: Sequence[TableRow]) -> EncodedFeatures:
        """Encode `rows` [n] as codes and numbers; columns unknown to the schema are left out."""
        codes = [_encode_levels(column, rows) for column in self.categorical]
        numbers = [np.array([_number(row.get(column.name)) for row in rows]) for column in self.numeric]
        return EncodedFeatures(_columns(codes, len(rows), np.int64), _columns(numbers, len(rows), np.float64))

    def outside(self, row: TableRow) -> tuple[str, ...]:
        """Descriptions for the user of cells of `row` outside the range of the schema (2 % margin); () if none is."""
        descriptions = (_outside(column, row.get(column.name)) for column in self.columns)
        return tuple(description for description in descriptions if description)

    def to_json(self) -> list[dict[str, Any]]:
        """JSON values, one object per column; the inverse of `from_json`."""
        return [{"name": c.name, "levels": list(c.levels), "low": c.low, "high": c.high} for c in self.columns]

    @classmethod
    def from_json(cls, data: Sequence[Mapping[str, Any]]) -> Self:
        """Schema from the JSON of `to_json`. Raises KeyError, TypeError or ValueError for other JSON."""
        return cls(tuple(SchemaColumn(c["name"], tuple(c["levels"]), float(c["low"]), float(c["high"])) for c in data))


def _column(name: str, values: Sequence[CellValue | None]) -> SchemaColumn:
    if any(isinstance(value, str) for value in values):
        return SchemaColumn(name, tuple(sorted({_level(value) for value in values})))
    numbers = [_number(value) for value in values]
    return SchemaColumn(name, (), min(numbers), max(numbers))


def _encode_levels(column: SchemaColumn, rows: Sequence[TableRow]) -> list[int]:
    index = {level: code for code, level in enumerate(column.levels)}
    return [index.get(_level(row.get(column.name)), UNSEEN) for row in rows]


def _columns(columns: Sequence[Any], rows: int, dtype: Any) -> NDArray[Any]:
    return np.array(columns, dtype=dtype).T if columns else np.empty((rows, 0), dtype=dtype)


def _level(value: CellValue | None) -> str:
    return ABSENT if value is None else str(value)


def _number(value: CellValue | None) -> float:
    return 0.0 if value is None else float(value)


def _outside(column: SchemaColumn, value: CellValue | None) -> str:
    if column.is_categorical:
        level = _level(value)
        return "" if level in column.levels else f"{column.name} was never measured as {level}"
    number, slack = _number(value), _MARGIN * max(abs(column.low), abs(column.high))
    if number > column.high + slack:
        return f"{column.name} is {number:.4g}, measured were at most {column.high:.4g}"
    if number < column.low - slack:
        return f"{column.name} is {number:.4g}, measured were at least {column.low:.4g}"
    return ""
