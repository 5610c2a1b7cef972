"""Encoding of rows of a table for the Gaussian process: one-hot options, standardised numbers. NumPy alone.

    symbol   code                   shape                  meaning
    n        len(features)          -                      number of rows
    X        EncodedRows.one_hot    [n, o]                 options of all option columns side by side; o: all options
    x        EncodedRows.numbers    [n, q]                 (number - mean) / sd, or of its logarithm; q numeric columns
    v        OptionColumn.values    [options]              standardised values of ordered options

A numeric column of at most 12 different values (a kernel size, a block's filters) becomes a column of ordered options.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression.schema import UNSEEN, EncodedFeatures, Schema, Values

_MOST_VALUES = 12


@dataclass(frozen=True, slots=True)
class OptionColumn:
    """Column of `size` options; `values` [size] are standardised values of ordered options, otherwise ().

    Columns of equal `group` have the same options and share their kernel parameters.
    """

    group: str
    size: int
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """n encoded rows: `one_hot` [n, all options of all columns] and `numbers` [n, numeric columns]."""

    one_hot: Values
    numbers: Values

    def __len__(self) -> int:
        return len(self.one_hot)

    def take(self, rows: NDArray[Any] | slice) -> "EncodedRows":
        """Selected rows, by indices, a mask [n] or a slice."""
        return EncodedRows(self.one_hot[rows], self.numbers[rows])


@dataclass(frozen=True, slots=True)
class RowEncoder:
    """Encoder of `EncodedFeatures` as `EncodedRows`, fitted to the measured rows; constant columns are left out.

    `levels` are (index, number of options, group) of categorical columns; `ordered` (index, values) and `scaled`
    (index, mean, standard deviation, whether of logarithms) of numeric ones.
    """

    levels: tuple[tuple[int, int, str], ...]
    ordered: tuple[tuple[int, tuple[float, ...]], ...]
    scaled: tuple[tuple[int, float, float, bool], ...]

    @classmethod
    def fit(cls, schema: Schema, features: EncodedFeatures, *, logs: bool) -> Self:
        """Encoder for the columns of `features` that vary; with `logs`, columns above 0 enter by their logarithms."""
        levels = tuple(
            (i, len(column.levels), "/".join(column.levels))
            for i, column in enumerate(schema.categorical)
            if len(column.levels) > 1
        )
        ordered, scaled = [], []
        for i, values in enumerate(features.numbers.T):
            distinct = np.unique(values)
            if 1 < len(distinct) <= _MOST_VALUES:
                ordered.append((i, tuple(float(value) for value in distinct)))
            elif len(distinct) > 1:
                log = bool(logs and distinct[0] > 0)
                taken = np.log(values) if log else values
                scaled.append((i, float(taken.mean()), float(taken.std()), log))
        return cls(levels, tuple(ordered), tuple(scaled))

    @property
    def columns(self) -> tuple[OptionColumn, ...]:
        """Option columns in the order of `EncodedRows.one_hot`; unordered ones have one option more, for any unseen."""
        unordered = (OptionColumn(group, size + 1) for _, size, group in self.levels)
        ordered = (OptionColumn(f"ordered {i}", len(values), _standard(values)) for i, values in self.ordered)
        return (*unordered, *ordered)

    def encode(self, features: EncodedFeatures) -> EncodedRows:
        """Encode rows [n]; unseen options have a column of their own, values between ordered ones become the next."""
        parts = [_one_hot(features.codes[:, i], size) for i, size, _ in self.levels]
        parts += [_nearest(features.numbers[:, i], np.array(values)) for i, values in self.ordered]
        numbers = [(_taken(features.numbers[:, i], log) - mean) / sd for i, mean, sd, log in self.scaled]
        rows = len(features)
        return EncodedRows(
            np.concatenate(parts, axis=1) if parts else np.empty((rows, 0)),
            np.stack(numbers, axis=1) if numbers else np.empty((rows, 0)),
        )

    def to_json(self) -> dict[str, Any]:
        """JSON values by field; the inverse of `from_json`."""
        return {"levels": self.levels, "ordered": self.ordered, "scaled": self.scaled}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Encoder from the JSON of `to_json`. Raises KeyError, TypeError or ValueError for other JSON."""
        levels = tuple((int(i), int(size), str(group)) for i, size, group in data["levels"])
        ordered = tuple((int(i), tuple(float(value) for value in values)) for i, values in data["ordered"])
        scaled = tuple((int(i), float(mean), float(sd), bool(log)) for i, mean, sd, log in data["scaled"])
        return cls(levels, ordered, scaled)


def _one_hot(codes: NDArray[np.int64], size: int) -> Values:
    return np.asarray(np.where(codes == UNSEEN, size, codes)[:, None] == np.arange(size + 1), dtype=np.float64)


def _nearest(values: Values, options: Values) -> Values:
    nearest = np.abs(values[:, None] - options).argmin(axis=1)
    return np.asarray(nearest[:, None] == np.arange(len(options)), dtype=np.float64)


def _standard(values: tuple[float, ...]) -> tuple[float, ...]:
    centred = np.array(values) - np.mean(values)
    return tuple(float(value) for value in centred / centred.std())


def _taken(values: Values, log: bool) -> Values:
    return np.log(np.maximum(values, np.finfo(np.float64).tiny)) if log else values
