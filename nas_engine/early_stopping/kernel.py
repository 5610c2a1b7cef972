"""The exponential-decay kernel of freeze-thaw optimisation (Swersky, Snoek, Adams 2014, equation 6).

    k(t, t') = (beta / (t + t' + beta)) ** alpha

is the covariance of a mixture of decays exp(-lambda t) whose rates lambda have a gamma distribution: functions that
start anywhere and flatten towards zero. A curve is its asymptote plus such a function.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def exponential(sums: Array, alpha: Array, beta: Array) -> Array:
    """k for every pair of times [..., P, P] given t + t'; `alpha` and `beta`, above 0, broadcast against it."""
    return (beta / (sums + beta)) ** alpha


def exponential_slopes(sums: Array, alpha: Array, beta: Array) -> tuple[Array, Array]:
    """The derivatives of k by log alpha and by log beta, shaped as k."""
    ratio = beta / (sums + beta)
    scaled = alpha * ratio**alpha
    return scaled * np.log(ratio), scaled * (1 - ratio)
