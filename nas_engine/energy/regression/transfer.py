"""What is known of another device as columns for a model of a new one. Loads scikit-learn.

A measured column is what the other device takes plus what its measurements scatter, and only the first helps. Where
the column is known of all networks, each can be predicted from the others: that part becomes one column, what is left
a second, and the model learns how much of each to believe.
"""

from collections.abc import Sequence

import numpy as np

from nas_engine.energy.regression import forest
from nas_engine.energy.regression.schema import Schema, TableRow, Values

_LEAST_TO_SMOOTH = 200


def with_known(table: Sequence[TableRow], name: str, known: Values, seed: int) -> list[TableRow]:
    """`table` with two columns more, "NAME, expected" and "NAME, beyond", or just NAME of few rows.

    `known` [n] is the other device's; the forest that expects it never sees the target, nor the row it is asked for.
    """
    if len(table) < _LEAST_TO_SMOOTH:
        return [{**row, name: float(value)} for row, value in zip(table, known, strict=True)]
    schema = Schema.of(table)
    expected, _ = forest.cross_fitted(schema, schema.encode(table), np.asarray(known, dtype=np.float64), seed)
    return [
        {**row, f"{name}, expected": float(mean), f"{name}, beyond": float(value - mean)}
        for row, value, mean in zip(table, known, expected, strict=True)
    ]
