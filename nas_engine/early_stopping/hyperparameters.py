"""Hyperparameters of TSGP: their places in the vector that L-BFGS optimises, and their priors."""

import math
from dataclasses import dataclass

import numpy as np

from nas_engine.early_stopping.kernel import Array

NOISE_KNOTS = (0.15, 0.3, 0.45, 0.6, 0.8, 1.0)
"""Knots of the noise variance of an epoch, in shares of the training: under a cosine schedule it is large while the
learning rate is, and small at the end. It is constant before the first knot: early accuracies are those of the majority
class, so equal that a separate noise there would be close to 0 and every exception would count as signal."""


def _log_variance(deviation: float) -> float:
    return 2 * math.log(deviation)


@dataclass(frozen=True, slots=True)
class ParameterLayout:
    """Indices and slices of the hyperparameter vector theta [H] for F = `features` features of an architecture.

    All elements but `coupling` and the two maps are logarithms. The maps give log alpha and log beta of the kernel: a
    constant, then a weight for each standardised feature.
    """

    features: int

    asymptote = 0  # variance of accuracies' asymptotes about their regression on features
    decay = 1  # variance of the decaying part at time 0
    final = 2  # variance of the final accuracy about the curve at its end
    weights = 3  # variance of the asymptote's weights, one per feature
    walk = 4  # variance at the end of a curve's random walk
    loss_asymptote = 5  # this and the next four: the same for losses
    loss_decay = 6
    loss_weights = 7
    loss_walk = 8
    loss_noise = 9
    coupling = 10  # inverse hyperbolic tangent of the correlation between a network's two asymptotes
    noise = slice(11, 11 + len(NOISE_KNOTS))

    @property
    def alpha(self) -> slice:
        """Map of log alpha [1 + F]."""
        return slice(self.noise.stop, self.noise.stop + 1 + self.features)

    @property
    def beta(self) -> slice:
        """Map of log beta [1 + F]."""
        return slice(self.alpha.stop, self.alpha.stop + 1 + self.features)

    @property
    def size(self) -> int:
        """Length H of the vector."""
        return self.noise.stop + 2 * (1 + self.features)

    def priors(self) -> tuple[Array, Array]:
        """Mean and standard deviation [H] of the normal priors, which keep a fit to ten curves from overfitting."""
        mean, deviation = np.zeros(self.size), np.full(self.size, 1.5)
        mean[self.asymptote], mean[self.decay] = _log_variance(0.03), _log_variance(0.1)
        mean[self.walk] = _log_variance(0.03)
        mean[self.final], deviation[self.final] = _log_variance(0.012), 1.0
        mean[self.weights] = _log_variance(0.003)
        mean[self.loss_asymptote], mean[self.loss_decay] = _log_variance(0.1), _log_variance(0.2)
        mean[self.loss_weights], mean[self.loss_walk] = _log_variance(0.02), _log_variance(0.1)
        mean[self.loss_noise] = _log_variance(0.03)
        deviation[self.coupling] = 0.5
        mean[self.noise] = _log_variance(0.03)
        mean[self.beta.start] = math.log(0.3)
        for weights in (self.alpha, self.beta):
            deviation[weights.start] = 1.0
            deviation[weights.start + 1 : weights.stop] = 0.2
        return mean, deviation
