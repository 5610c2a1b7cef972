"""What a device takes for networks, learned from those measured on it: the choice of model and its validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nas_engine.energy import forest
from nas_engine.energy.table_model import TableModel, Transform, backward, forward
from nas_engine.energy.tables import Features, Row, Schema, Values
from nas_engine.energy.validation import folds, scores

FOLDS = 5


@dataclass(frozen=True, slots=True)
class FittedModel:
    """The model, and what its validation found, as JSON."""

    model: TableModel
    report: dict[str, Any]


def fit(table: Sequence[Row], target: Values, *, groups: Sequence[str], seed: int) -> FittedModel:
    """Train on the rows of `table` and their `target` [n]; rows of one group are never on both sides of a fold."""
    schema = Schema.of(table)
    features = schema.encode(table)
    transform: Transform = "log" if target.min() > 0 else "none"
    transformed = forward(transform, target)
    mean, sd = _out_of_fold(schema, features, transformed, groups, seed)
    spread = float(np.quantile(np.abs(transformed - mean) / sd, 0.9, method="higher"))
    grown = forest.grow(schema, features, transformed, seed)
    model = TableModel(schema, transform, ((1.0, grown.trees),), spread)
    report = {"measured": len(table), **scores(target, backward(transform, mean)).to_json()}
    return FittedModel(model, report)


def _out_of_fold(
    schema: Schema, features: Features, target: Values, groups: Sequence[str], seed: int
) -> tuple[Values, Values]:
    mean, sd = np.empty_like(target), np.empty_like(target)
    for held_back in folds(groups, FOLDS, seed):
        grown = forest.grow(schema, features.take(~held_back), target[~held_back], seed)
        mean[held_back], sd[held_back] = grown.trees.predict(features.take(held_back))
    return mean, np.maximum(sd, 1e-9)
