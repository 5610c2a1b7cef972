"""Proposal of a column mapping by whole words of the names, by units, and by what the first rows hold.

Names are split into words at capitals, digits and signs: `Sample` is no `amp`, `capacity_mAh` no current. A unit that
stands in the name or in the cells decides against a word, and both together against each other.
"""

import itertools
import re
from collections.abc import Sequence
from typing import Any

from nas_engine.energy.readers.mapping import CLOCK, GUESS, IN_CELLS
from nas_engine.energy.readers.parsing import clock, text, units
from nas_engine.energy.readers.parsing.layout import TableLayout

_WORDS = {
    "time": {"time", "timestamp", "timestamps", "elapsed", "clock", "datetime", "uptime", "tstamp"},
    "power": {"power", "pwr", "watt", "watts"},
    "current": {"current", "curr", "amp", "amps", "ampere", "amperes", "iload", "idd", "icc", "ibat"},
    "voltage": {"voltage", "volt", "volts", "vbat", "vdd", "vcc", "vbus", "vin", "vsys", "vsupply", "busv", "loadv"},
}
_LETTERS = {"t": "time", "p": "power", "i": "current", "v": "voltage", "u": "voltage"}
_OTHER_QUANTITIES = frozenset((
    "min", "max", "minimum", "maximum", "peak", "std", "stddev", "sd", "limit", "set", "setpoint", "target", "shunt",
    "duration", "latency", "inference", "runtime", "interval", "period", "delay", "step", "index", "sample", "samples",
    "count", "charge", "capacity", "energy", "temperature", "frequency", "resistance",
))  # fmt: skip
_TRIGGERS = re.compile(r"(?:trigger|trig|gpio\d*|d\d|gpi\[?\d\]?|marker)\Z", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-zµμ]+|[A-Z]+(?![a-zµμ])|[A-Za-zµμ]+")
_AT_THE_END = re.compile(r"[^A-Za-zµμ]([A-Za-zµμ]+)\Z")
_OF_CHARGE = re.compile(r"(?:Ah|Wh)\Z")
_USUAL_UNITS = {"time": GUESS, "current": "mA", "voltage": "V", "power": "mW"}
_TINY = 0.05
"""Typical value below which a column without a unit is in A or W: in mA or mW it would be next to nothing."""
_RATE = re.compile(
    r"(?P<what>sampl\w*[ _]*(?:interval|period|time)|sampl\w*[ _]*(?:rate|frequency))\s*"
    r"[(\[]?(?P<unit>k?hz|[mun]?s)[)\]]?\s*[:=,;]\s*(?P<value>\d+(?:\.\d+)?(?:e[+-]?\d+)?)",
    re.IGNORECASE,
)
_HERTZ = {"hz": 1.0, "khz": 1e3}


def propose(layout: TableLayout, rows: Sequence[Sequence[str]] = (), head: str = "") -> dict[str, Any]:
    """Proposed mapping as JSON; the user may have to complete it.

    Args:
        layout: names of the columns.
        rows: the first rows, bare cells.
        head: beginning of the file, whose lines above the table may state the sampling interval or rate.
    """
    found: dict[str, Any] = {}
    for at, name in enumerate(layout.names):
        cells = [row[at] for row in rows if at < len(row) and row[at]]
        proposed = _column(name, cells)
        if proposed is not None and proposed[0] not in found:
            found[proposed[0]] = {"column": name, "unit": proposed[1]}
        elif proposed is None and _TRIGGERS.match(name.strip()):
            found.setdefault("triggers", []).append(name)
    if "time" not in found and (rate_hz := _rate_hz(head)):
        found["rate_hz"] = rate_hz
    return found


def _column(name: str, cells: Sequence[str]) -> tuple[str, str] | None:
    """Quantity and unit of a column; None where name and cells do not agree on one."""
    words, unit = _words_and_unit(name)
    by_word = _by_word(words)
    if cells and all(clock.is_clock(cell) for cell in cells):
        return ("time", CLOCK) if by_word in ("time", None) else None
    if _OTHER_QUANTITIES & set(words):
        return None
    if in_cells := {units.unit_in(cell) for cell in cells} - {""}:
        kinds = {units.kind_of(each) for each in in_cells}
        kind = kinds.pop() if len(kinds) == 1 else None
        return (kind, IN_CELLS) if kind and by_word in (kind, None) else None
    if unit:
        kind = units.kind_of(unit)
        return (kind, units.as_written(unit)) if kind and by_word in (kind, None) else None
    numbers = [value for cell in cells if (value := _number(cell)) is not None]
    if by_word is None or (cells and not numbers):
        return None
    return by_word, _usual_unit(by_word, numbers)


def _words_and_unit(name: str) -> tuple[list[str], str]:
    """Words of a name in lower case, and its unit: in brackets, or a last word that is a unit; "" without one.

    A last word of one letter is a unit next to a word of its quantity only, as in `current_A`: `phase_a` has none.
    """
    _, unit = units.split(name)
    if unit:
        return _split(name[: max(name.rfind("("), name.rfind("["))]), unit
    if units.kind_of(name) and len(units.bare(name)) > 1:
        return [], name
    words = _split(name)
    last = _AT_THE_END.search(name.strip())
    unit = last.group(1) if last else (words[-1] if words else "")
    if _OF_CHARGE.search(name):
        return words, unit
    kind, before = units.kind_of(unit), _split(name.strip()[: -len(unit)])
    is_spelt_out = len(unit) > 2 and units.bare(unit) != unit
    stands = is_spelt_out or _by_word(before) == kind or (len(units.bare(unit)) > 1 and kind != "time")
    return (before, unit) if kind and stands else (words, "")


def _split(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _by_word(words: Sequence[str]) -> str | None:
    if len(words) == 1 and words[0] in _LETTERS:
        return _LETTERS[words[0]]
    kinds = [kind for kind, known in _WORDS.items() if known & set(words)]
    if not kinds and any(f"{one}{other}" in _WORDS["voltage"] for one, other in itertools.pairwise(words)):
        return "voltage"
    return kinds[0] if len(kinds) == 1 else None


def _number(cell: str) -> float | None:
    try:
        return abs(text.number(cell, decimal_comma="," in cell))
    except ValueError:
        return None


def _usual_unit(kind: str, numbers: Sequence[float]) -> str:
    if kind in ("current", "power") and numbers and 0.0 < max(numbers) < _TINY:
        return "A" if kind == "current" else "W"
    return _USUAL_UNITS[kind]


def _rate_hz(head: str) -> float | None:
    """Samples per second by a line such as `Sample interval (s): 0.04096` or `Sampling rate (Hz) = 100`."""
    found = _RATE.search(head)
    if found is None or not (value := float(found["value"])):
        return None
    unit = found["unit"].lower()
    is_rate = found["what"].lower().endswith(("rate", "frequency"))
    if is_rate != (unit in _HERTZ):
        return None
    rate_hz = value * _HERTZ[unit] if is_rate else 1.0 / (value * units.SECONDS[unit])
    return float(f"{rate_hz:.12g}")
