"""What an energy per inference means to who carries the device: joules a day, and days on a battery.

An always-on network answers once a second, 86,400 times a day (Speckhard et al., section 1, where the batteries come
from, too). The days are those on which nothing but the network draws from the battery.
"""

from dataclasses import dataclass

INFERENCES_A_DAY = 86_400
_MJ_A_J = 1_000.0
_J_A_KJ = 1_000.0


@dataclass(frozen=True, slots=True)
class Battery:
    """A full battery and whose it is, in a word."""

    name: str
    capacity_kj: float


PHONE = Battery("phone", 51.0)
WATCH = Battery("watch", 3.6)
EARBUD = Battery("earbud", 0.7)
TYPICAL = (PHONE, WATCH, EARBUD)
"""Google Pixel 4 XL, Fitbit Versa 3, Pixel Buds 2."""


def joules_a_day(energy_mj: float) -> float:
    """At one inference a second."""
    return energy_mj * INFERENCES_A_DAY / _MJ_A_J


def battery_days(energy_mj: float, battery: Battery) -> float:
    """Days until inferences alone, one a second, have emptied the battery. `energy_mj` must be above 0."""
    return battery.capacity_kj * _J_A_KJ / joules_a_day(energy_mj)
