"""Learning from thousands of networks: a sum over options and pairs, and a forest for what the sum leaves."""

import numpy as np

from nas_engine.energy.regression import additive, forest
from nas_engine.energy.regression.ensembles import Combined
from nas_engine.energy.regression.metrics import folds
from nas_engine.energy.regression.model import ModelPart, Transform, backward
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, Values

_FOLDS = 5
_TREES = 50  # for a rest that is mostly noise; twice as many predict no better and half as fast
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def fit(schema: Schema, features: EncodedFeatures, target: Values, transform: Transform, seed: int) -> Combined:
    """Fit to `target` [n], already transformed; the forest's share is what predicts left-out rows best."""
    logs = transform == "log"
    total, rest, rest_sd = (np.empty_like(target) for _ in range(3))
    deviation = 0.0
    for held_back in folds([str(row) for row in range(len(target))], _FOLDS, seed):
        seen, unseen = features.take(~held_back), features.take(held_back)
        summed = additive.fit(schema, seen, target[~held_back], logs=logs)
        left = target[~held_back] - summed.predict(seen)[0]
        total[held_back], deviation = summed.predict(unseen)[0], summed.deviation
        grown = forest.grow(schema, seen, left, seed, _TREES)
        rest[held_back], rest_sd[held_back] = grown.trees.predict(unseen)

    def error(share: float) -> float:
        return float(np.mean((backward(transform, total + share * rest) - backward(transform, target)) ** 2))

    share = min(_SHARES, key=error)
    summed = additive.fit(schema, features, target, logs=logs)
    grown = forest.grow(schema, features, target - summed.predict(features)[0], seed, _TREES)
    parts: tuple[tuple[float, ModelPart], ...] = ((1.0, summed), (share, grown.trees))
    return Combined(
        name=f"sum of options and pairs, forest of the rest ({share})" if share else "sum of options and pairs",
        parts=tuple((weight, part) for weight, part in parts if weight > 0),
        mean=total + share * rest,
        sd=deviation + share * rest_sd,
        impurity_importance=forest.grow(schema, features, target, seed).impurity_importance,
    )
