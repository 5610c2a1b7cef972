"""Transfer from another device: its measurements as columns for the model of a new one. Loads scikit-learn.

A measurement of the other device is its true cost plus noise, and only the cost helps. As the column is known for all
networks, each can be predicted from the others: the cross-fitted prediction becomes one column, the residual a second,
and the model learns the weight of each.
"""

from collections.abc import Sequence

import numpy as np

from nas_engine.energy.regression import forest
from nas_engine.energy.regression.schema import Schema, TableRow, Values

_LEAST_TO_SMOOTH = 200


def with_known(table: Sequence[TableRow], name: str, known: Values, seed: int) -> list[TableRow]:
    """`table` [n] with columns "NAME, expected" and "NAME, beyond", or NAME alone for under 200 rows.

    `known` [n] are measurements of the other device; predictions are cross-fitted by a forest, without the target.
    """
    if len(table) < _LEAST_TO_SMOOTH:
        return [{**row, name: float(value)} for row, value in zip(table, known, strict=True)]
    schema = Schema.of(table)
    expected, _ = forest.cross_fitted(schema, schema.encode(table), np.asarray(known, dtype=np.float64), seed)
    return [
        {**row, f"{name}, expected": float(mean), f"{name}, beyond": float(value - mean)}
        for row, value, mean in zip(table, known, expected, strict=True)
    ]
