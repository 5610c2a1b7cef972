"""Final accuracies that are expected of networks: before a training by their blocks, in it by its early signs as well.

Of its network's blocks a stopped training shows what its signs show of its end, with their noise; a finished one shows
it without. Where blocks explain nothing, all networks are expected to be alike, and a forecast is that of the signs.

Notation, for one training:

    y         its final accuracy ~ N(h, s^2), h: what its blocks let expect, s: `spread`
    z, v      what the signs up to a decision point say: z ~ N(y, v^2)

    E[y | z] = h + s^2 / (s^2 + v^2) (z - h),   V[y | z] = 1 / (1 / s^2 + 1 / v^2)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.kernel import Array
from nas_engine.early_stopping.marginal_value import early_signs
from nas_engine.early_stopping.marginal_value.early_signs import EarlySigns
from nas_engine.statistics.selection.expected_accuracy import WitnessExpectation, expectation

_LEAST_LUCK = 0.01  # standard deviation of accuracies between trainings of one network that there always is
_DOUBT = 0.9  # that blocks say anything


@dataclass(frozen=True, slots=True)
class TrainingForecasts:
    """What blocks and early signs say. `deviations` [E + 1] are those of final accuracies after 0, 1, .. points."""

    signs: EarlySigns
    blocks: WitnessExpectation
    deviations: Array

    @property
    def spread(self) -> float:
        """Standard deviation of final accuracies about what blocks let expect."""
        return float(self.deviations[0])

    def before(self, curve: Curve) -> float:
        """Final accuracy (0..1) expected of the network of `curve` before its first epoch."""
        return float(self.blocks.of(_witnesses([curve]))[0])

    def forecast(self, curve: Curve, point: int) -> tuple[float, float]:
        """Mean and standard deviation of the final accuracy (0..1) given the epochs up to `point` 1, 2, ..."""
        shown, noise = self.signs.observation(curve, point)
        before = self.before(curve)
        share = self.spread**2 / (self.spread**2 + noise**2)
        return float(before + share * (shown - before)), float(self.deviations[point])


def fit(curves: Sequence[Curve], points: Sequence[int]) -> TrainingForecasts:
    """Forecasts learned from trainings with losses, of networks each, at least two of which are finished.

    `points` as in `early_signs.fit`; a training that is not finished has at least the first.
    """
    signs = early_signs.fit(curves, points)
    observations = np.array([_observation(signs, curve) for curve in curves])
    blocks = expectation(observations[:, 0], _witnesses(curves), observations[:, 1], _DOUBT)
    spread = float(np.hypot(blocks.deviation, _LEAST_LUCK))
    noises = np.array([signs.observation(curves[0], point)[1] for point in range(1, len(points) + 1)])
    deviations = 1 / np.sqrt(1 / spread**2 + np.array([0.0, *(1 / noises**2)]))
    return TrainingForecasts(signs, blocks, deviations)


def _observation(signs: EarlySigns, curve: Curve) -> tuple[float, float]:
    """What a training shows of its final accuracy, and the standard deviation of that."""
    if curve.final_accuracy is not None:
        return curve.final_accuracy, _LEAST_LUCK
    shown, noise = signs.observation(curve, sum(epochs <= len(curve.losses) for epochs in signs.points))
    return shown, float(np.hypot(noise, _LEAST_LUCK))


def _witnesses(curves: Sequence[Curve]) -> Array:
    return np.array([(*curve.blocks, *curve.features) for curve in curves])
