"""The exponential-decay kernel of freeze-thaw optimisation (Swersky, Snoek, Adams 2014, equation 6).

    k(t, t') = (beta / (t + t' + beta)) ** alpha

is the covariance of a mixture of decays exp(-lambda t) whose rates lambda have a gamma distribution with shape alpha
and rate beta: functions that start anywhere and flatten towards zero. A curve is its asymptote plus such a function.

Notation:

    t, t'          times, shares of the float training (0..1)
    P              times of one curve
    sums           t + t' for the pairs of times [..., P, P], or each distinct sum once [S]
    alpha, beta    kernel parameters above 0, [n, 1] for n curves
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def exponential(sums: Array, alpha: Array, beta: Array) -> Array:
    """k for every element of `sums`; `alpha` and `beta` broadcast against it."""
    return (beta / (sums + beta)) ** alpha


def exponential_slopes(sums: Array, alpha: Array, beta: Array) -> tuple[Array, Array]:
    """Derivatives of k by log alpha and by log beta, each with the shape of k."""
    ratio = beta / (sums + beta)
    scaled = alpha * ratio**alpha
    return scaled * np.log(ratio), scaled * (1 - ratio)
