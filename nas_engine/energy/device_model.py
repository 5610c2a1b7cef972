"""What a device takes for networks, learned from those measured on it: a Gaussian process, the paper's forest, or both.

Everything is chosen by what was measured alone: the scale on which to learn and the forest's share are those that
predict left-out networks best, and the 90 % interval is as wide as left-out networks need it (conformal: Vovk et al.,
2005; scaled by the model's own standard deviation). Repeated measurements of a network are averaged first, so that no
network is ever predicted from itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from threadpoolctl import threadpool_limits

from nas_engine.energy import forest, process_fit
from nas_engine.energy.repeated import Repeated, averaged
from nas_engine.energy.table_model import Part, TableModel, Transform, backward, forward
from nas_engine.energy.tables import Features, Row, Schema, Values
from nas_engine.energy.validation import Scores, scores

COVERAGE = 0.9
_PILOT_ROWS = 300
_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class FittedModel:
    """The model, what each network was predicted as without it (`left_out` [networks]), and how it was chosen."""

    model: TableModel
    measured: Repeated
    left_out: Values
    forest_share: float
    impurity_importance: dict[str, float]

    @property
    def scores(self) -> Scores:
        return scores(self.measured.target, self.left_out)

    @property
    def name(self) -> str:
        """In words, for reports: "Gaussian process and forest (0.3), log"."""
        parts = {0.0: "Gaussian process", 1.0: "forest"}
        mixed = f"Gaussian process and forest ({self.forest_share:.1f})"
        scale = "" if self.model.transform == "none" else f", {self.model.transform} scale"
        return parts.get(self.forest_share, mixed) + scale


@dataclass(frozen=True, slots=True)
class _Attempt:
    """On the transformed scale: mean and standard deviation [n] of left-out rows, and both parts."""

    process: process_fit.FittedProcess
    grown: forest.Forest
    forest_mean: Values
    forest_sd: Values
    share: float

    @property
    def mean(self) -> Values:
        return (1 - self.share) * self.process.left_out_mean + self.share * self.forest_mean

    @property
    def sd(self) -> Values:
        mixed = (1 - self.share) * self.process.left_out_sd + self.share * self.forest_sd
        return np.maximum(mixed, 1e-12)


def fit(table: Sequence[Row], target: Values, *, seed: int, groups: Sequence[str] | None = None) -> FittedModel:
    """Train on the rows of `table` and their `target` [n]; rows of equal group are repeats of one network."""
    measured = averaged(table, target, groups)
    schema = Schema.of(measured.table)
    features = schema.encode(measured.table)
    with threadpool_limits(1, user_api="blas"):  # beside trainings, threads that wait for each other take minutes
        transform = _best_transform(schema, features, measured, seed)
        attempt = _attempt(schema, features, measured, transform, seed)
    model = TableModel(schema, transform, _parts(attempt), _spread(forward(transform, measured.target), attempt))
    left_out = backward(transform, attempt.mean)
    return FittedModel(model, measured, left_out, attempt.share, attempt.grown.impurity_importance)


def _parts(attempt: _Attempt) -> tuple[tuple[float, Part], ...]:
    both = ((1 - attempt.share, attempt.process.process), (attempt.share, attempt.grown.trees))
    return tuple((weight, part) for weight, part in both if weight > 0)


def _spread(target: Values, attempt: _Attempt) -> float:
    """So many of the model's standard deviations that 90 % of networks, and of one more, lie inside."""
    distances = np.sort(np.abs(target - attempt.mean) / attempt.sd)
    return float(distances[min(ceil(COVERAGE * (len(distances) + 1)), len(distances)) - 1])


def _best_transform(schema: Schema, features: Features, measured: Repeated, seed: int) -> Transform:
    """The scale on which left-out networks of a sample are predicted best, in the target's own unit."""
    if measured.target.min() <= 0 or measured.target.max() < 2 * measured.target.min():
        return "none"
    sample = np.random.default_rng(seed).permutation(len(measured.target))[:_PILOT_ROWS]
    few, of_sample = measured.take(sample), features.take(sample)
    transforms: tuple[Transform, ...] = ("none", "sqrt", "log")

    def error(transform: Transform) -> float:
        target = forward(transform, few.target)
        left_out = process_fit.quick_left_out(schema, of_sample, target, seed, logs=transform == "log")
        return float(np.mean((backward(transform, left_out) - few.target) ** 2))

    return min(transforms, key=error)


def _attempt(schema: Schema, features: Features, measured: Repeated, transform: Transform, seed: int) -> _Attempt:
    target = forward(transform, measured.target)
    process = process_fit.fit(schema, features, target, measured.counts, seed, logs=transform == "log")
    grown = forest.grow(schema, features, target, seed)
    mean, deviation = forest.left_out(schema, features, target, seed)

    def error(share: float) -> float:
        mixed = backward(transform, (1 - share) * process.left_out_mean + share * mean)
        return float(np.mean((mixed - measured.target) ** 2))

    return _Attempt(process, grown, mean, deviation, min(_SHARES, key=error))
