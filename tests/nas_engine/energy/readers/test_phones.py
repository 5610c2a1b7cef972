"""What phones and their tools say of themselves: gauge, profiler, sums, times of inferences."""

from pathlib import Path

import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.traces.trace import EnergySummary, FileReading, Stamps, Trace
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers.samples import TIMES, TREPN, battery, old_ppk, read, times


def codes(reading: FileReading) -> set[str]:
    return {finding.code for finding in reading.all_findings}


def test_a_gauge_in_microamperes_is_indicative(tmp_path: Path) -> None:
    reading = read(tmp_path, battery(-200_000))
    assert reading.content.power_mw.mean() == pytest.approx(824.0, rel=0.01)
    assert codes(reading) == {"indicative", "stale_gauge"}


def test_a_gauge_in_milliamperes_is_told_by_what_a_phone_takes(tmp_path: Path) -> None:
    reading = read(tmp_path, battery(-200))
    assert reading.content.power_mw.mean() == pytest.approx(824.0, rel=0.01)
    assert "guessed_unit" in codes(reading)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (battery(200_000), "battery was charging"),
        (battery(-5_000_000), "no phone that computes takes that"),
        (battery(0), "reports none"),
        (battery().replace("4000\n", "4\n"), "not that of a battery in mV"),
        (battery(-100, rows=30).replace("-101", "-100").replace("-102", "-100"), "the gauge gave one value"),
        (battery().replace("1689", "89"), "not in ms since 1970"),
        (
            battery().replace("Timestamp,BATTERY_PROPERTY_CURRENT_NOW", "BATTERY_PROPERTY_CURRENT_NOW,Timestamp"),
            "charging",
        ),
    ],
)
def test_a_gauge_that_cannot_be_right_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=message):
        read(tmp_path, text)


def test_the_real_gauge_takes_803_mw_in_two_values(measurements: Path) -> None:
    reading = registry.read(measurements / "android_batterymanager/GalaxyJ7_logcat_head8k.csv")
    trace = reading.content
    assert isinstance(trace, Trace)
    assert (trace.samples, trace.duration_s) == (8_000, pytest.approx(32.153))
    assert trace.power_mw.mean() == pytest.approx(803.4, abs=0.1)
    assert codes(reading) == {"indicative", "guessed_unit", "stale_gauge"}
    assert "only 2 values" in str(reading.all_findings)


def test_trepn_s_power_has_a_time_of_its_own(tmp_path: Path) -> None:
    rows = "".join(f"{i * 50},10,{i * 100},800000,1\r\n" for i in range(40))
    rows += "".join(f"{i * 50},10,,,\r\n" for i in range(40, 60))
    reading = read(tmp_path, TREPN + rows)
    assert reading.content.duration_s == pytest.approx(3.9)
    assert reading.content.power_mw.mean() == pytest.approx(800.0)
    assert codes(reading) == {"indicative", "shorter_column"}


def test_trepn_s_power_in_the_wrong_column_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{i * 50},10,800000,{i * 100},1\r\n" for i in range(40))
    with pytest.raises(BadMeasurement, match=r"do not differ|stands still"):
        read(tmp_path, TREPN + rows)


def test_the_sum_of_a_run_is_indicative(measurements: Path) -> None:
    reading = registry.read(measurements / "monsoon_summary_androidrunner/monsoon_2020.06.29_043118.csv")
    summary = reading.content
    assert isinstance(summary, EnergySummary)
    assert (summary.energy_mj, summary.duration_s) == (pytest.approx(62_607.0757851), 180.296)
    assert summary.mean_power_mw == pytest.approx(347.25, abs=0.01)
    assert codes(reading) == {"indicative"}


@pytest.mark.parametrize(
    "row", ["62.6,180296.0,True", "180296.0,62.6,False", "nan,180296.0,False", "62.6,0,False", "-1,9,False"]
)
def test_a_failed_run_has_no_sum(row: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement):
        read(tmp_path, f"energy_joules,duration_ms,error_flag\r\n{row}\r\n")


def test_the_last_pass_of_inferences_is_the_measured_one(tmp_path: Path) -> None:
    stamps = read(tmp_path, times(10, 20)).content
    assert len(stamps.inference_ms) == 20
    assert (len(stamps.windows), stamps.epoch) == (30, True)
    assert [window.label for window in stamps.windows] == ["warm-up"] * 10 + [""] * 20
    assert stamps.windows[10].start_s == pytest.approx(1_756_255_148.955224 + 0.021, abs=1e-6)
    assert stamps.windows[10].duration_s == pytest.approx(0.002, abs=1e-6)


def test_the_real_times_have_427_measured_inferences(measurements: Path) -> None:
    folder = measurements / "monsoon_pymonsoon"
    stamps = registry.read(folder / "EnergyNet_uid15582_cfg125_nhwc_inference_time.csv").content
    assert isinstance(stamps, Stamps)
    assert stamps.inference_ms is not None
    assert len(stamps.inference_ms) == 427
    assert stamps.inference_ms.mean() == pytest.approx(2.07360, abs=5e-6)


def test_durations_alone_are_a_latency(tmp_path: Path) -> None:
    stamps = read(tmp_path, "inference_index,duration_us\r\n0,2000\r\n1,2100\r\n").content
    assert (stamps.windows, stamps.inference_ms.mean()) == ((), 2.05)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TIMES, "not the patched one"),
        (times(5).replace(",2000\n", ",1000\n"), "end less start is not the duration"),
        (times(5).replace("start_us,end_us", "end_us,start_us"), "end less start"),
        (times(5).replace("\n3,", "\n7,"), "line 5: inference_index does not count up"),
        (times(5).replace("\n0,", "\n9,"), "begins neither with 0 nor with 1|does not count"),
        (times(5).replace(",2000\n", ",nan\n"), "no number under duration_us"),
        ("inference_index,duration_us\n0,0\n1,5\n", "no or absurd duration"),
    ],
)
def test_times_that_cannot_be_are_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("eembc_energyrunner/L4R5ZI_kws_lpm01a/log.txt", "log of an EnergyRunner session.*give trace1-energy.bin"),
        ("eembc_energyrunner/L4R5ZI_kws_lpm01a/script.async", "script of an EnergyRunner session.*give trace1-energy"),
        ("mlcommons_tiny_runner/U385RG_kws/log.txt", "log of the MLCommons Tiny runner.*give results.json"),
        ("android_batterymanager/GalaxyJ7_Aggregated_Results_Batterymanager.csv", "several runs.*CSV of each run"),
        ("monsoon_summary_androidrunner/Aggregated_Results_Monsoon.csv", "several runs.*CSV of each run"),
        ("monsoon_summary_androidrunner/aggregated.csv", "table of 3 runs; give the result of each run"),
        ("tflite_benchmark/yolov5s_nnapi_opprofile.log", "op profile.*without --enable_op_profiling"),
    ],
)
def test_files_beside_measurements_are_told_what_to_give_instead(name: str, answer: str, measurements: Path) -> None:
    with pytest.raises(BadMeasurement, match=answer):
        registry.read(measurements / name)


OP_PROFILE_CSV = """============================== Run Order ==============================
node type, first, avg_ms, %, cdf%, mem KB, times called, name
Convolution (NHWC, F32) IGEMM,0.16,0.1999,11.4405%,11.4405%,0,1,conv
"""


@pytest.mark.parametrize(
    "text",
    [
        OP_PROFILE_CSV,
        "timestamp,test_number,mode,avg_current_uA\n2024-01-01,1,idle,12.5\n",
        "Statistics since last charge:\n  Estimated power use (mAh):\n    Uid 0: 12\n",
    ],
)
def test_other_tools_results_are_answered(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"^file: this is .*which holds no measurement that can be used; "):
        read(tmp_path, text)


def test_a_session_of_the_old_power_profiler_is_answered_whatever_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"a session of the old Power Profiler \(\.ppk\)"):
        read(tmp_path, old_ppk())
