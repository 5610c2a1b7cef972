"""Every figure of the real files' EXPECTED.md, by the function behind `manage.py read_measurement`.

`test_made_files` holds the same rules to files that the tests make.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.readers.registry import read
from nas_engine.energy.runs.file_report import FileReport, report_each, report_together
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import Stamps
from tests.nas_engine.energy.shared import (
    AOSP,
    BASELINE,
    ENERGYRUNNER,
    EVERY_FILE,
    GALAXY,
    GENERATED,
    LIVE_RUN,
    LIVE_TIMES,
    MLCOMMONS,
    MONSOON,
    RASPBERRY,
    SUMMARY,
    TFLITE,
)
from tests.real_data import MEASUREMENTS

pytestmark = pytest.mark.real_data("measurements")

VOLTAGES = {"ppk2_default_D0-D7.csv": 3.0, AOSP.name: 4.2}
NO_MEASUREMENT = {
    "GalaxyJ7_Aggregated_Results_Batterymanager.csv": "table of several runs",
    "Aggregated_Results_Monsoon.csv": "table of several runs",
    "aggregated.csv": "table of 3 runs",
    "log.txt": "log of",
    "script.async": "script of an EnergyRunner session",
    "yolov5s_nnapi_opprofile.log": "without its result line",
}


def alone(path: Path, **settings: Any) -> FileReport:
    (report,) = report_each([path], ReadOptions(VOLTAGES.get(path.name)), RunSettings(**settings))
    assert report.ok, report.error
    return report


def together(*paths: Path, **settings: Any) -> FileReport:
    report = report_together(paths, ReadOptions(), RunSettings(**settings))[0]
    assert report.ok, report.error
    return report


def about(value: float, share: float) -> Any:
    return pytest.approx(value, rel=share)


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_is_read_or_refused_with_what_it_is_and_what_to_do(path: Path) -> None:
    (report,) = report_each([path], ReadOptions(VOLTAGES.get(path.name)), RunSettings())
    expected = NO_MEASUREMENT.get(path.name)
    if expected is None:
        assert report.ok, report.error
    else:
        assert expected in str(report.error)
        assert "give " in str(report.error)


def test_every_file_that_is_there_is_listed() -> None:
    there = {path for path in MEASUREMENTS.rglob("*.*") if path.parent != MEASUREMENTS}
    assert there == set(EVERY_FILE)
    assert len(EVERY_FILE) == 29


@pytest.mark.parametrize("path", [AOSP, GENERATED / "ppk2_default_D0-D7.csv"])
def test_current_without_a_voltage_is_not_guessed_at(path: Path) -> None:
    (report,) = report_each([path], ReadOptions(), RunSettings())
    assert "give the supply voltage" in str(report.error)


def test_energyrunners_five_windows_and_their_median() -> None:
    expected = [5.626356, 5.627485, 5.628098, 5.626994, 5.629824]
    published = alone(ENERGYRUNNER / "results.txt").result
    assert published.energies_mj == about(expected, 1e-6)
    assert published.gross is not None
    assert published.gross.median == about(5.627485, 1e-6)
    trace, stamps = ENERGYRUNNER / "trace1-energy.bin", ENERGYRUNNER / "trace1-timestamps.json"
    for files in (
        (trace, stamps),
        (trace, stamps, ENERGYRUNNER / "results.txt"),
        (trace, stamps, ENERGYRUNNER / "log.txt"),
    ):
        result = together(*files).result
        assert result.energies_mj == about(expected, 1e-4)
        assert result.gross is not None
        assert result.gross.median == about(5.627485, 1e-4)
        assert result.mean_power_mw == about(75.3, 1e-3)
        assert result.idle_power_mw == about(60.9, 3e-3)
    assert together(trace, stamps, inferences=150).result.energies_mj == about(expected, 1e-4)


def test_mlcommons_five_trials_and_their_median_are_exact() -> None:
    report = alone(MLCOMMONS / "results.json")
    assert report.result.energies_mj == about([0.245350, 0.245341, 0.245349, 0.245321, 0.245320], 2e-6)
    assert report.to_json()["median_energy_per_inference_mj"] == about(0.2453412, 1e-6)
    assert alone(MLCOMMONS / "results.txt").result.energies_mj == about(report.result.energies_mj, 3e-6)


def test_the_live_run_alone_is_timed_by_its_index() -> None:
    report = alone(LIVE_RUN)
    assert report.result.samples == 19_254
    assert 1e6 / (report.result.rate_hz or 0) == about(200.33, 1e-4)
    findings = {finding.code: finding.message for finding in report.result.findings}
    assert "8,603 of 19,254" in findings["repeated_stamps"]
    assert "150 gaps over 5 ms" in findings["retimed"]
    assert float(findings["active_part"].split(" it is ")[1].split(" mW")[0]) == about(2120, 0.01)


def test_the_live_runs_stamps_are_two_passes_too_short_for_the_monitors_stamps() -> None:
    stamps = read(LIVE_TIMES).content
    assert isinstance(stamps, Stamps)
    assert [window.label for window in stamps.windows] == ["warm-up"] * 243 + [""] * 427
    assert np.median([window.duration_s for window in stamps.windows]) == about(1.8615e-3, 1e-3)
    offset_s = together(LIVE_RUN, LIVE_TIMES).result.offset_s or 0
    host_s = np.genfromtxt(LIVE_RUN, delimiter=",", skip_header=1, usecols=0) / 1e6
    edges_s = np.array([(window.start_s, window.end_s) for window in stamps.windows]) + offset_s
    held = np.diff(np.searchsorted(host_s, edges_s), axis=1)
    assert np.mean(held == 0) > 0.5


def test_the_live_runs_stamps_give_latency_offset_gross_and_net_energy() -> None:
    result = together(LIVE_RUN, LIVE_TIMES).result
    assert result.latency_ms == about(2.07360, 1e-5)
    assert result.mean_power_mw == about(2120, 0.01)
    assert result.idle_power_mw == about(330, 0.03)
    assert result.offset_s == pytest.approx(0.3, abs=0.05)
    assert result.energies_mj == about([4.40], 0.01)
    assert result.net is not None
    assert result.net.mean == about(3.71, 0.01)
    (window,) = result.windows
    assert window.window.inferences == 427
    check = window.energy.window_mj_per_inference
    assert check is not None
    assert 1.02 < check / result.energies_mj[0] < 1.14
    assert "short_window" in {finding.code for finding in result.findings}


def test_the_plateau_gives_the_same_energy_as_the_stamps() -> None:
    result = alone(LIVE_RUN, latency_ms=2.07360).result
    assert result.energies_mj == about([4.40], 0.01)
    assert result.net is not None
    assert result.net.mean == about(3.71, 0.01)


def test_the_files_of_generated_writers_hold_the_same_values() -> None:
    current_ma, voltage_v = np.genfromtxt(LIVE_RUN, delimiter=",", skip_header=1, usecols=(1, 2), max_rows=2000).T
    power_mw = current_ma * voltage_v
    for name, rows in (("stock_seconds", 2000), ("numpy2_repr", 400)):
        result = alone(GENERATED / f"pymonsoon_0.1.88_{name}.csv").result
        assert (result.samples, result.rate_hz) == (rows, about(5000, 0.01))
        assert result.mean_power_mw == about(float(power_mw[:rows].mean()), 2e-3)
    exported = alone(GENERATED / "joulescope_ui_export_visible.csv").result
    assert (exported.samples, exported.rate_hz) == (1500, about(5000, 1e-6))
    assert exported.mean_power_mw == about(float(power_mw[:1500].mean()), 2e-3)


def test_the_idle_baseline() -> None:
    result = alone(BASELINE).result
    assert result.samples == 20_000
    assert result.mean_power_mw == about(191.59, 1e-4)
    assert result.duration_s == about(4.0113, 1e-5)


def test_an_idle_baseline_is_subtracted_from_the_run_it_is_given_with() -> None:
    for report in (
        together(LIVE_RUN, LIVE_TIMES, BASELINE),
        report_together([LIVE_RUN, LIVE_TIMES], ReadOptions(), RunSettings(), [BASELINE])[0],
    ):
        assert report.result.idle_power_mw == about(191.59, 1e-4)
        assert report.result.energies_mj == about([4.40], 0.01)


def test_the_galaxys_gauge_is_read_in_milliamperes_and_called_indicative() -> None:
    result = alone(GALAXY).result
    assert (result.samples, result.duration_s) == (8000, about(32.153, 1e-6))
    assert result.mean_power_mw == about(803, 1e-3)
    codes = [finding.code for finding in result.findings]
    assert codes.count("stale_gauge") == 1
    assert any("only 2 values" in finding.message for finding in result.findings)
    assert "indicative" in codes


def test_the_sum_without_a_trace() -> None:
    result = alone(SUMMARY).result
    assert result.mean_power_mw == about(347.25, 1e-4)
    assert result.duration_s == about(180.296, 1e-9)


def test_joulescope_statistics_report_the_interval_that_ends_at_the_stamp() -> None:
    result = alone(RASPBERRY).result
    assert result.duration_s == 10.0
    assert (result.mean_power_mw or 0) * 10 == about(20_532.3, 1e-5)


def test_the_ppk2_marks_its_window_by_d0() -> None:
    path = GENERATED / "ppk2_default_D0-D7.csv"
    assert alone(path).result.rate_hz == about(100_000, 1e-6)
    result = alone(path, inferences=2).result
    assert result.windows[0].window.start_s == about(0.04, 1e-6)
    assert result.mean_power_mw == about(75.1, 1e-3)


def test_aosp_text_spreads_the_samples_of_one_second() -> None:
    result = alone(AOSP).result
    assert (result.samples, result.duration_s) == (4, about(2.0, 0.5))


def test_an_excerpt_of_six_rows_is_read() -> None:
    result = alone(MONSOON / "issue37_excerpt.tsv").result
    assert result.samples == 6
    assert result.mean_power_mw == about(11.2851 * 3.99508, 1e-2)


@pytest.mark.parametrize(
    ("name", "latency_ms"),
    [
        ("mobilenet_v1_riscv_scientific_opprofile.log", 2950.34),
        ("yolov5s_cpu_fp32_tf24.log", 249.684),
        ("ti_am6x_INFO_prefix_p5_median_p95.log", 1240.27),
        ("tf1x_average_inference_timings_two_runs.log", 66.7676),
    ],
)
def test_benchmark_logs_of_every_generation(name: str, latency_ms: float) -> None:
    assert alone(TFLITE / name).result.latency_ms == about(latency_ms, 1e-9)


def test_an_unfinished_second_run_is_told() -> None:
    report = alone(TFLITE / "tf1x_average_inference_timings_two_runs.log")
    assert "unfinished_benchmark" in {finding.code for finding in report.result.findings}


def test_a_trace_and_a_log_are_the_papers_product() -> None:
    result = together(LIVE_RUN, TFLITE / "tf1x_average_inference_timings_two_runs.log").result
    assert result.energies_mj == about([2.1302 * 66.7676], 0.01)
