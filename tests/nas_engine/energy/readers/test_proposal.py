from typing import Any

import pytest

from nas_engine.energy.readers.base import FileHead
from nas_engine.energy.readers.mapper import proposed
from nas_engine.energy.readers.mapping import ColumnMapping


def proposal(text: str) -> dict[str, Any]:
    data = text.encode()
    return proposed(FileHead("logger.csv", data, len(data)))


def unit_of(name: str, cell: str, kind: str) -> str | None:
    found = proposal(f"row,{name}\n1,{cell}\n2,{cell}\n").get(kind)
    return found["unit"] if found else None


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("Timestamp[ms]", "time", "ms"),
        ("time_s", "time", "s"),
        ("timeMs", "time", "ms"),
        ("t", "time", "guess"),
        ("Zeit (s)", "time", "s"),
        ("Elapsed", "time", "guess"),
        ("BusV[V]", "voltage", "V"),
        ("VBAT_mV", "voltage", "mV"),
        ("Volt avg 1", "voltage", "V"),
        ("power_mW", "power", "mW"),
        ("Power (Watts)", "power", "W"),
        ("P", "power", "mW"),
        ("Strom (µA)", "current", "uA"),
        ("Curr avg 1", "current", "mA"),
        ("current_A", "current", "A"),
        ("I (pA)", "current", "pA"),
        ("amps", "current", "A"),
        ("mA", "current", "mA"),
    ],
)
def test_whole_words_and_units_propose_a_quantity(name: str, kind: str, unit: str) -> None:
    assert unit_of(name, "12.5", kind) == unit


@pytest.mark.parametrize(
    "name",
    [
        "Sample", "example", "damping", "Lamp", "overtime", "sometimes", "recurrent", "empowered", "revolt", "phase_a",
        "capacity_mAh", "energy_J", "Energy (Wh)", "ShuntV[mV]", "duration_ms", "latency (ms)", "inference_ms",
        "current max (mA)", "Power (V)", "id", "a", "s",
    ],
)  # fmt: skip
def test_parts_of_words_and_other_quantities_propose_nothing(name: str) -> None:
    assert not {"time", "current", "voltage", "power"} & set(proposal(f"row,{name}\n1,12.5\n2,12.5\n"))


def test_values_too_small_for_milliamperes_are_proposed_as_amperes() -> None:
    assert unit_of("Curr avg 1", "0.0054", "current") == "A"
    assert unit_of("power", "0.02", "power") == "W"


@pytest.mark.parametrize(
    "stamp", ["2026-01-02 03:04:05.5", "31/01/2026 23:59", "23:59:52.050", "1:02:03 PM", "02-Jan-2026 03:04:05"]
)
@pytest.mark.parametrize("name", ["time", "when", "Datum"])
def test_dates_and_times_of_day_are_told_as_clocks_by_their_cells(stamp: str, name: str) -> None:
    assert unit_of(name, stamp, "time") == "clock"
    assert unit_of("current_mA", stamp, "current") is None


def test_words_under_a_name_of_a_quantity_propose_nothing() -> None:
    assert unit_of("Power", "on", "power") is None


def test_units_in_cells_are_proposed_as_such() -> None:
    found = proposal("when;draw;supply\n10:00:00;5.45 mA;3.30 V\n10:00:01;950 uA;3.30 V\n")
    assert {kind: column["unit"] for kind, column in found.items()} == {
        "time": "clock", "current": "cells", "voltage": "cells",
    }  # fmt: skip
    assert ColumnMapping.from_json(found).current is not None


@pytest.mark.parametrize(
    ("line", "rate_hz"),
    [
        ("Sample interval (s): 0.04096", 24.4140625),
        ("# sampling period [us] = 20", 50_000.0),
        ("Sample rate (kHz): 4", 4_000.0),
        ("Sampling frequency (Hz): 100", 100.0),
        ("Sampling frequency (Hz);100", 100.0),
        ("Sample interval (s),0.04096,", 24.4140625),
        ("Sample rate (s): 4", None),
        ("Sample interval (s): 0", None),
        ("Resampled at will", None),
    ],
)
def test_a_stated_interval_or_rate_is_proposed_where_no_column_has_times(line: str, rate_hz: float | None) -> None:
    found = proposal(f"{line}\n\nSample,Volt,Curr\n0,3.3,5\n1,3.3,5\n").get("rate_hz")
    assert found == (None if rate_hz is None else pytest.approx(rate_hz))


def test_triggers_are_proposed_by_their_names() -> None:
    assert proposal("time_s,power_mW,D0,gpio3,mode\n0,1,0,1,2\n1,1,0,1,2\n")["triggers"] == ["D0", "gpio3"]


def test_nothing_is_proposed_for_what_is_no_table() -> None:
    assert proposal("") == proposal("dear diary, today it rained") == proposal("foo,bar\n1,2\n") == {}
