from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.readers.powertool import PowerTool
from nas_engine.energy.traces.trace import Trace
from nas_engine.errors import BadMeasurement
from nas_engine.testing.readers import TableContract
from tests.nas_engine.energy.readers.files import ROWS, csv, powertool, samples

_, CURRENT_MA, VOLTAGE_V = samples()
POWER_MW = CURRENT_MA * VOLTAGE_V
TIME_MS = np.arange(ROWS) * 20.0


class TestContract(TableContract):
    reader = PowerTool()
    whole = powertool()


def read(folder: Path, data: bytes, **options: object) -> Trace:
    path = folder / "run.csv"
    path.write_bytes(data)
    reading = registry.read(path, ReadOptions(**options))
    assert reading.format == "powertool"
    assert isinstance(reading.content, Trace)
    return reading.content


def fixed(value: float) -> str:
    return f"{value:.3f}"


def comma(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("Time (ms),Main Avg Power (mW)", (TIME_MS, POWER_MW)),
        ("Time (s),Main Avg Power (W)", (TIME_MS / 1e3, POWER_MW / 1e3)),
        ("Main Avg Voltage (V),Main Avg Current (mA),Time (ms)", (VOLTAGE_V, CURRENT_MA, TIME_MS)),
        ("Time (ms),Main Avg Current (A),Main Avg Voltage (mV)", (TIME_MS, CURRENT_MA / 1e3, VOLTAGE_V * 1e3)),
        ("Time (ms),Main Avg Current (uA),Main Avg Voltage (V)", (TIME_MS, CURRENT_MA * 1e3, VOLTAGE_V)),
        ("Time (ms),Main Avg Current (µA),Main Avg Voltage (V)", (TIME_MS, CURRENT_MA * 1e3, VOLTAGE_V)),
        ("Time (ms),Main Avg Power (mW),Main Max Power (mW)", (TIME_MS, POWER_MW, 2 * POWER_MW)),
        ("Time (s),USB Avg Power (mW)", (TIME_MS / 1e3, POWER_MW)),
        ("Time (ms),Main Avg Power (mW),USB Avg Power (mW)", (TIME_MS, 0 * POWER_MW, POWER_MW)),
    ],
)
def test_any_columns_in_any_unit_give_the_same_power(
    header: str, columns: tuple[np.ndarray, ...], tmp_path: Path
) -> None:
    trace = read(tmp_path, csv(header, columns))
    np.testing.assert_allclose(trace.power_mw, POWER_MW, rtol=1e-9)
    assert trace.rate_hz == pytest.approx(50.0)
    assert trace.spacing == "interval"
    assert trace.duration_s == pytest.approx(ROWS / 50.0)


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_decimal_commas_are_read_even_between_commas(delimiter: str, tmp_path: Path) -> None:
    data = powertool().splitlines()[0] + b"\n"
    rows = zip(TIME_MS, CURRENT_MA, POWER_MW, VOLTAGE_V, strict=True)
    data = data.replace(b",", delimiter.encode()) + b"".join(
        delimiter.join(map(comma, row)).encode() + b"\n" for row in rows
    )
    np.testing.assert_allclose(read(tmp_path, data).power_mw, POWER_MW.round(3), rtol=1e-9)


def test_decimal_commas_in_quotes_are_read(tmp_path: Path) -> None:
    rows = zip(TIME_MS, POWER_MW, strict=True)
    body = "".join(",".join(f'"{comma(value)}"' for value in row) + "\n" for row in rows)
    trace = read(tmp_path, ('"Time (ms)","Main Avg Power (mW)"\n' + body).encode())
    np.testing.assert_allclose(trace.power_mw, POWER_MW.round(3), rtol=1e-9)


def test_a_row_of_a_comma_file_whose_decimals_are_missing_names_its_line(tmp_path: Path) -> None:
    rows = [",".join(map(comma, row)) for row in zip(TIME_MS, POWER_MW, strict=True)]
    rows[3] = "60," + comma(float(POWER_MW[3]))
    with pytest.raises(BadMeasurement, match="line 5: "):
        read(tmp_path, ("Time (ms),Main Avg Power (mW)\n" + "\n".join(rows) + "\n").encode())


def test_a_power_that_is_not_current_times_voltage_is_refused(tmp_path: Path) -> None:
    header = "Time (ms),Main Avg Current (mA),Main Avg Power (mW),Main Avg Voltage (V)"
    with pytest.raises(BadMeasurement, match="columns are swapped or a unit is wrong"):
        read(tmp_path, csv(header, (TIME_MS, CURRENT_MA, POWER_MW / 1e3, VOLTAGE_V)))


def test_seconds_below_milliseconds_are_told_by_the_rate(tmp_path: Path) -> None:
    trace = read(tmp_path, csv("Time (ms),Main Avg Power (mW)", (TIME_MS / 1e5, POWER_MW)))
    assert trace.rate_hz == pytest.approx(5000.0)
    assert "guessed_unit" in {finding.code for finding in trace.findings}


def test_milliseconds_below_seconds_are_doubted(tmp_path: Path) -> None:
    trace = read(tmp_path, csv("Time (s),Main Avg Power (mW)", (TIME_MS, POWER_MW)))
    doubt = next(finding for finding in trace.findings if finding.code == "guessed_unit")
    assert doubt.message == 'by "Time (s)" rows are 20 s apart; if not, give their rate'


def test_a_rate_that_no_monsoon_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="rows per second, but the monitor has"):
        read(tmp_path, csv("Time (s),Main Avg Power (mW)", (TIME_MS / 1e6, POWER_MW)))


def test_extremes_alone_are_no_energy(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="only least and greatest values"):
        read(tmp_path, csv("Time (ms),Main Max Power (mW)", (TIME_MS, POWER_MW)))


def test_without_time_the_rate_must_be_given(tmp_path: Path) -> None:
    data = csv("Main Avg Power (mW)", (POWER_MW,), fixed)
    with pytest.raises(BadMeasurement, match="no column of time"):
        read(tmp_path, data)
    assert read(tmp_path, data, rate_hz=50.0).duration_s == pytest.approx(ROWS / 50.0)


def test_a_hole_between_rows_is_told(tmp_path: Path) -> None:
    keep = np.ones(ROWS, dtype=bool)
    keep[300:310] = False
    trace = read(tmp_path, csv("Time (ms),Main Avg Power (mW)", (TIME_MS[keep], POWER_MW[keep])))
    lost = next(finding for finding in trace.findings if finding.code == "lost_samples")
    assert lost.message == "1 holes, up to 0.22 s; 0.83 % of the time has no samples"
