"""Learning from up to two thousand networks: a Gaussian process, the paper's forest, or both in shares."""

import numpy as np

from nas_engine.energy.regression import forest
from nas_engine.energy.regression.ensembles import Combined
from nas_engine.energy.regression.gaussian_process import gp_fit
from nas_engine.energy.regression.model import Transform, backward
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, Values

_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_NAMES = {0.0: "Gaussian process", 1.0: "forest"}


def fit(
    schema: Schema, features: EncodedFeatures, target: Values, counts: Values, transform: Transform, seed: int
) -> Combined:
    """Fit to `target` [n], already transformed, each the mean of `counts` [n] measurements.

    The forest's share is what predicts left-out rows best, on the scale of what was measured.
    """
    process = gp_fit.fit(schema, features, target, counts, seed, logs=transform == "log")
    grown = forest.grow(schema, features, target, seed)
    mean, deviation = forest.cross_fitted(schema, features, target, seed)

    def error(share: float) -> float:
        mixed = (1 - share) * process.cross_fitted_mean + share * mean
        return float(np.mean((backward(transform, mixed) - backward(transform, target)) ** 2))

    share = min(_SHARES, key=error)
    return Combined(
        name=_NAMES.get(share, f"Gaussian process and forest ({share:.1f})"),
        parts=tuple((w, part) for w, part in ((1 - share, process.process), (share, grown.trees)) if w > 0),
        mean=(1 - share) * process.cross_fitted_mean + share * mean,
        sd=(1 - share) * process.cross_fitted_sd + share * deviation,
        impurity_importance=grown.impurity_importance,
    )
