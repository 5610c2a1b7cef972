"""Units as written in files, with factors to s, mA, V and mW."""

import math
import re
from collections.abc import Sequence

import numpy as np

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing import text
from nas_engine.energy.readers.parsing.layout import folded
from nas_engine.energy.traces.trace import Values

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
MILLIAMPERES = {"pa": 1e-9, "na": 1e-6, "ua": 1e-3, "ma": 1.0, "a": 1e3}
VOLTS = {"nv": 1e-9, "uv": 1e-6, "mv": 1e-3, "v": 1.0, "kv": 1e3}
MILLIWATTS = {"pw": 1e-9, "nw": 1e-6, "uw": 1e-3, "mw": 1.0, "w": 1e3, "kw": 1e6}

KINDS: dict[str, dict[str, float]] = {"time": SECONDS, "current": MILLIAMPERES, "voltage": VOLTS, "power": MILLIWATTS}
_AS_WRITTEN = {unit: unit[:-1] + unit[-1].upper() for kind in ("current", "voltage", "power") for unit in KINDS[kind]}
_NAME_AND_UNIT = re.compile(r"(.*?)[\[(]\s*([a-zµμ]+)\s*[\])]\s*\Z", re.IGNORECASE)
_PREFIXES = {"pico": "p", "nano": "n", "micro": "u", "milli": "m", "kilo": "k", "": ""}
_BASES = {"amp": "a", "amps": "a", "ampere": "a", "amperes": "a", "volt": "v", "volts": "v", "watt": "w", "watts": "w",
          "sec": "s", "secs": "s", "second": "s", "seconds": "s"}  # fmt: skip
_SPELT_OUT = {prefix + base: _PREFIXES[prefix] + _BASES[base] for prefix in _PREFIXES for base in _BASES} | {
    f"{prefix}sec": f"{prefix}s" for prefix in "mun"
}
_QUANTITY = re.compile(r"([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?)\s*([a-zµμ]+)\Z", re.IGNORECASE | re.ASCII)


def split(name: str) -> tuple[str, str]:
    """Name of a column without its unit, and the unit, both folded: "Main Avg Power (mW)" is "mainavgpower", "mw"."""
    found = _NAME_AND_UNIT.match(name)
    return (folded(found.group(1)), folded(found.group(2))) if found else (folded(name), "")


def bare(unit: str) -> str:
    """Folded short form of a unit: "mA" is "ma", "milliamps" too; what is no unit comes back folded."""
    return _SPELT_OUT.get(folded(unit), folded(unit))


def scale(kind: str, unit: str) -> float | None:
    """Factor from `unit` to s, mA, V or mW for "time", "current", "voltage" or "power"; None for an unknown unit."""
    return KINDS[kind].get(bare(unit))


def kind_of(unit: str) -> str | None:
    """Quantity that a unit measures: "time", "current", "voltage" or "power"; None for another unit."""
    return next((kind for kind in KINDS if scale(kind, unit) is not None), None)


def as_written(unit: str) -> str:
    """Folded unit in its usual spelling: "mA", "V"; units of time are lower case."""
    return _AS_WRITTEN.get(bare(unit), bare(unit))


def unit_in(cell: str) -> str:
    """Unit in a cell like "5.45 mA", folded; "" where the cell is no number with a known unit."""
    found = _QUANTITY.match(text.bare_cell(cell))
    unit = bare(found.group(2)) if found else ""
    return unit if kind_of(unit) else ""


def from_cells(source: FileSource, words: Sequence[str], kind: str, unit: str, name: str, first_line: int) -> Values:
    """Values [n] in s, mA, V or mW of cells with a unit each, NaN where empty; `unit` is that of cells without one.

    Raises BadMeasurement for a cell with a unit of another quantity, without a number, or without any unit.
    """
    known = {word: _value(word, kind, unit) for word in set(words)}
    wrong = {word for word, value in known.items() if value is None}
    if wrong:
        row = next(row for row, word in enumerate(words) if word in wrong)
        units_of_kind = ", ".join(map(as_written, KINDS[kind]))
        raise source.wrong(
            f'"{words[row][:40]}" under {name} is no number with a unit of {kind} ({units_of_kind}); take this '
            "line out or map another column",
            line=first_line + row,
        )
    return np.array([known[word] for word in words], dtype=np.float64)


def _value(word: str, kind: str, unit: str) -> float | None:
    found = _QUANTITY.match(text.bare_cell(word))
    factor = scale(kind, found.group(2) if found else unit)
    try:
        value = text.number(found.group(1).replace(",", ".") if found else word)
    except ValueError:
        return None
    if math.isnan(value):
        return value
    return None if factor is None else value * factor
