"""Energy per inference in everyday units: joules per day, and days on a battery.

An always-on network answers once a second, 86,400 times a day (Speckhard et al., section 1, where the batteries come
from, too). The days are those on which nothing but the network draws from the battery.
"""

from dataclasses import dataclass

INFERENCES_A_DAY = 86_400
_MJ_A_J = 1_000.0
_J_A_KJ = 1_000.0


@dataclass(frozen=True, slots=True)
class Battery:
    """Full battery of a kind of device: `name` for the user, capacity in kJ."""

    name: str
    capacity_kj: float


PHONE = Battery("phone", 51.0)
WATCH = Battery("watch", 3.6)
EARBUD = Battery("earbud", 0.7)
TYPICAL = (PHONE, WATCH, EARBUD)
"""Google Pixel 4 XL, Fitbit Versa 3, Pixel Buds 2."""


def joules_a_day(energy_mj: float) -> float:
    """Energy of a day (J) at one inference per second, from the energy of one inference (mJ)."""
    return energy_mj * INFERENCES_A_DAY / _MJ_A_J


def battery_days(energy_mj: float, battery: Battery) -> float:
    """Days until inferences alone, one per second at `energy_mj` (mJ, above 0), have emptied the battery."""
    return battery.capacity_kj * _J_A_KJ / joules_a_day(energy_mj)
