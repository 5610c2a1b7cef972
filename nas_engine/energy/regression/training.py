"""Training of a regression model on measured networks: `fit_few` up to 2,000 networks, `fit_many` above.

All choices are made by cross-validation on the measurements: transformation of the target and share of the forest
minimise the error on left-out networks, and the 90 % interval covers left-out networks (conformal prediction: Vovk et
al., "Algorithmic Learning in a Random World", 2005; normalised by the model's standard deviation). Repeated
measurements of a network are averaged first, so that no network is predicted from itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from nas_engine.energy.regression.aggregation import AveragedRows, average_repeats
from nas_engine.energy.regression.ensembles import Ensemble, fit_few, fit_many
from nas_engine.energy.regression.gaussian_process import gp_fit
from nas_engine.energy.regression.metrics import Scores, scores
from nas_engine.energy.regression.model import TableModel, Transform, backward, forward
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, TableRow, Values

COVERAGE = 0.9
_PILOT_ROWS = 300
_LEAST_SD = 1e-12


@dataclass(frozen=True, slots=True)
class FittedModel:
    """Fitted model, the averaged measurements [n], and cross-fitted predictions of them (`cross_fitted` [n]).

    `kind` names the ensemble for the user; `impurity_importance` is the share (0..1) of each column in a forest.
    """

    model: TableModel
    measured: AveragedRows
    cross_fitted: Values
    kind: str
    impurity_importance: dict[str, float]

    @property
    def scores(self) -> Scores:
        """Scores of the cross-fitted predictions, in the unit of the target."""
        return scores(self.measured.target, self.cross_fitted)

    @property
    def name(self) -> str:
        """Name for reports, e.g. "Gaussian process and forest (0.3), log scale"."""
        return self.kind if self.model.transform == "none" else f"{self.kind}, {self.model.transform} scale"


def fit(table: Sequence[TableRow], target: Values, *, seed: int, groups: Sequence[str] | None = None) -> FittedModel:
    """Train on rows `table` [n] and `target` [n]; rows of equal group [n] are repeats of one network.

    Deterministic for equal arguments. Raises ValueError for an empty table.
    """
    measured = average_repeats(table, target, groups)
    schema = Schema.of(measured.table)
    features = schema.encode(measured.table)
    with threadpool_limits(1, user_api="blas"):  # next to training processes, waiting BLAS threads take minutes
        transform = _best_transform(schema, features, measured, seed)
        ensemble = _ensemble(schema, features, measured, transform, seed)
    spread = _spread(forward(transform, measured.target), ensemble)
    model = TableModel(schema, transform, ensemble.parts, spread)
    cross_fitted = backward(transform, ensemble.mean)
    return FittedModel(model, measured, cross_fitted, ensemble.name, ensemble.impurity_importance)


def _ensemble(
    schema: Schema, features: EncodedFeatures, measured: AveragedRows, transform: Transform, seed: int
) -> Ensemble:
    target = forward(transform, measured.target)
    if len(target) > gp_fit.MOST_ROWS:
        return fit_many(schema, features, target, transform, seed)
    return fit_few(schema, features, target, measured.counts, transform, seed)


def _spread(target: Values, ensemble: Ensemble) -> float:
    """Half width of the 90 % interval in standard deviations of the model: the split-conformal quantile.

    Of n normalised residuals |y - mean| / sd the one of rank ceil(0.9 (n + 1)), as a further residual has any rank
    with equal probability. Under nine there is no such rank, and a quantile of Student's t takes its place.
    """
    distances = np.sort(np.abs(target - ensemble.mean) / np.maximum(ensemble.sd, _LEAST_SD))
    rank = ceil(COVERAGE * (len(distances) + 1))
    if rank <= len(distances):
        return float(distances[rank - 1])
    quantile = stats.t.ppf((1 + COVERAGE) / 2, len(distances))
    return float(quantile * np.sqrt(np.mean(distances**2)))


def _best_transform(schema: Schema, features: EncodedFeatures, measured: AveragedRows, seed: int) -> Transform:
    """Transformation with the least leave-one-out error on a sample of networks, in the target's own unit."""
    if measured.target.min() <= 0 or measured.target.max() < 2 * measured.target.min():
        return "none"
    sample = np.random.default_rng(seed).permutation(len(measured.target))[:_PILOT_ROWS]
    few, of_sample = measured.take(sample), features.take(sample)
    transforms: tuple[Transform, ...] = ("none", "sqrt", "log")

    def error(transform: Transform) -> float:
        target = forward(transform, few.target)
        cross_fitted = gp_fit.quick_leave_one_out(schema, of_sample, target, seed, logs=transform == "log")
        return float(np.mean((backward(transform, cross_fitted) - few.target) ** 2))

    return min(transforms, key=error)
