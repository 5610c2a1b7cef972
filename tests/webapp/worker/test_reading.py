"""Files and runs in a data worker: real readers, real arithmetic, real rows."""

import numpy as np
import pytest

from tests.webapp import benches, traces
from tests.webapp.worker.measured import read
from webapp.queries.traces import trace_part
from webapp.services import measurements
from webapp.worker.reading import read_file

pytestmark = pytest.mark.django_db


def test_a_trace_is_read_examined_and_drawn() -> None:
    row = read(benches.campaign(), "trace.csv", traces.monsoon_csv())
    assert (row.state, row.format, row.kind) == ("READY", "monsoon_python", "trace")
    assert row.summary["samples"] == 16_000
    assert row.summary["mean_power_mw"] == pytest.approx(4.0 * (100 * 4 + 400 * 12) / 16, rel=1e-3)
    part, duration_s = trace_part(row, 1.0, 3.0)
    assert duration_s == pytest.approx(16.0, abs=0.01)
    assert part.time_s[0] <= 1.0
    assert np.max(part.high_mw) > 1_500 > 500 > np.min(part.low_mw)


def test_what_is_no_measurement_is_refused_by_name_with_what_to_do() -> None:
    row = read(benches.campaign(), "holiday.jpg", b"\xff\xd8\xff\xe0" + bytes(1000))
    assert row.state == "REFUSED"
    assert row.error.startswith("holiday.jpg")
    assert "CSV" in row.error
    assert row.columns is None


def test_a_table_that_nobody_knows_is_read_once_its_columns_are_named() -> None:
    row = read(benches.campaign(), "logger.csv", traces.own_table())
    assert row.state == "REFUSED"
    assert row.columns["names"] == ["tick", "cell", "draw", "busy"]
    assert row.columns["rows"][0] == ["0", "3.7", "90", "0"]
    mapping = {
        "time": {"column": "tick", "unit": "ms"},
        "current": {"column": "draw", "unit": "mA"},
        "voltage": {"column": "cell", "unit": "V"},
        "triggers": ["busy"],
    }
    measurements.change_options(file_id=row.pk, seen_version=1, options={"mapping": mapping})
    read_file(row.pk, "worker")
    row.refresh_from_db()
    assert (row.state, row.summary["inputs"]) == ("READY", ["busy"])
    assert row.summary["mean_power_mw"] == pytest.approx(93 * 3.7, rel=0.01)
    assert row.columns is not None, "the mapper stays at hand"


def test_the_devices_supply_is_taken_for_a_file_without_a_voltage() -> None:
    content = traces.own_table()
    mapping = {"time": {"column": "tick", "unit": "ms"}, "current": {"column": "draw", "unit": "mA"}, "voltage_v": 5.0}
    powers = []
    for supply_v in (None, 4.0):
        row = benches.file_of(benches.campaign(supply_v=supply_v), "logger.csv", content, options={"mapping": mapping})
        read_file(row.pk, "worker")
        row.refresh_from_db()
        powers.append(row.summary["mean_power_mw"])
    assert powers == pytest.approx([93 * 5.0, 93 * 4.0], rel=0.01)
