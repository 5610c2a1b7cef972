"""Penalty of Equation 1 (Speckhard et al., section 2), known from estimates before a network is trained."""

import math
from collections.abc import Callable

from nas_engine.architecture import Architecture
from nas_engine.constraints import Constraints, EnergyFunction, find_violation
from nas_engine.cost import cost
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.reward import RewardParameters, reward_breakdown

Penalty = Callable[[Architecture], float]
"""Accuracy points (0..1) that Equation 1 subtracts; infinite for an architecture that will not be trained."""


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
