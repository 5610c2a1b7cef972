"""Mapping of a table's columns to quantities and units, given by the user and kept as a profile."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from nas_engine.energy.readers.parsing import clock, units
from nas_engine.errors import BadMeasurement

CLOCK = "clock"  # the "unit" of times written as dates, or times of day: 2026-01-02 03:04:05.678
CLOCKS = {CLOCK: None, "clock dmy": clock.DAY_FIRST, "clock mdy": clock.MONTH_FIRST}
"""Units of times written as dates, and what stands first where it is stated."""
GUESS = "guess"  # the unit of times follows from their size: seconds, milliseconds ... since 1970
IN_CELLS = "cells"  # every cell states its unit: "5.45 mA"
KINDS = ("time", "current", "voltage", "power")


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """Column by its name in the header ("column 3" without one) and its unit ("ms", "uA", "V", "mW")."""

    column: str
    unit: str


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Columns of power, or of current and voltage, and of time, or a fixed voltage (V) and rate (Hz).

    Raises:
        BadMeasurement: neither power nor current, neither time nor rate, an unknown unit, a senseless number.
    """

    time: MappedColumn | None = None
    current: MappedColumn | None = None
    voltage: MappedColumn | None = None
    power: MappedColumn | None = None
    triggers: tuple[str, ...] = ()  # columns that are 0 or not
    voltage_v: float | None = None  # where no column has it
    rate_hz: float | None = None  # where no column has times
    spacing: Literal["point", "interval"] = "point"  # interval: each row is the mean up to the next

    def __post_init__(self) -> None:
        if self.power is None and self.current is None:
            raise BadMeasurement("the mapping names no column of power or current; choose one")
        if self.time is None and self.rate_hz is None:
            raise BadMeasurement("the mapping names no column of time and no rate; give one")
        if self.power is None and self.voltage is None and self.voltage_v is None:
            raise BadMeasurement("the mapping has current but no voltage; choose a column or give the supply voltage")
        for kind in KINDS:
            column = getattr(self, kind)
            if column is not None and not _is_unit(kind, column.unit):
                raise BadMeasurement(f'"{column.unit}" is no unit of {kind}; use one of {_units_of(kind)}')
        for name, value in (("voltage", self.voltage_v), ("rate", self.rate_hz)):
            if value is not None and not 0.0 < value < 1e9:
                raise BadMeasurement(f"a {name} of {value} in the mapping; give a number above 0")
        if self.spacing not in ("point", "interval"):
            raise BadMeasurement(f'spacing is "point" or "interval", not "{self.spacing}"')

    def to_json(self) -> dict[str, Any]:
        """JSON values by field; `from_json` is the exact inverse."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ColumnMapping":
        """Mapping from the JSON of `to_json`. Raises BadMeasurement where it is none."""
        unknown = set(data) - set(cls.__dataclass_fields__)
        if unknown:
            raise BadMeasurement(f"the mapping has unknown parts: {', '.join(sorted(map(str, unknown)))}")
        try:
            time, current, voltage, power = (_column(data.get(kind)) for kind in KINDS)
            voltage_v, rate_hz = (_number(data.get(key)) for key in ("voltage_v", "rate_hz"))
            triggers = tuple(str(name) for name in data.get("triggers") or ())
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise BadMeasurement(f"the mapping cannot be read ({error}); make it again in the column mapper") from None
        spacing = cast(Literal["point", "interval"], data.get("spacing") or "point")
        return cls(time, current, voltage, power, triggers, voltage_v, rate_hz, spacing)


def _is_unit(kind: str, unit: str) -> bool:
    is_special = unit == IN_CELLS or (kind == "time" and (unit in CLOCKS or unit == GUESS))
    return is_special or units.scale(kind, unit) is not None


def _units_of(kind: str) -> str:
    special = (*CLOCKS, GUESS, IN_CELLS) if kind == "time" else (IN_CELLS,)
    return ", ".join((*map(units.as_written, units.KINDS[kind]), *special))


def _column(data: Any) -> MappedColumn | None:
    return None if data is None else MappedColumn(str(data["column"]), str(data["unit"]))


def _number(data: Any) -> float | None:
    return None if data is None else float(data)
