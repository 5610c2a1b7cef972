"""What L-BFGS searches for TSGP: where each hyperparameter stands in one vector, and what is believed beforehand."""

import math
from dataclasses import dataclass

import numpy as np

from nas_engine.early_stopping.kernel import Array

NOISE_KNOTS = (0.0, 0.15, 0.3, 0.6, 1.0)
"""Shares of the training between which the noise of an epoch changes: under a cosine schedule it is large while the
learning rate is, and accuracies settle at the end."""


def _log_variance(deviation: float) -> float:
    return 2 * math.log(deviation)


@dataclass(frozen=True, slots=True)
class Layout:
    """Slices of the vector for `features` numbers an architecture; all but the two maps are logarithms.

    The maps give log alpha and log beta of the kernel: a constant, then a weight for each standardised feature.
    """

    features: int

    asymptote = 0  # variance of asymptotes about what the features say of them
    decay = 1  # variance of the decaying part at time 0
    final = 2  # variance of the final accuracy about the curve at its end
    weights = 3  # variance of the asymptote's weights, one a feature
    walk = 4  # variance at the end of a curve's random walk
    noise = slice(5, 5 + len(NOISE_KNOTS))

    @property
    def alpha(self) -> slice:
        return slice(self.noise.stop, self.noise.stop + 1 + self.features)

    @property
    def beta(self) -> slice:
        return slice(self.alpha.stop, self.alpha.stop + 1 + self.features)

    @property
    def size(self) -> int:
        return self.noise.stop + 2 * (1 + self.features)

    def beliefs(self) -> tuple[Array, Array]:
        """Mean and deviation of a normal prior for each element; what keeps ten curves from explaining everything."""
        mean, deviation = np.zeros(self.size), np.full(self.size, 1.5)
        mean[self.asymptote], mean[self.decay] = _log_variance(0.03), _log_variance(0.1)
        mean[self.walk] = _log_variance(0.03)
        mean[self.final], deviation[self.final] = _log_variance(0.012), 1.0
        mean[self.weights] = _log_variance(0.003)
        mean[self.noise] = _log_variance(0.03)
        mean[self.beta.start] = math.log(0.3)
        for weights in (self.alpha, self.beta):
            deviation[weights.start] = 1.0
            deviation[weights.start + 1 : weights.stop] = 0.2
        return mean, deviation
