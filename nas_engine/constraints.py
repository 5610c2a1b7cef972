"""Refusing architectures over a hard limit before anything is trained, from their estimates alone."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nas_engine.architecture import Architecture
from nas_engine.cost import ArchitectureCost, cost
from nas_engine.errors import InfeasibleArchitecture

_BYTES_PER_KB = 1000
_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Constraints:
    """What no network of a study may exceed; None is no limit. RAM is the peak of the activations alive at once."""

    flash_bytes: float | None = None
    peak_ram_bytes: float | None = None
    energy_mj: float | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """Why an architecture is not worth a training, in words with numbers for the user.

    `excess` orders refusals: the greatest ratio of an estimate to its limit, infinite where nothing can be estimated
    because the network cannot be built.
    """

    reason: str
    excess: float


ConstraintCheck = Callable[[Architecture], Violation | None]
EnergyFunction = Callable[[ArchitectureCost], float]
"""Predicted mJ of one inference. Passed in, because predictions come from rooms above this one."""


def constraint_check(limits: Constraints, energy_mj: EnergyFunction) -> ConstraintCheck:
    """The screen that refuses what cannot be built, and what is estimated to exceed one of `limits`."""

    def check(architecture: Architecture) -> Violation | None:
        try:
            return find_violation(cost(architecture), limits, energy_mj)
        except InfeasibleArchitecture as error:
            return Violation(str(error), math.inf)

    return check


def find_violation(cost: ArchitectureCost, limits: Constraints, energy_mj: EnergyFunction) -> Violation | None:
    """Why a network of this cost exceeds `limits`, or None where it does not; a value equal to its limit passes."""
    exceeded = list(_exceeded(cost, limits, energy_mj))
    if not exceeded:
        return None
    return Violation("; ".join(reason for reason, _ in exceeded), max(excess for _, excess in exceeded))


def _exceeded(cost: ArchitectureCost, limits: Constraints, energy_mj: EnergyFunction) -> Iterator[tuple[str, float]]:
    """(reason, value / limit) of each limit that is exceeded."""
    in_kb = (
        ("flash", cost.flash_bytes_estimate, limits.flash_bytes),
        ("RAM", cost.peak_activation_bytes, limits.peak_ram_bytes),
    )
    for what, size_bytes, limit_bytes in in_kb:
        if limit_bytes is not None and size_bytes > limit_bytes:
            reason = _sentence(what, size_bytes / _BYTES_PER_KB, limit_bytes / _BYTES_PER_KB, "kB", decimals=1)
            yield reason, size_bytes / limit_bytes
    if limits.energy_mj is not None and (estimate := energy_mj(cost)) > limits.energy_mj:
        yield _sentence("energy", estimate, limits.energy_mj, "mJ", decimals=2), estimate / limits.energy_mj


def _sentence(what: str, value: float, limit: float, unit: str, decimals: int) -> str:
    """Such as "flash estimate 72.3 kB exceeds the hard limit of 60 kB", with the decimals it takes to show that."""
    while float(shown := f"{value:.{decimals}f}") <= limit and decimals < _MOST_DECIMALS:
        decimals += 1
    return f"{what} estimate {shown} {unit} exceeds the hard limit of {limit:g} {unit}"
