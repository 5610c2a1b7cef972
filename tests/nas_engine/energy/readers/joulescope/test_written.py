"""Trigger summaries, statistics of the driver, and CSV of pyjls."""

from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.runs.evaluation import RunResult, evaluate
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import EnergySummary
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers.joulescope import written
from tests.nas_engine.energy.readers.samples import read
from tests.real_data import DATA

CASE = DATA / "cases" / "power" / "js_trigger.csv"


def evaluated(folder: Path, text: str, settings: RunSettings) -> RunResult:
    return evaluate([read(folder, text)], settings)


@pytest.mark.real_data("cases")
def test_two_windows_as_people_bring_them() -> None:
    summary = registry.read(CASE).content
    assert [part.energy_mj for part in summary.parts] == pytest.approx([76.23, 76.89])
    assert [part.duration_s for part in summary.parts] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("names", [written.TRIGGER_NAMES, written.SHORT_TRIGGER_NAMES])
def test_a_window_lasts_energy_over_power_and_is_a_repeat(names: str, tmp_path: Path) -> None:
    text = written.trigger(names=names)
    summary = read(tmp_path, text).content
    assert isinstance(summary, EnergySummary)
    assert [part.duration_s for part in summary.parts] == pytest.approx([2.5] * 3)
    by_latency = evaluated(tmp_path, text, RunSettings(latency_ms=50.0))
    assert by_latency.energies_mj == pytest.approx((5.0, 5.15, 5.05))
    by_count = evaluated(tmp_path, text, RunSettings(inferences=50))
    assert (by_count.energies_mj, by_count.latency_ms) == (pytest.approx((5.0, 5.15, 5.05)), pytest.approx(50.0))
    alone = evaluated(tmp_path, text, RunSettings())
    assert (alone.energies_mj, alone.duration_s) == ((), pytest.approx(7.5))
    assert alone.mean_power_mw == pytest.approx(760.0 / 7.5)


def test_one_window_is_a_sum_and_one_without_samples_is_left_out(tmp_path: Path) -> None:
    header, first, *_ = written.trigger().split("\n")
    cells = first.split(",")
    cells[4:] = ["NAN" if index % 5 < 4 else "0" for index in range(len(cells) - 8)] + ["0", "0", "0", "0"]
    reading = read(tmp_path, "\n".join([header, first, ",".join(cells), ""]))
    assert (reading.content.energy_mj, reading.content.parts) == (pytest.approx(250.0), ())
    assert [finding.code for finding in reading.findings] == ["nan_cells"]


def test_a_charge_of_another_window_is_refused(tmp_path: Path) -> None:
    header, first, *rest = written.trigger().split("\n")
    cells = first.split(",")
    cells[-4] = "0.5"
    with pytest.raises(BadMeasurement, match=r"line 2: 0\.5 C and 0\.25 J are of different durations"):
        read(tmp_path, "\n".join([header, ",".join(cells), *rest]))


@pytest.mark.parametrize("sample_hz", [1e6, 2e6, 16e6])
def test_statistics_of_the_driver_are_timed_by_their_samples_of_any_instrument(
    sample_hz: float, tmp_path: Path
) -> None:
    reading = read(tmp_path, written.driver(sample_hz=sample_hz))
    trace = reading.content
    assert (trace.samples, trace.rate_hz, trace.spacing) == (150, pytest.approx(2.0), "interval")
    assert trace.power_mw.mean() == pytest.approx(408.0)
    assert reading.all_findings == ()


def test_lines_that_the_driver_lost_are_a_hole(tmp_path: Path) -> None:
    reading = read(tmp_path, written.driver(lost=(60, 61)))
    assert reading.content.time_s[60] - reading.content.time_s[59] == pytest.approx(1.5)
    assert {finding.code for finding in reading.all_findings} == {"lost_samples"}


def test_of_several_instruments_of_the_driver_one_is_chosen(tmp_path: Path) -> None:
    text = written.driver(devices=("u/js220/001234", "u/js320/8w2a"))
    assert [finding.code for finding in read(tmp_path, text).all_findings] == ["guessed_channel"]
    other = read(tmp_path, text, channel="u/js320/8w2a")
    assert (other.content.samples, other.content.power_mw.mean()) == (150, pytest.approx(816.0))
    with pytest.raises(BadMeasurement, match="there is no instrument main; it has u/js220/001234, u/js320/8w2a"):
        read(tmp_path, text, channel="main")


def test_csv_of_pyjls_is_read_with_a_warning_of_its_times(tmp_path: Path) -> None:
    recording = tmp_path / "w.jls"
    written.current_and_voltage(recording, 0.1 + 1e-3 * (np.arange(15_000) % 5))
    path = tmp_path / "exported.csv"
    path.write_bytes(written.as_csv(recording, rows=10_000))
    reading = registry.read(path, ReadOptions())
    assert reading.format == "joulescope_pyjls_csv"
    assert reading.content.power_mw.mean() == pytest.approx(306.0, rel=1e-4)
    assert reading.content.duration_s > 1.49 * 10_000 / 100_000  # of 0.1 s that the rows are of
    (finding,) = reading.all_findings
    assert (finding.code, finding.severity) == ("stretched_time", "warning")
    assert "bring the .jls itself" in finding.message
