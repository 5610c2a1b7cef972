"""Ratio of the energies of two networks, with its interval where both were measured more than once.

The interval holds the ratios r for which Welch's t test does not distinguish the repeats of the one network, multiplied
by r, from those of the other: Fieller's interval (Fieller, "Some problems in interval estimation", JRSS B 16, 1954)
with Welch's degrees of freedom, since two networks may scatter differently. It needs no resampling, which three or four
repeats do not carry. It covers variation between repeats; an error of the instrument that is common to both networks,
such as a wrong gain, cancels in the ratio.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import ttest_ind_from_stats

from nas_engine.statistics.values import EnergyFigure, EnergyRatio, Interval95

_FARTHEST = 1e6  # factor from the ratio within which its interval must end


class _Repeats(NamedTuple):
    """Mean and sample standard deviation (mJ) of `n` >= 2 measured repeats."""

    mean: float
    sd: float
    n: int


def energy_ratio(energy: EnergyFigure, other: EnergyFigure) -> EnergyRatio:
    """Energy of `other` divided by `energy`, with the interval over measured repeats of both.

    Without an interval where either is estimated or measured once, and where the repeats bound no ratio or do not
    scatter at all, which is no certainty. Raises ValueError for two devices or two predictors.
    """
    if min(len(energy.repeats_mj), len(other.repeats_mj)) < 2:
        return EnergyRatio(energy, other)
    return EnergyRatio(energy, other, _interval(_repeats(energy.repeats_mj), _repeats(other.repeats_mj)))


def _repeats(energies_mj: Sequence[float]) -> _Repeats:
    sd = float(np.std(energies_mj, ddof=1)) if max(energies_mj) > min(energies_mj) else 0.0
    return _Repeats(float(np.mean(energies_mj)), sd, len(energies_mj))


def _interval(energy: _Repeats, other: _Repeats) -> Interval95 | None:
    if energy.sd == other.sd == 0.0:
        return None

    def above_5_percent(logarithm: float) -> float:
        return _p_value(energy, other, math.exp(logarithm)) - 0.05

    middle, far = math.log(other.mean / energy.mean), math.log(_FARTHEST)
    if max(above_5_percent(middle - far), above_5_percent(middle + far)) > 0:
        return None
    ends = brentq(above_5_percent, middle - far, middle), brentq(above_5_percent, middle, middle + far)
    return Interval95(math.exp(ends[0]), math.exp(ends[1]))


def _p_value(energy: _Repeats, other: _Repeats, ratio: float) -> float:
    """p value of Welch's t test of `ratio` times the one energy against the other."""
    result = ttest_ind_from_stats(
        ratio * energy.mean, ratio * energy.sd, energy.n, other.mean, other.sd, other.n, equal_var=False
    )
    return float(result.pvalue)
