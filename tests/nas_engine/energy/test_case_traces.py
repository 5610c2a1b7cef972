"""Small files as people bring them, with their right answers (README.md there), by the function behind the command."""

import json
from typing import Any

import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.runs.file_report import FileReport, report_each
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import Trace
from tests.real_data import DATA

CASES = DATA / "cases"
pytestmark = pytest.mark.real_data("cases")


def alone(name: str, mapping: dict[str, Any] | None = None, voltage_v: float | None = None, **run: Any) -> FileReport:
    options = ReadOptions(mapping=mapping, voltage_v=voltage_v)
    (report,) = report_each([CASES / name], options, RunSettings(**run))
    return report


def mapping_of(name: str) -> dict[str, Any]:
    mapping: dict[str, Any] = json.loads((CASES / f"{name}.mapping.json").read_text())
    return mapping


@pytest.mark.parametrize("name", ["results_short.txt", "results_99999.txt", "results_day3.txt"])
def test_energyrunner_s_results_after_minutes_and_after_days(name: str) -> None:
    report = alone(f"logs/{name}")
    assert report.result.energies_mj == pytest.approx([12.0, 12.1, 12.05])
    assert report.to_json()["median_energy_per_inference_mj"] == pytest.approx(12.05)


def test_a_meter_of_one_hertz_takes_no_ramp_for_idle() -> None:
    result = alone("power/coarse_1hz.csv", mapping_of("power/coarse_1hz.csv"), latency_ms=100.0).result
    assert result.energies_mj == pytest.approx([500.0])
    assert result.idle_power_mw == pytest.approx(1_000.0)
    assert result.net is not None
    assert result.net.mean == pytest.approx(400.0)


def test_of_two_results_in_a_logcat_none_is_chosen() -> None:
    report = alone("logs/logcat_two_results.log")
    assert "2 results in the benchmark log contradict each other: 129.712 ms, 33.826 ms" in str(report.error)
    assert report.to_json()["latency_ms"] is None
    assert alone("logs/logcat_two_results.log", latency_ms=33.826).result.latency_ms == 33.826


def test_stamps_of_a_ppk2_with_two_digits_make_no_hole() -> None:
    report = alone("power/ppk2_negative.csv", voltage_v=3.3)
    assert (report.result.samples, report.result.mean_power_mw) == (1_000, pytest.approx(58.60, rel=1e-4))
    codes = {finding.code for finding in report.result.findings}
    assert "retimed" in codes
    assert not {"lost_samples", "uneven_stamps"} & codes


def test_a_data_log_of_keysight_states_its_interval_and_its_samples_are_no_current() -> None:
    name = "power/keysight_dlog.csv"
    assert alone(name).proposed_mapping == {
        "rate_hz": pytest.approx(1 / 0.04096),
        "current": {"column": "Curr avg 1", "unit": "A"},
        "voltage": {"column": "Volt avg 1", "unit": "V"},
    }
    for mapping in (mapping_of(name), alone(name).proposed_mapping):
        assert alone(name, mapping).result.mean_power_mw == pytest.approx(56.711, rel=1e-5)


def test_a_time_of_day_over_midnight() -> None:
    name = "power/tod_midnight.csv"
    assert alone(name).proposed_mapping == mapping_of(name)
    result = alone(name, mapping_of(name)).result
    assert (result.duration_s, result.mean_power_mw) == (pytest.approx(17.95), pytest.approx(56.701, rel=1e-5))


def test_days_before_months_without_a_header() -> None:
    name = "power/tracebase.csv"
    assert alone(name).proposed_mapping == {"time": {"column": "column 1", "unit": "clock"}}
    trace = registry.read(CASES / name, ReadOptions(mapping=mapping_of(name))).content
    assert isinstance(trace, Trace)
    assert (trace.samples, trace.power_mw.mean()) == (60, pytest.approx(7_667, rel=1e-4))
    assert trace.started_at_s == 1_307_923_170.0
