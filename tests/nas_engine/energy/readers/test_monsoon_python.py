from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.readers.monsoon_python import MonsoonPython
from nas_engine.energy.traces.trace import FileReading, Trace
from nas_engine.errors import BadMeasurement
from nas_engine.testing.readers import TableContract
from tests.nas_engine.energy.readers.files import ROWS, csv, monsoon, samples

ARRIVED_S, CURRENT_MA, VOLTAGE_V = samples()
POWER_MW = CURRENT_MA * VOLTAGE_V
EPOCH_S = 1_756_255_148.0


class TestContract(TableContract):
    reader = MonsoonPython()
    whole = monsoon()


class TestContractWithMicroseconds(TableContract):
    reader = MonsoonPython()
    whole = monsoon(lambda value: f"{value:.0f}" if value > 1e9 else repr(value), 1e6, EPOCH_S * 1e6)


def read(folder: Path, data: bytes, **options: object) -> tuple[FileReading, Trace]:
    path = folder / "run.csv"
    path.write_bytes(data)
    reading = registry.read(path, ReadOptions(**options))
    assert reading.format == "monsoon_python"
    assert isinstance(reading.content, Trace)
    return reading, reading.content


def codes(reading: FileReading) -> set[str]:
    return {finding.code for finding in reading.all_findings}


@pytest.mark.parametrize(
    ("data", "started_at_s"),
    [
        (monsoon(), None),
        (monsoon(scale=1e3), None),
        (monsoon(lambda value: f"np.float64({value!r})"), None),
        (monsoon(lambda value: f"{value:.17g}", 1e6, EPOCH_S * 1e6), EPOCH_S + 0.03),
        (monsoon(lambda value: f"{value:.17g}", 1e3, EPOCH_S * 1e3), EPOCH_S + 0.03),
        (monsoon().replace(b",\n", b"\n"), None),
        (monsoon().replace(b"Time(ms)", b"Time(s)").replace(b",\n", b"\n"), None),
        (monsoon().replace(b",", b"\t"), None),
        (monsoon().replace(b",", b" ; "), None),
        (monsoon().replace(b",", b";").replace(b".", b","), None),
        (b"".join(b'"%s"\n' % line.strip(b",").replace(b",", b'","') for line in monsoon().splitlines()), None),
    ],
    ids=[
        "seconds",
        "ms",
        "numpy",
        "us",
        "epoch-ms",
        "no-comma",
        "fork",
        "tabs",
        "semicolons",
        "decimal-comma",
        "quotes",
    ],
)
def test_every_way_to_write_it_gives_the_same_power(data: bytes, started_at_s: float | None, tmp_path: Path) -> None:
    _, trace = read(tmp_path, data)
    np.testing.assert_allclose(trace.power_mw, POWER_MW, rtol=1e-12)
    assert trace.rate_hz == pytest.approx(5000.0)
    assert trace.duration_s == pytest.approx((ROWS - 1) / 5000)
    assert trace.started_at_s == (None if started_at_s is None else pytest.approx(started_at_s, abs=1e-3))


def test_whole_seconds_since_1970_are_timed_by_index(tmp_path: Path) -> None:
    index = np.arange(40_000)
    stamps = EPOCH_S + index // 5000
    data = csv("Time(ms),Main(mA),Main Voltage(V),", (stamps, 100.0 + 0 * index, 4.0 + 0 * index), end=",\n")
    reading, trace = read(tmp_path, data)
    assert trace.rate_hz == pytest.approx(5000.0, rel=0.02)
    assert {"guessed_unit", "repeated_stamps", "retimed"} <= codes(reading)


def test_a_wrong_unit_in_the_header_is_reported(tmp_path: Path) -> None:
    reading, _ = read(tmp_path, monsoon())
    messages = {finding.code: finding.message for finding in reading.all_findings}
    assert messages["guessed_unit"] == 'the header states "Time(ms)", but by the rate of 5,000 Hz the unit is s'
    assert messages["repeated_stamps"].startswith("600 of 1,200 time stamps repeat")


def test_stamps_in_bursts_are_fitted_over_the_index(tmp_path: Path) -> None:
    """A monitor 0.1 % slow over four seconds: the fit finds its rate better than the bursts' ends do."""
    index = np.arange(20_000)
    stamps = (index // 128) * 128 * 200.2e-6 + index % 128 * 1e-6
    reading, trace = read(tmp_path, csv("Time(ms),Main(mA),Main Voltage(V),", (stamps, 1.0 + index, 4.0 + 0 * index)))
    assert trace.rate_hz == pytest.approx(1 / 200.2e-6, rel=3e-4)
    assert "lost_samples" not in codes(reading)


def test_lost_samples_show_as_a_low_rate(tmp_path: Path) -> None:
    index = np.arange(50_000)
    stamps = (index // 128) * 128 / 4906 + index % 128 * 1e-6
    reading, _ = read(tmp_path, csv("Time(ms),Main(mA),Main Voltage(V),", (stamps, 90.0 + 0 * index, 4.0 + 0 * index)))
    lost = next(finding for finding in reading.all_findings if finding.code == "lost_samples")
    assert "about 1.9 % were lost" in lost.message


@pytest.mark.parametrize(("factor", "outcome"), [(1e3, "no device here takes"), (1e-3, "low_power")])
def test_a_current_in_another_unit_than_its_name_says_is_refused_or_told(
    factor: float, outcome: str, tmp_path: Path
) -> None:
    data = csv("Time(ms),Main(mA),Main Voltage(V),", (ARRIVED_S, CURRENT_MA * factor, VOLTAGE_V), end=",\n")
    if factor < 1:
        assert outcome in codes(read(tmp_path, data)[0])
        return
    with pytest.raises(BadMeasurement, match=outcome):
        read(tmp_path, data)


def test_an_unknown_unit_is_refused_with_the_columns(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r'no known format.*"Main\(furlongs\)"'):
        read(tmp_path, monsoon().replace(b"Main(mA)", b"Main(furlongs)"))


def test_one_bad_cell_in_a_long_recording_is_left_out_and_its_neighbours_keep_their_times(tmp_path: Path) -> None:
    reading, trace = read(tmp_path, monsoon().replace(repr(float(CURRENT_MA[100])).encode(), b"nan"))
    assert "line 102" in next(finding.message for finding in reading.all_findings if finding.code == "nan_cells")
    np.testing.assert_allclose(trace.power_mw, np.delete(POWER_MW, 100), rtol=1e-12)
    assert trace.time_s[100] == pytest.approx(101 / 5000)


def test_more_than_one_bad_cell_in_a_thousand_is_too_many(tmp_path: Path) -> None:
    data = monsoon()
    for row in (100, 200):
        data = data.replace(repr(float(CURRENT_MA[row])).encode(), b"nan")
    with pytest.raises(BadMeasurement, match=r"line 102: 2 of 1,200 rows have no number here or below"):
        read(tmp_path, data)


def test_time_that_runs_back_names_its_line(tmp_path: Path) -> None:
    lines = monsoon().splitlines(keepends=True)
    with pytest.raises(BadMeasurement, match=r"line 1,202: time runs back by 0.2.* two recordings"):
        read(tmp_path, b"".join((*lines, *lines[1:])))
    with pytest.raises(BadMeasurement, match="line 1,202: a second header: two recordings"):
        read(tmp_path, b"".join((*lines, *lines)))


def test_a_hole_that_is_a_good_part_of_the_recording_is_refused(tmp_path: Path) -> None:
    lines = monsoon().splitlines(keepends=True)
    with pytest.raises(BadMeasurement, match=r"line 386: a hole of 0.15"):
        read(tmp_path, b"".join((*lines[:385], *lines[1025:])))


class TestChannels:
    HEADER = "Time(ms),Main(mA),USB(mA),Main Voltage(V),USB Voltage(V)"

    def test_a_usb_fed_device_is_found_and_said(self, tmp_path: Path) -> None:
        columns = (ARRIVED_S, 0 * CURRENT_MA, CURRENT_MA, VOLTAGE_V, VOLTAGE_V)
        reading, trace = read(tmp_path, csv(self.HEADER, columns))
        assert "usb_fed" in codes(reading)
        np.testing.assert_allclose(trace.power_mw, POWER_MW)

    def test_the_channel_asked_for_is_read(self, tmp_path: Path) -> None:
        columns = (ARRIVED_S, CURRENT_MA, 2 * CURRENT_MA, VOLTAGE_V, VOLTAGE_V)
        np.testing.assert_allclose(read(tmp_path, csv(self.HEADER, columns), channel="USB")[1].power_mw, 2 * POWER_MW)
        with pytest.raises(BadMeasurement, match="there is no channel aux; it has main, usb"):
            read(tmp_path, csv(self.HEADER, columns), channel="aux")

    def test_nothing_connected_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadMeasurement, match="main is 0 throughout"):
            read(tmp_path, csv(self.HEADER, (ARRIVED_S, *4 * (0 * CURRENT_MA,))))

    def test_a_charging_device_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadMeasurement, match="was charging"):
            read(tmp_path, monsoon().replace(b",6", b",-6").replace(b",5", b",-5"))

    def test_without_voltage_the_supply_must_be_given(self, tmp_path: Path) -> None:
        data = csv("Time(ms),Main(mA)", (ARRIVED_S, CURRENT_MA))
        with pytest.raises(BadMeasurement, match="current but no voltage; give the supply voltage"):
            read(tmp_path, data)
        np.testing.assert_allclose(read(tmp_path, data, voltage_v=4.0)[1].power_mw, 4.0 * CURRENT_MA)


def test_a_given_rate_comes_before_the_stamps(tmp_path: Path) -> None:
    assert read(tmp_path, monsoon(), rate_hz=1000.0)[1].duration_s == pytest.approx((ROWS - 1) / 1000)


def test_without_times_the_monitors_own_rate_is_taken_and_said(tmp_path: Path) -> None:
    reading, trace = read(tmp_path, csv("Main(mA),Main Voltage(V)", (CURRENT_MA, VOLTAGE_V)))
    assert trace.rate_hz == 5000.0
    assert "guessed_rate" in codes(reading)


def test_a_title_that_a_spreadsheet_padded_to_the_width_of_the_table_is_no_header(tmp_path: Path) -> None:
    plain, titled = monsoon(), b"Pixel 7 on bench 2,,,\n,,,\n" + monsoon()
    assert read(tmp_path, titled)[1].power_mw == pytest.approx(read(tmp_path, plain)[1].power_mw)
