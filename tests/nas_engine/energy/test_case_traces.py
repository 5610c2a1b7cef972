"""Small files as people bring them, with their right answers (README.md there), by the function behind the command."""

import json
from typing import Any

import pytest

from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.runs.file_report import FileReport, report_each
from nas_engine.energy.runs.settings import RunSettings
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
