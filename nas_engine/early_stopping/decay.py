"""Exponential decay with default parameters (paper, section 5.1); only the mean of final accuracies is estimated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_engine.early_stopping.base import Curve, Decision, Forecast, best_reward, compare, continue_training
from nas_engine.early_stopping.buckets import Buckets
from nas_engine.early_stopping.curve_gp import JITTER, conditional
from nas_engine.early_stopping.kernel import Array, exponential

_FEWEST_FINISHED = 5
_FEWEST_BUCKETS = 0.5  # share: curves that rise late look flat, and an exponential would extrapolate them as flat
_ALPHA, _BETA = np.array(1.0), np.array(0.3)
_DECAY_DEVIATION = 0.3  # of the distance between the first accuracies and the asymptote
_ASYMPTOTE_DEVIATION = 0.1  # of asymptotes about the mean of the study's final accuracies
_NOISE_DEVIATION = 0.03  # of one epoch
_FINAL_DEVIATION = 0.01  # of the int8 file about the curve's end


@dataclass(frozen=True, slots=True)
class ExponentialDecay:
    """Freeze-thaw kernel (`kernel.exponential`) with fixed parameters; the mean asymptote is that of finished trials.

    `confidence` (0..1): probability of ending below the best from which a trial is stopped.
    """

    buckets: Buckets
    confidence: float

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """Forecast from half of the buckets on and with five finished trials; without, the training continues."""
        points, best = self.buckets.points(running), best_reward(ended)
        finals = [curve.final_accuracy for curve in ended if curve.final_accuracy is not None]
        if best is None or len(finals) < _FEWEST_FINISHED or len(points) < _FEWEST_BUCKETS * self.buckets.count:
            return continue_training(running)
        mean = np.full(self.buckets.count + 1, float(np.mean(finals)))
        known = np.arange(len(mean)) < len(points)
        values = np.append(points, np.zeros(len(mean) - len(points)))
        accuracy, deviation = conditional(mean, self._covariance(), known, values)
        return compare(running, Forecast(accuracy - running.penalty, deviation), best, self.confidence)

    def _covariance(self) -> Array:
        times = self.buckets.times
        covariance = _DECAY_DEVIATION**2 * exponential(times[:, None] + times[None, :], _ALPHA, _BETA)
        noise = np.full(len(times), _NOISE_DEVIATION**2 + JITTER)
        noise[-1] = _FINAL_DEVIATION**2
        return np.asarray(covariance + _ASYMPTOTE_DEVIATION**2 + np.diag(noise))
