"""Additive model with pairwise interactions for thousands of measured networks: options, pairs of options, numbers.

A Gaussian process is slow with thousands of rows and not needed: effects of columns and of their pairs can be estimated
directly. Pairs are selected where residuals vary beyond chance (an F test of the two-way table, as in Lou et al.,
"Accurate intelligible models with pairwise interactions", 2013); all effects are fitted by one ridge regression.
NumPy alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression.gaussian_process.encoding import EncodedRows, RowEncoder
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, Values

_RIDGE = 1.0
_MOST_PAIRS = 40
_BEYOND_CHANCE = 3.0  # standard deviations of the F test's statistic where there is nothing

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AdditiveModel:
    """mean = offset + inputs @ weights + sum of tables[pair]; `deviation` is the standard deviation of residuals.

    `weights` [options + numbers]; `pairs` are indices of option columns, `tables` [sum of sizes of the pairs] their
    effects one after the other. All in the unit of the target.
    """

    encoder: RowEncoder
    offset: float
    weights: Values
    pairs: tuple[tuple[int, int], ...]
    tables: Values
    deviation: float

    def predict(self, features: EncodedFeatures) -> tuple[Values, Values]:
        """Mean and standard deviation [n] of a new measurement, in the unit of the target."""
        inputs = self.encoder.encode(features)
        mean = self.offset + _flat(inputs) @ self.weights
        sizes = _sizes(self.encoder)
        codes, start = _codes(inputs, sizes), 0
        for a, b in self.pairs:
            mean = mean + self.tables[start + codes[:, a] * sizes[b] + codes[:, b]]
            start += sizes[a] * sizes[b]
        return mean, np.full(len(mean), self.deviation)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """State of the model as plain arrays, the input of `from_arrays`."""
        settings = {"reader": self.encoder.to_json(), "offset": self.offset, "deviation": self.deviation}
        settings["pairs"] = self.pairs
        return {"settings": np.array(json.dumps(settings)), "weights": self.weights, "tables": self.tables}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Model from the arrays of `arrays`. Raises ValueError where their sizes do not agree."""
        settings = json.loads(str(arrays["settings"]))
        encoder = RowEncoder.from_json(settings["reader"])
        pairs = tuple((int(a), int(b)) for a, b in settings["pairs"])
        sizes = _sizes(encoder)
        if len(arrays["tables"]) != sum(sizes[a] * sizes[b] for a, b in pairs):
            raise ValueError("the tables of pairs do not fit their options")
        offset, deviation = float(settings["offset"]), float(settings["deviation"])
        return cls(encoder, offset, arrays["weights"], pairs, arrays["tables"], deviation)


def fit(schema: Schema, features: EncodedFeatures, target: Values, *, logs: bool) -> AdditiveModel:
    """Fit to `target` [n]; with `logs`, columns of numbers above 0 enter by their logarithms."""
    encoder = RowEncoder.fit(schema, features, logs=logs)
    inputs, sizes = encoder.encode(features), _sizes(encoder)
    offset, alone = float(target.mean()), _flat(inputs)
    rest = target - offset - alone @ _ridge(alone, target - offset)
    codes = _codes(inputs, sizes)
    pairs = _significant_pairs(codes, sizes, rest)
    together = [np.eye(sizes[a] * sizes[b])[codes[:, a] * sizes[b] + codes[:, b]] for a, b in pairs]
    design = np.concatenate([alone, *together], axis=1)
    weights = _ridge(design, target - offset)
    deviation = float(np.std(target - offset - design @ weights))
    columns = alone.shape[1]
    return AdditiveModel(encoder, offset, weights[:columns], tuple(pairs), weights[columns:], deviation)


def _significant_pairs(codes: Codes, sizes: Sequence[int], rest: Values) -> list[tuple[int, int]]:
    excess = {pair: _beyond_chance(codes, sizes, rest, *pair) for pair in combinations(range(len(sizes)), 2)}
    significant = (pair for pair, by in excess.items() if by > _BEYOND_CHANCE)
    return sorted(significant, key=lambda pair: -excess[pair])[:_MOST_PAIRS]


def _beyond_chance(codes: Codes, sizes: Sequence[int], rest: Values, a: int, b: int) -> float:
    """Sum of squares of `rest` explained by the cells of columns a and b, in standard deviations above noise."""
    cells = codes[:, a] * sizes[b] + codes[:, b]
    counts = np.bincount(cells)
    filled = counts > 0
    explained = float((np.bincount(cells, weights=rest)[filled] ** 2 / counts[filled]).sum())
    variance, cell_count = float(rest.var()), int(filled.sum())
    return (explained / variance - cell_count) / np.sqrt(2 * cell_count) if variance > 0 else 0.0


def _ridge(design: Values, target: Values) -> Values:
    normal = design.T @ design
    normal[np.diag_indices_from(normal)] += _RIDGE
    return np.asarray(np.linalg.solve(normal, design.T @ target))


def _flat(inputs: EncodedRows) -> Values:
    return np.concatenate([inputs.one_hot, inputs.numbers], axis=1)


def _sizes(encoder: RowEncoder) -> list[int]:
    return [column.size for column in encoder.columns]


def _codes(inputs: EncodedRows, sizes: Sequence[int]) -> Codes:
    """Index of the option of each row in each column [n, columns]."""
    parts = np.split(inputs.one_hot, np.cumsum(sizes)[:-1], axis=1) if sizes else []
    return np.stack([part.argmax(axis=1) for part in parts], axis=1) if parts else np.empty((len(inputs), 0), int)
