"""Instrument behind a file by its format, and its accuracy as published by the maker.

An instrument's own error (gain, offset) is common to all windows and repeats, so their intervals do not include it.
Figures are those that the maker publishes, with their source; without a figure, the maker publishes none.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """Instrument and its `accuracy` in the maker's words, from `source`; both empty where no figure is published."""

    name: str
    accuracy: str = ""
    source: str = ""


_MONSOON = Instrument("Monsoon Power Monitor")
_JOULESCOPE = Instrument("Joulescope")
_PPK2 = Instrument("Nordic Power Profiler Kit II")
_OTII = Instrument(
    "Qoitech Otii",
    "±(0.1 % + 50 nA) of a low current for the Arc, ±(0.05 % + 25 nA) for the Ace",
    "https://www.qoitech.com/blog/how-accurate-is-your-current-measurement/",
)
_LPM01A = Instrument("STMicroelectronics X-NUCLEO-LPM01A")
_JETSON = Instrument("the sensors of the Jetson module")
_CARD = Instrument("the graphics card's own sensor")
_COUNTERS = Instrument("the processor's own energy counters")
_GAUGE = Instrument("the phone's own battery gauge")
BY_FORMAT = {
    "monsoon_python": _MONSOON,
    "monsoon_hvpm": _MONSOON,
    "powertool": _MONSOON,
    "aosp_monsoon": _MONSOON,
    "android_runner_monsoon": _MONSOON,
    "joulescope_export": _JOULESCOPE,
    "joulescope_statistics": _JOULESCOPE,
    "joulescope_driver_statistics": _JOULESCOPE,
    "joulescope_pyjls_csv": _JOULESCOPE,
    "joulescope_trigger": _JOULESCOPE,
    "jls": _JOULESCOPE,
    "ppk2_csv": _PPK2,
    "ppk2_session": _PPK2,
    "otii": _OTII,
    "lpm01a": _LPM01A,
    "tegrastats": _JETSON,
    "jtop": _JETSON,
    "nvidia_smi": _CARD,
    "pyjoules": _COUNTERS,
    "pyrapl": _COUNTERS,
    "android_battery": _GAUGE,
    "trepn": _GAUGE,
}


def instruments(formats: Sequence[str]) -> tuple[Instrument, ...]:
    """Instruments behind files of these formats (`FileReading.format`), each once, in the order of the formats.

    Formats that several instruments share, such as EnergyRunner's or a mapped table, have none.
    """
    return tuple(dict.fromkeys(BY_FORMAT[name] for name in formats if name in BY_FORMAT))
