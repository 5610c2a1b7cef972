"""Files that the tests make themselves, of every format, by the function behind `manage.py read_measurement`.

What `test_expected` finds in real files is found here in files whose energies are known from how they are made.
"""

import re
import statistics
from pathlib import Path
from typing import Any

import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.runs.file_report import FileReport, report_each, report_together
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import Stamps
from tests.nas_engine.energy import sessions
from tests.nas_engine.energy.made_files import FORMATS, NO_MEASUREMENT, write_all

VOLTAGES = {
    "ppk2.csv": 3.0,
    "session.ppk2": 3.0,
    "aosp_current.txt": 4.2,
    "Main current - Arc.csv": 4.0,
}
SESSION_TRACE, SESSION_STAMPS = "trace1-energy.bin", "trace1-timestamps.json"
GROSS_MJ = sessions.PHONE_MW * sessions.LATENCY_MS / 1e3
NET_MJ = (sessions.PHONE_MW - sessions.PHONE_IDLE_MW) * sessions.LATENCY_MS / 1e3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_all(tmp_path_factory.mktemp("made"))


def alone(path: Path, **settings: Any) -> FileReport:
    (report,) = report_each([path], ReadOptions(VOLTAGES.get(path.name)), RunSettings(**settings))
    assert report.ok, report.error
    return report


def together(folder: Path, *names: str, **settings: Any) -> FileReport:
    report = report_together([folder / name for name in names], ReadOptions(), RunSettings(**settings))[0]
    assert report.ok, report.error
    return report


def about(value: float, share: float) -> Any:
    return pytest.approx(value, rel=share)


def codes(report: FileReport) -> set[str]:
    return {finding.code for finding in report.result.findings}


def test_there_is_a_file_for_every_reader() -> None:
    assert set(FORMATS.values()) == {reader.format for reader in registry.READERS}


@pytest.mark.parametrize("name", FORMATS)
def test_every_file_is_read_by_its_reader_or_refused_with_what_it_is_and_what_to_do(name: str, folder: Path) -> None:
    (report,) = report_each([folder / name], ReadOptions(VOLTAGES.get(name)), RunSettings())
    if name in NO_MEASUREMENT:
        assert re.search(NO_MEASUREMENT[name], str(report.error))
    else:
        assert report.ok, report.error
        assert report.to_json()["format"] == FORMATS[name]


@pytest.mark.parametrize("name", VOLTAGES)
def test_current_without_a_voltage_is_not_guessed_at(name: str, folder: Path) -> None:
    (report,) = report_each([folder / name], ReadOptions(), RunSettings())
    assert "give the supply voltage" in str(report.error)


def test_energyrunners_results_are_its_five_windows_and_their_median(folder: Path) -> None:
    result = alone(folder / "results.txt").result
    assert result.energies_mj == about(sessions.ENERGIES_MJ, 1e-6)
    assert result.gross is not None
    assert result.gross.median == about(statistics.median(sessions.ENERGIES_MJ), 1e-6)
    assert result.latency_ms == about(8.0, 1e-9)


@pytest.mark.parametrize("third", [(), ("results.txt",), ("log.txt",)])
def test_energyrunners_trace_and_stamps_give_the_energies_of_its_results(third: tuple[str, ...], folder: Path) -> None:
    report = together(folder, SESSION_TRACE, SESSION_STAMPS, *third)
    result = report.result
    assert result.energies_mj == about(sessions.ENERGIES_MJ, 1e-6)
    assert result.mean_power_mw == about(statistics.mean(sessions.WINDOWS_MW), 1e-6)
    assert result.idle_power_mw == about(sessions.BETWEEN_MW, 1e-3)
    assert "stale_gauge" not in codes(report)


def test_energyrunners_trace_and_stamps_need_no_results_if_the_inferences_are_given(
    folder: Path, tmp_path: Path
) -> None:
    for name in (SESSION_TRACE, SESSION_STAMPS):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert together(tmp_path, SESSION_TRACE, SESSION_STAMPS).result.energies_mj == ()
    counted = together(tmp_path, SESSION_TRACE, SESSION_STAMPS, inferences=sessions.INFERENCES)
    assert counted.result.energies_mj == about(sessions.ENERGIES_MJ, 1e-6)


def test_mlcommons_trials_are_exact(folder: Path) -> None:
    report = alone(folder / "results.json")
    assert report.result.energies_mj == about((0.1, 0.102), 1e-9)
    assert report.to_json()["median_energy_per_inference_mj"] == about(0.101, 1e-9)
    assert alone(folder / "tiny_results.txt").result.energies_mj == about((0.5,), 1e-9)


def test_a_trace_stamped_on_arrival_is_timed_by_its_index(folder: Path) -> None:
    report = alone(folder / "power.csv")
    assert report.result.samples == 15_985
    assert report.result.rate_hz == about(5_000.0, 1e-4)
    findings = {finding.code: finding.message for finding in report.result.findings}
    assert "7,992 of 15,985" in findings["repeated_stamps"]
    assert "124 gaps over 5 ms" in findings["retimed"]
    assert float(findings["active_part"].split(" it is ")[1].split(" mW")[0]) == about(sessions.PHONE_MW, 1e-3)


def test_a_phones_stamps_give_latency_offset_gross_and_net_energy(folder: Path) -> None:
    stamps = registry.read(folder / "inference_time.csv").content
    assert isinstance(stamps, Stamps)
    warm_up, measured = sessions.PASSES
    assert [window.label for window in stamps.windows] == ["warm-up"] * warm_up + [""] * measured
    report = together(folder, "power.csv", "inference_time.csv")
    result = report.result
    assert result.latency_ms == about(sessions.LATENCY_MS, 1e-6)
    assert result.offset_s == pytest.approx(sessions.CLOCK_BEHIND_S, abs=0.01)
    assert result.mean_power_mw == about(sessions.PHONE_MW, 1e-3)
    assert result.idle_power_mw == about(sessions.PHONE_IDLE_MW, 5e-3)
    assert result.energies_mj == about((GROSS_MJ,), 1e-3)
    assert result.net is not None
    assert result.net.mean == about(NET_MJ, 2e-3)
    (window,) = result.windows
    assert window.window.inferences == measured
    # A pause of 0.1 ms follows each inference of 2 ms: the window holds 5 % more than its inferences.
    assert window.energy.window_mj_per_inference == about(1.05 * GROSS_MJ, 2e-3)
    assert {"short_window", "clock_offset"} <= codes(report)


def test_the_plateau_gives_the_same_energy_as_the_stamps(folder: Path) -> None:
    result = alone(folder / "power.csv", latency_ms=sessions.LATENCY_MS).result
    assert result.energies_mj == about((GROSS_MJ,), 1e-3)
    assert result.net is not None
    assert result.net.mean == about(NET_MJ, 2e-3)


def test_an_idle_trace_is_subtracted_from_the_run_it_is_given_with(folder: Path) -> None:
    run = [folder / "power.csv", folder / "inference_time.csv"]
    idle = folder / "idle.csv"
    for report in (
        report_together([*run, idle], ReadOptions(), RunSettings())[0],
        report_together(run, ReadOptions(), RunSettings(), [idle])[0],
    ):
        assert report.result.idle_power_mw == about(sessions.IDLE_TRACE_MW, 2e-3)
        assert report.result.energies_mj == about((GROSS_MJ,), 1e-3)


def test_a_trace_and_a_log_are_the_papers_product(folder: Path) -> None:
    result = together(folder, "power.csv", "tf1.log").result
    assert result.energies_mj == about((sessions.PHONE_MW * 61.0005e-3,), 1e-3)


def test_a_stale_gauge_in_milliamperes_is_called_indicative(folder: Path) -> None:
    report = alone(folder / "stale_gauge.csv")
    assert (report.result.samples, report.result.duration_s) == (5_000, about(19.996, 1e-6))
    assert report.result.mean_power_mw == about(840.0, 1e-3)
    found = [finding.code for finding in report.result.findings]
    assert found.count("stale_gauge") == 1
    assert {"indicative", "guessed_unit"} <= set(found)
    assert any("only 2 values" in finding.message for finding in report.result.findings)


def test_a_sum_without_a_trace_is_a_mean_power(folder: Path) -> None:
    report = alone(folder / "run_energy.csv")
    assert report.result.mean_power_mw == about(60.5e3 / 120.0, 1e-9)
    assert report.result.duration_s == 120.0
    assert "indicative" in codes(report)


@pytest.mark.parametrize(
    ("name", "samples", "rate_hz", "power_mw"),
    [
        ("joulescope_statistics.csv", 10, 2.0, 400.0),
        ("joulescope_export.csv", 100, 1_000.0, 400.0),
        ("recording.jls", 2_000, 100_000.0, 300.0),
        ("ppk2.csv", 2_000, 100_000.0, 6.0),
        ("session.ppk2", 2_000, 100_000.0, 6.0),
        ("otii.csv", 400, 4_000.0, 400.0),
        ("Main current - Arc.csv", 400, 4_000.0, 400.0),
        ("stm32n6.csv", 1_000, 100_000.0, 225.0),
        ("excerpt.tsv", 6, 5_000.0, 46.4),
    ],
)
def test_traces_have_the_power_they_were_made_with(
    name: str, samples: int, rate_hz: float, power_mw: float, folder: Path
) -> None:
    result = alone(folder / name).result
    assert (result.samples, result.rate_hz) == (samples, about(rate_hz, 1e-6))
    assert result.mean_power_mw == about(power_mw, 1e-6)


def test_every_way_to_write_a_monsoons_samples_has_the_same_power(folder: Path) -> None:
    names = ("monsoon.csv", "monsoon_numpy.csv", "powertool.csv", "hvpm.csv", "aosp.txt")
    powers_mw = [alone(folder / name).result.mean_power_mw or 0.0 for name in names]
    assert powers_mw == pytest.approx([powers_mw[0]] * len(names), rel=1e-4)


@pytest.mark.parametrize("name", ["ppk2.csv", "session.ppk2"])
def test_a_ppk2_marks_its_window_by_an_input(name: str, folder: Path) -> None:
    result = alone(folder / name, inferences=2).result
    assert result.windows[0].window.start_s == about(0.01, 1e-3)
    assert result.mean_power_mw == about(9.0, 1e-6)


@pytest.mark.parametrize(
    ("name", "latency_ms"),
    [("tf1.log", 61.0005), ("tf2.log", 2.0105), ("tf2_exponent.log", 2950.34), ("litert.log", 0.947132)],
)
def test_benchmark_logs_of_every_generation_have_their_latency(name: str, latency_ms: float, folder: Path) -> None:
    assert alone(folder / name).result.latency_ms == about(latency_ms, 1e-9)


def test_an_unfinished_second_run_is_named(folder: Path) -> None:
    assert "unfinished_benchmark" in codes(alone(folder / "tf1.log"))
