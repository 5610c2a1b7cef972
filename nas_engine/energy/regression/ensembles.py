"""Ensembles of predictors, fitted and weighted on the measured rows.

`fit_few` serves up to two thousand networks: a Gaussian process, the paper's random forest, or both in shares.
`fit_many` serves thousands: an additive model over options and pairs, and a forest on its residuals. Targets are on the
transformed scale throughout.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nas_engine.energy.regression import additive, forest
from nas_engine.energy.regression.gaussian_process import gp_fit
from nas_engine.energy.regression.metrics import folds
from nas_engine.energy.regression.model import ModelPart, Transform, backward
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, Values

_SHARES_OF_FEW = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_NAMES = {0.0: "Gaussian process", 1.0: "forest"}

_FOLDS = 5
_TREES = 50  # for residuals that are mostly noise; twice as many predict no better and half as fast
_SHARES_OF_MANY = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Weighted `parts`, their `name` for the user, and the cross-fitted mean and standard deviation [n] of each row.

    `impurity_importance` is the forest's, by column (shares 0..1).
    """

    name: str
    parts: tuple[tuple[float, ModelPart], ...]
    mean: Values
    sd: Values
    impurity_importance: dict[str, float]


def fit_few(
    schema: Schema, features: EncodedFeatures, target: Values, counts: Values, transform: Transform, seed: int
) -> Ensemble:
    """Fit a Gaussian process and a forest to `target` [n], transformed means of `counts` [n] measurements.

    The forest's share minimises the cross-fitted squared error on the scale of the measurements.
    """
    process = gp_fit.fit(schema, features, target, counts, seed, logs=transform == "log")
    grown = forest.grow(schema, features, target, seed)
    mean, deviation = forest.cross_fitted(schema, features, target, seed)
    share = _best_share(
        _SHARES_OF_FEW, lambda share: (1 - share) * process.cross_fitted_mean + share * mean, target, transform
    )
    return Ensemble(
        name=_NAMES.get(share, f"Gaussian process and forest ({share:.1f})"),
        parts=tuple((w, part) for w, part in ((1 - share, process.process), (share, grown.trees)) if w > 0),
        mean=(1 - share) * process.cross_fitted_mean + share * mean,
        sd=(1 - share) * process.cross_fitted_sd + share * deviation,
        impurity_importance=grown.impurity_importance,
    )


def fit_many(schema: Schema, features: EncodedFeatures, target: Values, transform: Transform, seed: int) -> Ensemble:
    """Fit an additive model and a forest on its residuals to `target` [n], transformed.

    The forest's share minimises the cross-fitted squared error on the scale of the measurements.
    """
    logs = transform == "log"
    total, rest, rest_sd = (np.empty_like(target) for _ in range(3))
    deviation = 0.0
    for held_back in folds([str(row) for row in range(len(target))], _FOLDS, seed):
        seen, unseen = features.take(~held_back), features.take(held_back)
        summed = additive.fit(schema, seen, target[~held_back], logs=logs)
        residuals = target[~held_back] - summed.predict(seen)[0]
        total[held_back], deviation = summed.predict(unseen)[0], summed.deviation
        grown = forest.grow(schema, seen, residuals, seed, _TREES)
        rest[held_back], rest_sd[held_back] = grown.trees.predict(unseen)
    share = _best_share(_SHARES_OF_MANY, lambda share: total + share * rest, target, transform)
    summed = additive.fit(schema, features, target, logs=logs)
    grown = forest.grow(schema, features, target - summed.predict(features)[0], seed, _TREES)
    parts: tuple[tuple[float, ModelPart], ...] = ((1.0, summed), (share, grown.trees))
    return Ensemble(
        name=f"sum of options and pairs, forest of the rest ({share})" if share else "sum of options and pairs",
        parts=tuple((weight, part) for weight, part in parts if weight > 0),
        mean=total + share * rest,
        sd=deviation + share * rest_sd,
        impurity_importance=forest.grow(schema, features, target, seed).impurity_importance,
    )


def _best_share(
    shares: tuple[float, ...], predicted: Callable[[float], Values], target: Values, transform: Transform
) -> float:
    """The share with the least squared error of `predicted(share)` [n], both sides transformed back."""
    measured = backward(transform, target)
    return min(shares, key=lambda share: float(np.mean((backward(transform, predicted(share)) - measured) ** 2)))
