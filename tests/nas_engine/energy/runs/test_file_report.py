"""Reports over files of formats that need no shared data, so that each rule is seen alone."""

import csv
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.runs.file_report import FileReport, Readings, read_plain, report_each, report_together
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, Stamps, Window
from tests.nas_engine.energy.made_traces import ACTIVE_MW, IDLE_MW, reading, steps

KEYS = [
    "file", "format", "ok", "samples", "rate_hz", "duration_s", "mean_power_mw", "latency_ms",
    "energy_per_inference_mj", "median_energy_per_inference_mj", "warnings", "error",
    "mean_power_95_mw", "proposed_mapping",
]  # fmt: skip


def monsoon(path: Path, *parts: tuple[float, float]) -> Path:
    """A Monsoon CSV in its own format: 4.0 V, 5 kHz."""
    power_mw = steps(*parts, rate_hz=5000.0)
    with path.open("w", newline="") as file:
        file.write("Time(ms),Main(mA),Main Voltage(V),\n")
        csv.writer(file).writerows((i / 5000, p / 4.0, 4.0, "") for i, p in enumerate(power_mw))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    monsoon(folder / "work.csv", (2, IDLE_MW), (4, ACTIVE_MW), (1, IDLE_MW))
    monsoon(folder / "idle.csv", (2, 200))
    (folder / "junk.csv").write_bytes(bytes(range(256)) * 20)
    return folder


def read(path: Path, options: ReadOptions) -> Readings:
    """The real readers, and a log and stamps by name, so that this file tests no reader of these."""
    if path.name == "bench.log":
        return (reading(BenchmarkLog((BenchmarkResult(latency_ms=2.5),)), "log"),)
    if path.name == "stamps.json":
        return (reading(Stamps((Window(2.1, 5.9, "window 2"),), epoch=False), "stamps"),)
    return read_plain(path, options)


def each(folder: Path, *names: str, **settings: Any) -> tuple[FileReport, ...]:
    return report_each([folder / name for name in names], ReadOptions(), RunSettings(**settings), read)


def together(folder: Path, *names: str, idle: Sequence[str] = (), **settings: Any) -> tuple[FileReport, ...]:
    paths, idle_paths = [folder / name for name in names], [folder / name for name in idle]
    return report_together(paths, ReadOptions(), RunSettings(**settings), idle_paths, read)


def test_every_file_has_one_object_with_the_documented_keys_in_order(folder: Path) -> None:
    objects = [report.to_json() for report in each(folder, "work.csv", "junk.csv", "nowhere.csv", "bench.log")]
    assert [list(shown) for shown in objects] == [KEYS] * 4
    assert [shown["ok"] for shown in objects] == [True, False, False, True]
    assert objects[0]["samples"] == 35_000
    assert objects[0]["rate_hz"] == pytest.approx(5000, rel=1e-3)
    assert objects[3]["latency_ms"] == 2.5
    json.dumps(objects, allow_nan=False)


def test_a_file_that_cannot_be_read_has_its_error_and_no_number(folder: Path) -> None:
    for report in each(folder, "junk.csv", "nowhere.csv"):
        shown = report.to_json()
        assert shown["error"].startswith(Path(shown["file"]).name + ": ")
        assert [key for key in KEYS if shown[key] not in (None, [], False)] == ["file", "error"]


def test_the_files_of_a_run_share_its_figures_and_keep_their_samples(folder: Path) -> None:
    log, trace = (report.to_json() for report in together(folder, "bench.log", "work.csv"))
    assert trace["samples"] == 35_000
    assert log["samples"] is None
    for shown in (log, trace):
        assert shown["energy_per_inference_mj"] == pytest.approx([ACTIVE_MW * 2.5e-3], rel=1e-3)
        assert shown["median_energy_per_inference_mj"] == pytest.approx(ACTIVE_MW * 2.5e-3, rel=1e-3)
        assert shown["mean_power_mw"] == pytest.approx(ACTIVE_MW, rel=1e-3)
        assert shown["latency_ms"] == 2.5
        ((low_mw, high_mw),) = shown["mean_power_95_mw"]
        assert low_mw < shown["mean_power_mw"] < high_mw < low_mw + 10


@pytest.mark.parametrize("named", [True, False])
def test_an_idle_trace_keeps_its_own_power_whether_named_or_recognised(folder: Path, named: bool) -> None:
    files, idle = (("work.csv", "bench.log"), ("idle.csv",)) if named else (("work.csv", "bench.log", "idle.csv"), ())
    trace, _, rest = together(folder, *files, idle=idle)
    assert trace.result.idle_power_mw == pytest.approx(200, rel=1e-2)
    assert rest.to_json()["mean_power_mw"] == pytest.approx(200, rel=1e-2)
    assert rest.to_json()["energy_per_inference_mj"] is None


def test_an_unreadable_file_is_left_out_of_the_run_and_the_others_say_so(folder: Path) -> None:
    trace, log, junk = together(folder, "work.csv", "bench.log", "junk.csv")
    assert (trace.ok, log.ok, junk.ok) == (True, True, False)
    assert trace.result.energies_mj
    assert any("junk.csv could not be read" in warning for warning in trace.to_json()["warnings"])


def test_files_that_make_no_run_all_say_why_and_show_no_figure(folder: Path) -> None:
    for report in together(folder, "work.csv", "bench.log", spans_s=((3.0, 99.0),)):
        assert "inside the trace" in str(report.error)
        assert report.to_json()["energy_per_inference_mj"] is report.to_json()["mean_power_mw"] is None


def test_stamps_alone_are_read_and_say_what_is_missing(folder: Path) -> None:
    (report,) = each(folder, "stamps.json")
    assert report.ok
    assert any("together with the trace" in warning for warning in report.to_json()["warnings"])


def test_stamps_in_a_run_need_the_number_of_inferences(folder: Path) -> None:
    assert together(folder, "work.csv", "stamps.json")[0].result.energies_mj == ()
    counted = together(folder, "work.csv", "stamps.json", inferences=1520)[0]
    assert counted.result.energies_mj == pytest.approx((ACTIVE_MW * 2.5e-3,), rel=1e-3)


def test_a_trace_alone_hints_at_its_active_part(folder: Path) -> None:
    (report,) = each(folder, "work.csv")
    hint = next(warning for warning in report.to_json()["warnings"] if "plateau" in warning)
    assert hint.startswith("note: ")
    assert np.isclose(float(hint.split(" it is ")[1].split(" mW")[0]), ACTIVE_MW, rtol=1e-3)


def test_a_zip_of_a_runs_files_is_one_run(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "run.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name in ("work.csv", "idle.csv"):
            packed.write(folder / name, name)
    (report,) = report_each([tmp_path / "run.zip"], ReadOptions(), RunSettings(latency_ms=2.5))
    assert report.result.energies_mj == pytest.approx((ACTIVE_MW * 2.5e-3,), rel=1e-3)
    assert report.result.idle_power_mw == pytest.approx(200, rel=1e-2)
