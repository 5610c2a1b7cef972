"""Notations of tables that the column mapper reads: units, clocks, headers, decimals, encodings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.traces.trace import Trace
from nas_engine.errors import BadMeasurement

CURRENT_MA = 5.0 + 0.01 * (np.arange(40) % 7)
POWER_MW = 3.3 * CURRENT_MA


def read(folder: Path, text: str | bytes, mapping: dict[str, Any]) -> Trace:
    path = folder / "logger.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    content = registry.read(path, ReadOptions(mapping=mapping)).content
    assert isinstance(content, Trace)
    return content


def column(name: str, unit: str) -> dict[str, str]:
    return {"column": name, "unit": unit}


def rows(cell: str, delimiter: str = ",", stamp: str = "{:.2f}") -> str:
    """Lines of time, 10 Hz, and a cell of the current `i`, in mA."""
    lines = (stamp.format(n / 10) + delimiter + cell.format(i=i) for n, i in enumerate(CURRENT_MA))
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    ("unit", "in_ma"), [("pA", 1e-9), ("nA", 1e-6), ("uA", 1e-3), ("µA", 1e-3), ("A", 1e3), ("milliamps", 1.0)]
)
def test_units_of_current_from_picoamperes_to_amperes(unit: str, in_ma: float, tmp_path: Path) -> None:
    text = "t,i\n" + "".join(f"{n / 10},{i / in_ma!r}\n" for n, i in enumerate(CURRENT_MA))
    trace = read(tmp_path, text, {"time": column("t", "s"), "current": column("i", unit), "voltage_v": 3.3})
    np.testing.assert_allclose(trace.power_mw, POWER_MW)


@pytest.mark.parametrize(("unit", "in_mw"), [("pW", 1e-9), ("nW", 1e-6), ("uW", 1e-3), ("W", 1e3), ("kW", 1e6)])
def test_units_of_power_from_picowatts_to_kilowatts(unit: str, in_mw: float, tmp_path: Path) -> None:
    text = "t,p\n" + "".join(f"{n / 10},{p / in_mw!r}\n" for n, p in enumerate(POWER_MW))
    trace = read(tmp_path, text, {"time": column("t", "s"), "power": column("p", unit)})
    np.testing.assert_allclose(trace.power_mw, POWER_MW)


@pytest.mark.parametrize("stated", ["mA", "uA", "cells"])
def test_a_cell_may_state_its_unit_and_each_another(stated: str, tmp_path: Path) -> None:
    cells = [f"{i * 1e3:.3f} uA" if n % 2 else f"{i:.6f}mA" for n, i in enumerate(CURRENT_MA)]
    text = "t,i\n" + "".join(f"{n * 100} ms,{cell}\n" for n, cell in enumerate(cells))
    trace = read(tmp_path, text, {"time": column("t", "cells"), "current": column("i", stated), "voltage_v": 3.3})
    np.testing.assert_allclose(trace.power_mw, POWER_MW, rtol=1e-6)
    assert trace.rate_hz == pytest.approx(10.0)
    assert ("guessed_unit" in {finding.code for finding in trace.findings}) == (stated != "cells")


def test_a_unit_and_a_decimal_comma_in_one_cell(tmp_path: Path) -> None:
    text = "t;i;v\n" + rows("{i:.2f} mA;3.3 V", ";").replace(".", ",")
    mapping = {"time": column("t", "s"), "current": column("i", "mA"), "voltage": column("v", "V")}
    np.testing.assert_allclose(read(tmp_path, text, mapping).power_mw, POWER_MW)


@pytest.mark.parametrize("cell", ["5.0 V", "5.0", "much", "5.0 mAh", "5.0 mA 3"])
def test_a_cell_without_a_unit_of_its_quantity_names_its_line(cell: str, tmp_path: Path) -> None:
    text = "t,i\n" + rows("{i:.2f} mA") + f"4.0,{cell}\n"
    mapping = {"time": column("t", "s"), "current": column("i", "cells"), "voltage_v": 3.3}
    with pytest.raises(BadMeasurement, match=r"logger.csv, line 42: .* under i is no number with a unit of current"):
        read(tmp_path, text, mapping)


@pytest.mark.parametrize("stamp", ["31/01/2026 23:59:{:05.2f}", "1/31/2026 11:59:{:05.2f} PM", "23:59:{:05.2f}"])
def test_clocks_of_spreadsheets_and_loggers(stamp: str, tmp_path: Path) -> None:
    text = "when,i\n" + rows("{i:.2f}", stamp=stamp)
    mapping = {"time": column("when", "clock"), "current": column("i", "mA"), "voltage_v": 3.3}
    trace = read(tmp_path, text, mapping)
    np.testing.assert_allclose(trace.power_mw, POWER_MW)
    assert (trace.rate_hz, trace.duration_s) == (pytest.approx(10.0), pytest.approx(3.9))
    assert trace.started_at_s == (pytest.approx(1_769_903_940.0) if "2026" in stamp else None)


@pytest.mark.parametrize("unit", ["clock dmy", "clock mdy"])
def test_the_order_of_day_and_month_can_be_chosen(unit: str, tmp_path: Path) -> None:
    text = "when,i\n" + rows("{i:.2f}", stamp="05/01/2026 10:00:{:05.2f}")
    trace = read(tmp_path, text, {"time": column("when", unit), "current": column("i", "mA"), "voltage_v": 3.3})
    assert trace.started_at_s == {"clock dmy": 1_767_607_200.0, "clock mdy": 1_777_629_600.0}[unit]


@pytest.mark.parametrize(
    "lines",
    [
        "# recorded by hand\n",
        "# recorded on 1 May, at noon\n# 40 rows\n",
        "% MATLAB\n\n",
        "// C\n",
        "recorded by hand\n\n",
        "Logger 5\nDate: 1 May 2026\n",
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
def test_comments_above_a_table_without_header_are_no_header(lines: str, delimiter: str, tmp_path: Path) -> None:
    text = lines + rows(delimiter.join(("{i:.2f}", "3.3", "7", "8")), delimiter)
    mapping = {"time": column("column 1", "s"), "current": column("column 2", "mA"), "voltage": column("column 3", "V")}
    np.testing.assert_allclose(read(tmp_path, text, mapping).power_mw, POWER_MW)


def test_a_header_that_does_not_fit_its_rows_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="2 names in the header but 3 cells in the row"):
        read(tmp_path, "t,i\n" + rows("{i:.2f},3.3"), {"time": column("t", "s"), "power": column("i", "mW")})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_semicolons_and_decimal_commas_in_any_encoding(encoding: str, end: str, tmp_path: Path) -> None:
    text = ("Zeit (s);Strom (µA)\n" + rows("{i:.2f}", ";").replace(".", ",")).replace("\n", end)
    mapping = {"time": column("Zeit (s)", "s"), "current": column("Strom (µA)", "mA"), "voltage_v": 3.3}
    np.testing.assert_allclose(read(tmp_path, text.encode(encoding), mapping).power_mw, POWER_MW)


@pytest.mark.parametrize("columns", [2, 3, 5])
@pytest.mark.parametrize(
    "remark", ["Sample interval (s),0.1", "Sample interval (s);0,1", "Sample interval (s)\t0.1,,,"]
)
def test_names_with_values_above_a_table_are_remarks(columns: int, remark: str, tmp_path: Path) -> None:
    more = "".join(f",{n}" for n in range(columns - 2))
    header = ",".join(("no", "current", *(f"x{n}" for n in range(columns - 2))))
    text = f"Keysight N6705C\n{remark}\nOutputs,1\n\n{header}\n" + rows("{i:.2f}" + more, stamp="{:.0f}")
    mapping = {"rate_hz": 10.0, "current": column("current", "mA"), "voltage_v": 3.3}
    np.testing.assert_allclose(read(tmp_path, text, mapping).power_mw, POWER_MW)


def test_a_table_of_names_with_values_is_a_table(tmp_path: Path) -> None:
    text = "phase,current\n" + "".join(f"warm-up,{i}\n" for i in CURRENT_MA)
    mapping = {"rate_hz": 10.0, "current": column("current", "mA"), "voltage_v": 3.3}
    np.testing.assert_allclose(read(tmp_path, text, mapping).power_mw, POWER_MW)


def test_names_that_are_voltages_are_a_header(tmp_path: Path) -> None:
    text = "time,3.3V,5V\n" + rows("{i:.2f},2.0")
    trace = read(tmp_path, text, {"time": column("time", "s"), "current": column("3.3V", "mA"), "voltage_v": 3.3})
    np.testing.assert_allclose(trace.power_mw, POWER_MW)
