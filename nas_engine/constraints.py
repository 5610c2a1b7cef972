"""Hard constraints on estimated flash, RAM and energy, and the penalty of Equation 1: both known before training."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nas_engine.architecture import Architecture
from nas_engine.cost import ArchitectureCost, cost
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.reward import RewardParameters, reward_breakdown

_BYTES_PER_KB = 1000
_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Constraints:
    """Upper limits for every network of a study: bytes, bytes and mJ per inference; None is no limit.

    `peak_ram_bytes` limits the greatest sum of int8 activations alive at once (`ArchitectureCost`).
    """

    flash_bytes: float | None = None
    peak_ram_bytes: float | None = None
    energy_mj: float | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """Constraints that an architecture violates. `reason` is a sentence for the user with estimates and limits.

    `excess` is the greatest ratio of an estimate to its limit, above 1; infinite where the network cannot be built.
    """

    reason: str
    excess: float


ConstraintCheck = Callable[[Architecture], Violation | None]
Penalty = Callable[[Architecture], float]
"""Accuracy points (0..1) that Equation 1 subtracts; infinite for an architecture that will not be trained."""
EnergyFunction = Callable[[ArchitectureCost], float]
"""Energy predictor of one network: mJ per inference. Passed in, since predictors import this module."""


def constraint_check(limits: Constraints, energy_mj: EnergyFunction) -> ConstraintCheck:
    """Check that returns the violation of `limits` or of feasibility (a network that cannot be built), else None."""

    def check(architecture: Architecture) -> Violation | None:
        try:
            return find_violation(cost(architecture), limits, energy_mj)
        except InfeasibleArchitecture as error:
            return Violation(str(error), math.inf)

    return check


def find_violation(cost: ArchitectureCost, limits: Constraints, energy_mj: EnergyFunction) -> Violation | None:
    """Violation of `limits` by a network of this cost, None if there is none; a value equal to its limit passes."""
    exceeded = list(_exceeded(cost, limits, energy_mj))
    if not exceeded:
        return None
    return Violation("; ".join(reason for reason, _ in exceeded), max(excess for _, excess in exceeded))


def penalty_of(parameters: RewardParameters, energy_mj: EnergyFunction, limits: Constraints | None = None) -> Penalty:
    """Penalty by estimated energy and flash; infinite where `limits` are violated or the network cannot be built."""

    def penalty(architecture: Architecture) -> float:
        try:
            counted = cost(architecture)
        except InfeasibleArchitecture:
            return math.inf
        if limits is not None and find_violation(counted, limits, energy_mj):
            return math.inf
        return reward_breakdown(1.0, energy_mj(counted), counted.flash_bytes_estimate, parameters).penalty

    return penalty


def _exceeded(cost: ArchitectureCost, limits: Constraints, energy_mj: EnergyFunction) -> Iterator[tuple[str, float]]:
    """(reason, value / limit) of each limit that is exceeded."""
    in_kb = (
        ("flash", cost.flash_bytes_estimate, limits.flash_bytes),
        ("RAM", cost.peak_activation_bytes, limits.peak_ram_bytes),
    )
    for what, size_bytes, limit_bytes in in_kb:
        if limit_bytes is not None and size_bytes > limit_bytes:
            reason = limit_sentence(what, size_bytes / _BYTES_PER_KB, limit_bytes / _BYTES_PER_KB, "kB", decimals=1)
            yield reason, size_bytes / limit_bytes
    if limits.energy_mj is not None and (estimate := energy_mj(cost)) > limits.energy_mj:
        yield limit_sentence("energy", estimate, limits.energy_mj, "mJ", decimals=2), estimate / limits.energy_mj


def limit_sentence(what: str, value: float, limit: float, unit: str, decimals: int) -> str:
    """Such as "flash estimate 72.3 kB exceeds the hard limit of 60 kB", with enough decimals to show it."""
    while float(shown := f"{value:.{decimals}f}") <= limit and decimals < _MOST_DECIMALS:
        decimals += 1
    return f"{what} estimate {shown} {unit} exceeds the hard limit of {limit:g} {unit}"
