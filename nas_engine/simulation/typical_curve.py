"""Typical learning curve: how informative the epochs of a wholly simulated training are about its end.

Knots over the share of the float training done, from the 152 trainings of `benchmarks/data/paper-2d.jsonl`. Accuracies
of the first third say nothing about the end, losses do from the fifth of 30 epochs on; a stopping rule is as
good in a simulation as these are right.

Notation:

    s         share of the float epochs done, 0..1
    z         final accuracy of this training about that of a usual network, in standard deviations of the networks
    r, q      correlations of accuracy and of log loss at s with z
    u, n      deviation of the training's losses (one for all epochs) and of one epoch's accuracy, both N(0, 1)

    accuracy(s) = guess + (usual - guess) progress(s) + spread(s) (r z + sqrt(1 - r^2) n)
    log loss(s) = usual loss(s) + width(s) (q z + sqrt(1 - q^2) u)
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_KNOTS: NDArray[np.float64] = np.array(
    [  # share, progress, spread (of the finals'), r, usual loss, width, q
        (0.033, 0.00, 1.20, 0.03, 2.08, 0.040, -0.06),
        (0.067, 0.00, 1.30, 0.03, 1.74, 0.035, -0.26),
        (0.100, 0.00, 1.50, 0.03, 1.63, 0.035, -0.32),
        (0.133, 0.04, 1.60, 0.05, 1.55, 0.040, -0.44),
        (0.167, 0.10, 1.80, 0.08, 1.48, 0.045, -0.51),
        (0.200, 0.08, 2.10, 0.08, 1.42, 0.050, -0.53),
        (0.233, 0.05, 2.40, 0.08, 1.36, 0.055, -0.54),
        (0.300, 0.22, 2.00, 0.26, 1.27, 0.065, -0.54),
        (0.367, 0.37, 2.10, 0.27, 1.19, 0.070, -0.54),
        (0.433, 0.55, 1.70, 0.45, 1.12, 0.075, -0.56),
        (0.500, 0.68, 1.40, 0.68, 1.06, 0.080, -0.57),
        (0.567, 0.77, 1.25, 0.70, 1.01, 0.080, -0.59),
        (0.633, 0.84, 1.20, 0.73, 0.96, 0.080, -0.62),
        (0.700, 0.91, 1.15, 0.86, 0.92, 0.085, -0.62),
        (0.833, 0.97, 1.05, 0.93, 0.86, 0.085, -0.62),
        (0.900, 0.99, 1.05, 0.94, 0.85, 0.085, -0.63),
        (1.000, 1.00, 1.05, 0.96, 0.85, 0.085, -0.64),
    ]
)
_PROGRESS, _SPREAD, _ACCURACY_CORRELATION, _LOSS, _WIDTH, _LOSS_CORRELATION = range(1, 7)


@dataclass(frozen=True, slots=True)
class UsualNetwork:
    """Final accuracies (0..1) of the networks of a space: mean, standard deviation, and what a guess reaches."""

    accuracy: float
    deviation: float
    guess: float

    def accuracy_at(self, share: float, final_accuracy: float, noise: float) -> float:
        """Accuracy (not clipped) at `share` (0..1) of a training that ends at `final_accuracy`; `noise` is n."""
        correlation = _at(share, _ACCURACY_CORRELATION)
        parts = correlation * self._deviations(final_accuracy) + math.sqrt(1 - correlation**2) * noise
        progress = (self.accuracy - self.guess) * _at(share, _PROGRESS)
        return self.guess + progress + self.deviation * _at(share, _SPREAD) * parts

    def loss_at(self, share: float, final_accuracy: float, deviation: float) -> float:
        """Training loss at `share` (0..1) of a training that ends at `final_accuracy`; `deviation` is u."""
        correlation = _at(share, _LOSS_CORRELATION)
        parts = correlation * self._deviations(final_accuracy) + math.sqrt(1 - correlation**2) * deviation
        return _at(share, _LOSS) * math.exp(_at(share, _WIDTH) * parts)

    def _deviations(self, final_accuracy: float) -> float:
        return (final_accuracy - self.accuracy) / self.deviation


def _at(share: float, column: int) -> float:
    """Value between the knots, linearly; that of the first before it."""
    return float(np.interp(share, _KNOTS[:, 0], _KNOTS[:, column]))
