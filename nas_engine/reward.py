"""Equation 1: accuracy less penalties for energy and flash above their thresholds (Speckhard et al., section 2)."""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class RewardParameters:
    """Thresholds and slopes of the penalties for energy (mJ per inference) and flash (bytes of the .tflite file).

    A slope is given as a step of the resource and the accuracy (0..1) that it must bring: above the threshold,
    `energy_step_mj` more energy must add `energy_step_accuracy`. Defaults: the paper's thresholds E0 and M0, its
    steeper energy slope b, and c; its flatter b' has energy_step_mj = 1.75. Raises ValueError naming the wrong field.
    """

    energy_threshold_mj: float = 1.25
    energy_step_mj: float = 0.75
    energy_step_accuracy: float = 0.02
    flash_threshold_bytes: float = 60_000
    flash_step_bytes: float = 30_000
    flash_step_accuracy: float = 0.02

    def __post_init__(self) -> None:
        for name in (item.name for item in fields(self)):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a finite number of at least 0, not {value!r}")
        for name in ("energy_step_mj", "flash_step_bytes"):
            if getattr(self, name) == 0:
                raise ValueError(f"{name} must be above 0; for no penalty set the step's accuracy to 0")

    @property
    def energy_slope_per_mj(self) -> float:
        """b of Equation 1: accuracy (0..1) per mJ."""
        return self.energy_step_accuracy / self.energy_step_mj

    @property
    def flash_slope_per_byte(self) -> float:
        """c of Equation 1: accuracy (0..1) per byte."""
        return self.flash_step_accuracy / self.flash_step_bytes


@dataclass(frozen=True, slots=True)
class RewardBreakdown:
    """Equation 1 with its terms: `reward` = `accuracy` - `energy_penalty` - `flash_penalty`, all in accuracy (0..1).

    An excess is what lies above the threshold, 0 within it.
    """

    accuracy: float
    energy_excess_mj: float
    flash_excess_bytes: float
    energy_penalty: float
    flash_penalty: float

    @property
    def reward(self) -> float:
        """Accuracy less both penalties."""
        return self.accuracy - self.energy_penalty - self.flash_penalty

    @property
    def penalty(self) -> float:
        """Both penalties, which the accuracy has no part in."""
        return self.energy_penalty + self.flash_penalty


def reward_breakdown(
    accuracy: float, energy_mj: float, flash_bytes: float, parameters: RewardParameters
) -> RewardBreakdown:
    """Equation 1 (Speckhard et al., section 2) of the int8 accuracy (0..1), the energy per inference in mJ and the size
    of the .tflite file in bytes.

    Raises ValueError for a value that is not finite, since every comparison with a reward of NaN is false.
    """
    for name, value in (("accuracy", accuracy), ("energy_mj", energy_mj), ("flash_bytes", flash_bytes)):
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite, not {value!r}")
    energy_excess_mj = max(0.0, energy_mj - parameters.energy_threshold_mj)
    flash_excess_bytes = max(0.0, flash_bytes - parameters.flash_threshold_bytes)
    return RewardBreakdown(
        accuracy=accuracy,
        energy_excess_mj=energy_excess_mj,
        flash_excess_bytes=flash_excess_bytes,
        energy_penalty=parameters.energy_slope_per_mj * energy_excess_mj,
        flash_penalty=parameters.flash_slope_per_byte * flash_excess_bytes,
    )


def reward(accuracy: float, energy_mj: float, flash_bytes: float, parameters: RewardParameters) -> float:
    """The reward of `reward_breakdown`. Raises ValueError for a value that is not finite."""
    return reward_breakdown(accuracy, energy_mj, flash_bytes, parameters).reward


def rewards(
    accuracy: ArrayLike, energy_mj: ArrayLike, flash_bytes: ArrayLike, parameters: RewardParameters
) -> NDArray[np.float64]:
    """`reward` of many networks at once, [n] for values of shape [n]; NaN where one of the values is."""
    energy_excess = np.maximum(0.0, np.asarray(energy_mj, np.float64) - parameters.energy_threshold_mj)
    flash_excess = np.maximum(0.0, np.asarray(flash_bytes, np.float64) - parameters.flash_threshold_bytes)
    penalty = parameters.energy_slope_per_mj * energy_excess + parameters.flash_slope_per_byte * flash_excess
    return np.asarray(np.asarray(accuracy, np.float64) - penalty, np.float64)


def within_thresholds(energy_mj: ArrayLike, flash_bytes: ArrayLike, parameters: RewardParameters) -> NDArray[np.bool_]:
    """Whether Equation 1 takes nothing off, [n] for energies in mJ and sizes in bytes of shape [n]: values at a
    threshold are within it.
    """
    within = np.asarray(energy_mj) <= parameters.energy_threshold_mj
    return np.asarray(within & (np.asarray(flash_bytes) <= parameters.flash_threshold_bytes), dtype=np.bool_)
