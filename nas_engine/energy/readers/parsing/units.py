"""Units as written in files, with factors to s, mA, V and mW."""

import re

from nas_engine.energy.readers.parsing.layout import folded

SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
MILLIAMPERES = {"na": 1e-6, "ua": 1e-3, "ma": 1.0, "a": 1e3}
VOLTS = {"uv": 1e-6, "mv": 1e-3, "v": 1.0}
MILLIWATTS = {"nw": 1e-6, "uw": 1e-3, "mw": 1.0, "w": 1e3}

KINDS: dict[str, dict[str, float]] = {"time": SECONDS, "current": MILLIAMPERES, "voltage": VOLTS, "power": MILLIWATTS}
_AS_WRITTEN = {unit: unit[:-1] + unit[-1].upper() for kind in ("current", "voltage", "power") for unit in KINDS[kind]}
_NAME_AND_UNIT = re.compile(r"(.*?)[\[(]\s*([a-zµμ]+)\s*[\])]\s*\Z", re.IGNORECASE)


def split(name: str) -> tuple[str, str]:
    """Name of a column without its unit, and the unit, both folded: "Main Avg Power (mW)" is "mainavgpower", "mw"."""
    found = _NAME_AND_UNIT.match(name)
    return (folded(found.group(1)), folded(found.group(2))) if found else (folded(name), "")


def scale(kind: str, unit: str) -> float | None:
    """Factor from `unit` to s, mA, V or mW for "time", "current", "voltage" or "power"; None for an unknown unit."""
    return KINDS[kind].get(folded(unit))


def as_written(unit: str) -> str:
    """Folded unit in its usual spelling: "mA", "V"; units of time are lower case."""
    return _AS_WRITTEN.get(unit, unit)
