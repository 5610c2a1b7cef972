import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import FileHead, ReadOptions
from nas_engine.energy.readers.mapper import MappedTable, columns
from nas_engine.energy.readers.mapping import ColumnMapping, MappedColumn
from nas_engine.energy.traces.trace import Trace
from nas_engine.errors import BadMeasurement
from nas_engine.testing.readers import TableContract
from tests.nas_engine.energy.readers.files import csv, samples

_, CURRENT_MA, VOLTAGE_V = samples(400)
POWER_MW = CURRENT_MA * VOLTAGE_V
TIME_MS = np.arange(400) * 2.0
BUSY = TIME_MS > 9
INA = csv("Timestamp[ms],BusV[V],ShuntV[mV],Current[mA],busy", (TIME_MS, VOLTAGE_V, 0 * VOLTAGE_V, CURRENT_MA, BUSY))
MAPPING: dict[str, Any] = {
    "time": {"column": "Timestamp[ms]", "unit": "ms"},
    "current": {"column": "Current[mA]", "unit": "mA"},
    "voltage": {"column": "BusV[V]", "unit": "V"},
}


class TestContract(TableContract):
    reader = MappedTable()
    whole = csv("Timestamp[ms],BusV[V],Current[mA]", (TIME_MS, VOLTAGE_V, CURRENT_MA))
    options = ReadOptions(mapping=MAPPING)


def read(folder: Path, data: bytes, mapping: dict[str, Any], **options: object) -> Trace:
    path = folder / "logger.csv"
    path.write_bytes(data)
    reading = registry.read(path, ReadOptions(mapping=mapping, **options))
    assert reading.format == "mapped"
    assert isinstance(reading.content, Trace)
    return reading.content


def head(data: bytes) -> FileHead:
    return FileHead("logger.csv", data, len(data))


def test_columns_are_read_as_a_person_says(tmp_path: Path) -> None:
    trace = read(tmp_path, INA, MAPPING | {"triggers": ["busy"], "spacing": "interval"})
    np.testing.assert_allclose(trace.power_mw, POWER_MW)
    assert trace.rate_hz == pytest.approx(500.0)
    assert trace.spacing == "interval"
    assert (trace.triggers["busy"] == BUSY).all()


def test_units_scale_and_a_fixed_voltage_and_rate_stand_in_for_columns(tmp_path: Path) -> None:
    data = csv("i,x", (CURRENT_MA * 1e3, TIME_MS))
    mapping = {"current": {"column": "i", "unit": "uA"}, "voltage_v": 3.0, "rate_hz": 100.0}
    trace = read(tmp_path, data, mapping)
    np.testing.assert_allclose(trace.power_mw, 3.0 * CURRENT_MA)
    assert trace.rate_hz == 100.0


def test_without_a_header_columns_have_numbers(tmp_path: Path) -> None:
    data = csv("", (TIME_MS, POWER_MW)).lstrip()
    assert columns(head(data)) == ("column 1", "column 2")
    mapping = {"time": {"column": "column 1", "unit": "ms"}, "power": {"column": "column 2", "unit": "mW"}}
    np.testing.assert_allclose(read(tmp_path, data, mapping).power_mw, POWER_MW)


def test_times_written_as_dates_are_read(tmp_path: Path) -> None:
    rows = (f"2026-01-02 03:04:{n // 10:02d}.{n % 10}00,{power}\n" for n, power in enumerate(POWER_MW))
    mapping = {"time": {"column": "when", "unit": "clock"}, "power": {"column": "p", "unit": "mW"}}
    trace = read(tmp_path, ("when,p\n" + "".join(rows)).encode(), mapping)
    assert trace.rate_hz == pytest.approx(10.0)
    assert trace.started_at_s == 1767323040.0


def test_a_date_that_is_none_names_its_line(tmp_path: Path) -> None:
    mapping = {"time": {"column": "when", "unit": "clock"}, "power": {"column": "p", "unit": "mW"}}
    with pytest.raises(BadMeasurement, match=r'logger.csv, line 3: "yesterday" is no date'):
        read(tmp_path, b"when,p\n2026-01-02 03:04:05,1\nyesterday,2\n", mapping)


def test_an_unsaid_unit_of_time_is_guessed_and_told(tmp_path: Path) -> None:
    trace = read(tmp_path, INA, MAPPING | {"time": {"column": "Timestamp[ms]", "unit": "guess"}})
    assert trace.rate_hz == pytest.approx(500.0)
    assert "guessed_unit" in {finding.code for finding in trace.findings}


def test_a_trigger_that_is_neither_on_nor_off_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r'logger.csv, line 7: "perhaps" under busy'):
        read(tmp_path, INA.replace(b"True", b"perhaps", 1), MAPPING | {"triggers": ["busy"]})


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r'a column "amps", but there are "Timestamp\[ms\]", "BusV\[V\]"'):
        read(tmp_path, INA, MAPPING | {"current": {"column": "amps", "unit": "mA"}})


def test_binary_has_no_columns_to_map(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="no text, so it has no columns"):
        read(tmp_path, bytes(range(256)), MAPPING)


class TestMapping:
    def test_it_survives_json(self) -> None:
        mapping = ColumnMapping.from_json(MAPPING | {"triggers": ["D0", "D1"], "voltage_v": 3.3})
        assert ColumnMapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping
        assert mapping.current == MappedColumn("Current[mA]", "mA")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"current": None}, "no column of power or current"),
            ({"time": None}, "no column of time and no rate"),
            ({"voltage": None}, "current but no voltage"),
            ({"current": {"column": "a", "unit": "furlong"}}, '"furlong" is no unit of current; use one of pA, nA, uA'),
            ({"time": {"column": "a", "unit": "mA"}}, '"mA" is no unit of time'),
            ({"rate_hz": -1.0}, "a rate of -1.0"),
            ({"voltage_v": "much"}, "cannot be read"),
            ({"current": "a"}, "cannot be read"),
            ({"spacing": "often"}, "spacing is"),
            ({"colour": "red"}, "unknown parts: colour"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, change: dict[str, Any], message: str) -> None:
        with pytest.raises(BadMeasurement, match=message):
            ColumnMapping.from_json(MAPPING | change)
