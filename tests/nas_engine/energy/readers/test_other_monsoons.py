"""powermonitor-hvpm, the text of AOSP's monsoon.py, and PowerTool's own binary files."""

from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.aosp_monsoon import AospMonsoon
from nas_engine.energy.readers.base import FileHead, ReadOptions
from nas_engine.energy.readers.monsoon_hvpm import MonsoonHvpm
from nas_engine.energy.readers.powertool_binary import PowerToolBinary
from nas_engine.energy.traces.trace import Trace
from nas_engine.errors import BadMeasurement
from nas_engine.testing.readers import ReaderContract, TableContract
from tests.nas_engine.energy.readers.files import ROWS, aosp, hvpm, pt5, samples

_, CURRENT_MA, VOLTAGE_V = samples()
POWER_MW = CURRENT_MA * VOLTAGE_V


def read(folder: Path, data: bytes, **options: object) -> Trace:
    path = folder / "run.txt"
    path.write_bytes(data)
    content = registry.read(path, ReadOptions(**options)).content
    assert isinstance(content, Trace)
    return content


class TestHvpm(TableContract):
    reader = MonsoonHvpm()
    whole = hvpm()

    def test_its_si_units_become_milliwatts(self, tmp_path: Path) -> None:
        trace = read(tmp_path, hvpm())
        np.testing.assert_allclose(trace.power_mw, POWER_MW, rtol=1e-9)
        assert trace.rate_hz == pytest.approx(5000.0)

    def test_dropped_samples_are_told(self, tmp_path: Path) -> None:
        assert "lost_samples" in {finding.code for finding in read(tmp_path, hvpm(dropped=17.0)).findings}


class TestAosp(ReaderContract):
    reader = AospMonsoon()
    whole = aosp()

    def test_samples_of_a_second_are_spread_over_it(self, tmp_path: Path) -> None:
        trace = read(tmp_path, aosp())
        np.testing.assert_allclose(trace.power_mw, CURRENT_MA * VOLTAGE_V, rtol=1e-4)
        np.testing.assert_allclose(trace.time_s, np.arange(ROWS) / 100, atol=1e-9)
        assert trace.started_at_s == 1433786060

    def test_milliseconds_mean_milliamperes_and_millivolts(self, tmp_path: Path) -> None:
        rows = enumerate(zip(CURRENT_MA, VOLTAGE_V, strict=True))
        data = "".join(f"{1433786060000 + 10 * n}   {ma:.4f}\t{1e3 * volts:.2f}\n" for n, (ma, volts) in rows)
        trace = read(tmp_path, data.encode())
        np.testing.assert_allclose(trace.power_mw, POWER_MW, rtol=1e-4)
        assert trace.rate_hz == pytest.approx(100.0)

    def test_fractions_of_seconds_are_times(self, tmp_path: Path) -> None:
        data = "".join(f"{1433786060 + n / 100:.2f} {ma / 1e3:.6f}\n" for n, ma in enumerate(CURRENT_MA))
        assert read(tmp_path, data.encode(), voltage_v=4.2).rate_hz == pytest.approx(100.0, rel=1e-4)

    def test_without_volts_the_supply_must_be_given(self, tmp_path: Path) -> None:
        with pytest.raises(BadMeasurement, match="current but no voltage"):
            read(tmp_path, aosp(volts=False))
        np.testing.assert_allclose(
            read(tmp_path, aosp(volts=False), voltage_v=4.0).power_mw, 4.0 * CURRENT_MA, rtol=1e-4
        )

    def test_both_forms_in_one_file_are_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(BadMeasurement, match="line 1,201: a time in another unit"):
            read(tmp_path, aosp() + b"1433786073000 0.5 4.2\n")

    def test_amperes_alone_need_the_rate(self, tmp_path: Path) -> None:
        data = b"".join(b"%.6f\n" % (value / 1e3) for value in CURRENT_MA)
        with pytest.raises(BadMeasurement, match="give the samples per second"):
            read(tmp_path, data)
        trace = read(tmp_path, data, rate_hz=5000.0, voltage_v=4.2)
        np.testing.assert_allclose(trace.power_mw, 4.2 * CURRENT_MA, rtol=1e-4)


@pytest.mark.parametrize(("name", "data"), [("a.bin", pt5()), ("a.pt5", pt5()[:700]), ("a.pt4", bytes(2_000))])
def test_powertools_own_files_are_answered_with_how_to_export_them(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BadMeasurement, match=r"open it in PowerTool and export it as CSV"):
        registry.read(path)


def test_only_what_is_laid_out_like_pt5_is_taken_for_it() -> None:
    reader = PowerToolBinary()
    for data in (pt5(mask=0), pt5(mask=0x1001), pt5()[:-600], bytes(5_000)):
        assert not reader.recognises(FileHead("a.bin", data, len(data)))


def test_blank_lines_before_the_rows_change_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, b"\n\n" + aosp()).power_mw == pytest.approx(read(tmp_path, aosp()).power_mw)
