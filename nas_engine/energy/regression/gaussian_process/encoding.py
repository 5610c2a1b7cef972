"""Rows of a table as the Gaussian process reads them: one-hot options, standardised numbers. NumPy alone.

A number of few values (a kernel size, a block's filters) is an option as well, an ordered one.
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
    """A column of `size` options. `values` [size], standardised, are those of ordered options, otherwise ().

    Columns of equal `group` have the same options and share what is learned of them.
    """

    group: str
    size: int
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """`one_hot` [n, all options of all columns] and `numbers` [n, columns of numbers]."""

    one_hot: Values
    numbers: Values

    def __len__(self) -> int:
        return len(self.one_hot)

    def take(self, rows: NDArray[Any] | slice) -> "EncodedRows":
        return EncodedRows(self.one_hot[rows], self.numbers[rows])


@dataclass(frozen=True, slots=True)
class RowEncoder:
    """Turns `EncodedFeatures` into `EncodedRows` as learned from the measured rows: constant columns are left out.

    `levels` [categorical columns used] are (index, options); `ordered` (index, values); `scaled` (index, mean, sd,
    whether of logarithms).
    """

    levels: tuple[tuple[int, int, str], ...]
    ordered: tuple[tuple[int, tuple[float, ...]], ...]
    scaled: tuple[tuple[int, float, float, bool], ...]

    @classmethod
    def of(cls, schema: Schema, features: EncodedFeatures, *, logs: bool) -> Self:
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

    def read(self, features: EncodedFeatures) -> EncodedRows:
        """An unseen option is unlike every other; of ordered options the nearest stands for a value between them."""
        parts = [_one_hot(features.codes[:, i], size) for i, size, _ in self.levels]
        parts += [_nearest(features.numbers[:, i], np.array(values)) for i, values in self.ordered]
        numbers = [(_taken(features.numbers[:, i], log) - mean) / sd for i, mean, sd, log in self.scaled]
        rows = len(features)
        return EncodedRows(
            np.concatenate(parts, axis=1) if parts else np.empty((rows, 0)),
            np.stack(numbers, axis=1) if numbers else np.empty((rows, 0)),
        )

    def to_json(self) -> dict[str, Any]:
        return {"levels": self.levels, "ordered": self.ordered, "scaled": self.scaled}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
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
