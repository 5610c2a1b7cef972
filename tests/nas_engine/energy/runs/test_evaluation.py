import json
from dataclasses import replace

import numpy as np
import pytest

from nas_engine.energy.runs.evaluation import RunResult, evaluate
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.trace import (
    BenchmarkLog,
    BenchmarkResult,
    EnergyRow,
    EnergySummary,
    EnergyTable,
    FileReading,
    Finding,
    Stamps,
    Window,
)
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.made_traces import ACTIVE_MW, IDLE_MW, inferences, reading, steps, trace, work

LOG = reading(BenchmarkLog((BenchmarkResult(latency_ms=2.5),)))
IDLE = reading(trace(steps((5, 200))))
GROSS_MJ, NET_MJ = ACTIVE_MW * 2.5e-3, (ACTIVE_MW - IDLE_MW) * 2.5e-3


def codes(result: RunResult) -> set[str]:
    return {finding.code for finding in result.findings}


def test_a_trace_alone_is_described_over_its_whole_length() -> None:
    result = evaluate([reading(work())])
    assert (result.samples, result.rate_hz, result.duration_s) == (18_000, 1000.0, 17.999)
    assert result.mean_power_mw == pytest.approx((6 * IDLE_MW + 12 * ACTIVE_MW) / 18, rel=1e-3)
    assert (result.latency_ms, result.energies_mj, result.gross, result.net) == (None, (), None, None)


def test_a_trace_and_a_log_give_the_papers_energy_on_the_plateau_and_the_net_one_beside_it() -> None:
    result = evaluate([LOG, reading(work())])
    assert result.energies_mj == pytest.approx([GROSS_MJ], rel=1e-3)
    assert result.net is not None
    assert result.net.mean == pytest.approx(NET_MJ, rel=1e-3)
    assert result.mean_power_mw == pytest.approx(ACTIVE_MW, rel=1e-3)
    assert result.idle_power_mw == pytest.approx(IDLE_MW, rel=1e-2)
    assert result.windows[0].reading == 1


def test_stamps_give_windows_latency_and_a_cross_check() -> None:
    stamps = Stamps(inferences(3.0, 4000, 0.0025, 0.0005), epoch=False, inference_ms=np.full(4000, 2.5))
    result = evaluate([reading(work()), reading(stamps)])
    assert result.energies_mj == pytest.approx([GROSS_MJ], rel=1e-3)
    assert result.windows[0].energy.window_mj_per_inference == pytest.approx(ACTIVE_MW * 3e-3, rel=1e-3)
    assert "energies_differ" in codes(result)


def test_a_log_that_contradicts_the_stamps_is_named() -> None:
    stamps = Stamps(inferences(3.0, 4000, 0.003), epoch=False, inference_ms=np.full(4000, 3.0))
    result = evaluate([reading(work()), reading(stamps), LOG])
    assert result.latency_ms == 3.0
    assert "latencies_differ" in codes(result)


def test_the_windows_of_a_file_with_counts_need_no_log() -> None:
    windows = (Window(4, 9, "trial 0", 500), Window(9, 14, "trial 1", 400))
    result = evaluate([reading(work(windows=windows))])
    assert result.energies_mj == pytest.approx([ACTIVE_MW * 5 / 500, ACTIVE_MW * 5 / 400], rel=1e-3)
    assert result.gross is not None
    assert (result.gross.n, result.gross.median) == (2, pytest.approx(22.5, rel=1e-3))
    assert result.latency_ms == pytest.approx(11.25)


def test_a_runners_table_tells_the_inferences_of_stamped_windows_and_is_compared() -> None:
    stamps = reading(Stamps((Window(4, 8, "window 2"), Window(9, 13, "window 4")), epoch=False))
    table = EnergyTable(tuple(EnergyRow(ACTIVE_MW * 4 / 100 * share, inferences=100) for share in (1.0, 1.05)))
    result = evaluate([reading(work()), stamps, reading(table)])
    assert result.energies_mj == pytest.approx([80.0, 80.0], rel=1e-3)
    assert "runner_figures" in codes(result)


def test_stamped_windows_of_unknown_count_have_no_energy_and_say_what_is_missing() -> None:
    stamps = reading(Stamps((Window(4, 8),), epoch=False))
    uncounted = evaluate([reading(work()), stamps])
    assert uncounted.energies_mj == ()
    assert "no_count" in codes(uncounted)
    counted = evaluate([reading(work()), stamps], RunSettings(inferences=100))
    assert counted.energies_mj == pytest.approx([80.0], rel=1e-3)


def test_a_trigger_marks_the_window_once_the_time_of_an_inference_is_known() -> None:
    level = np.zeros(18_000, bool)
    level[5000:14_000] = True
    triggered = reading(work(triggers={"D0": level, "D1": ~np.zeros(18_000, bool)}))
    assert evaluate([triggered]).windows == ()
    assert evaluate([triggered, LOG]).windows[0].window == Window(5.0, 14.0, "D0 1")
    assert evaluate([triggered], RunSettings(inferences=3600)).energies_mj == pytest.approx([GROSS_MJ], rel=1e-3)


def test_a_separate_idle_trace_is_recognised_and_said_to_be() -> None:
    result = evaluate([IDLE, reading(work()), LOG])
    assert result.idle_power_mw == pytest.approx(200, rel=1e-2)
    assert "idle_trace" in codes(result)
    assert result.samples == 18_000
    named = evaluate([IDLE, reading(work()), LOG], RunSettings(idle_readings=(0,)))
    assert named.idle_power_mw == result.idle_power_mw


def test_an_idle_trace_without_power_is_not_subtracted() -> None:
    result = evaluate([reading(trace(np.zeros(5000))), reading(work()), LOG])
    assert (result.net, "idle_unusable" in codes(result)) == (None, True)
    assert result.energies_mj == pytest.approx([GROSS_MJ], rel=1e-3)


def test_idle_can_be_a_range_a_known_power_or_nothing() -> None:
    files = [reading(work()), LOG]
    ranged = evaluate(files, RunSettings(idle="range", idle_range_s=(0.0, 1.0)))
    assert ranged.idle_power_mw == pytest.approx(IDLE_MW, rel=1e-2)
    assert evaluate(files, RunSettings(idle="power", idle_power_mw=150.0)).idle_power_mw == 150.0
    without = evaluate(files, RunSettings(idle="none"))
    assert (without.net, "no_idle" in codes(without)) == (None, False)


def test_a_busy_trace_has_no_net_energy_and_says_why() -> None:
    result = evaluate([reading(trace(steps((15, ACTIVE_MW)))), LOG])
    assert result.energies_mj == pytest.approx([GROSS_MJ], rel=1e-3)
    assert result.net is None
    assert {"no_idle", "no_plateau"} <= codes(result)


def test_several_traces_are_repeats_each_with_its_log_or_all_with_one() -> None:
    traces = [reading(work()), reading(work(work_s=13.0))]
    slower = reading(BenchmarkLog((BenchmarkResult(latency_ms=3.0),)))
    assert evaluate([*traces, LOG]).energies_mj == pytest.approx([GROSS_MJ, GROSS_MJ], rel=1e-3)
    assert evaluate([*traces, LOG, slower]).energies_mj == pytest.approx([GROSS_MJ, GROSS_MJ * 1.2], rel=1e-3)
    with pytest.raises(BadMeasurement, match="one for each"):
        evaluate([*traces, LOG, LOG, LOG])


def test_stamps_find_their_trace_by_the_clock_whatever_the_order() -> None:
    first, second = work(started_at_s=1000.0), work(started_at_s=2000.0, work_s=13.0)
    stamps = [
        reading(Stamps(inferences(at_s + 3.0, 4000, 0.003), epoch=True, inference_ms=np.full(4000, latency_ms)))
        for at_s, latency_ms in ((2000.0, 2.0), (1000.0, 3.0))
    ]
    result = evaluate([reading(first), reading(second), *stamps])
    assert result.energies_mj == pytest.approx([ACTIVE_MW * 3e-3, ACTIVE_MW * 2e-3], rel=1e-3)
    backwards = evaluate([reading(second), reading(first), *stamps])
    assert backwards.energies_mj == pytest.approx([ACTIVE_MW * 2e-3, ACTIVE_MW * 3e-3], rel=1e-3)


def test_a_window_by_hand_wins_and_changes_the_energy() -> None:
    files = [reading(work()), LOG]
    moved = evaluate(files, RunSettings(spans_s=((0.0, 3.0),), idle="none"))
    assert moved.energies_mj == pytest.approx([IDLE_MW * 2.5e-3], rel=1e-2)
    whole = evaluate(files, RunSettings(window="whole", latency_ms=5.0))
    assert whole.latency_ms == 5.0
    assert whole.mean_power_mw == pytest.approx((6 * IDLE_MW + 12 * ACTIVE_MW) / 18, rel=1e-3)


def test_results_without_a_trace_are_passed_on() -> None:
    table = EnergyTable((EnergyRow(5.6, inferences=150, latency_ms=74.0, mean_power_mw=75.0), EnergyRow(5.7)))
    assert evaluate([reading(table)]).energies_mj == (5.6, 5.7)
    summary = reading(EnergySummary(energy_mj=62_607.0, duration_s=180.296))
    alone = evaluate([summary])
    assert (alone.mean_power_mw, alone.duration_s, alone.energies_mj) == (pytest.approx(347.25, rel=1e-4), 180.296, ())
    assert evaluate([summary, LOG]).energies_mj == pytest.approx([347.25 * 2.5e-3], rel=1e-4)
    assert evaluate([LOG]).latency_ms == 2.5
    stamps = Stamps(inferences(1e9, 3, 0.003), epoch=True, inference_ms=np.full(3, 3.0))
    assert evaluate([reading(stamps)]).latency_ms == 3.0


def test_an_error_finding_takes_every_figure_away() -> None:
    result = evaluate([reading(trace(np.zeros(20_000))), LOG])
    assert (result.energies_mj, result.mean_power_mw, result.gross) == ((), None, None)
    assert [finding.code for finding in result.errors] == ["usb_fed"]
    unfinished = replace(LOG, findings=(Finding("unfinished_benchmark", "error", "no result"),))
    assert evaluate([unfinished]).latency_ms is None


@pytest.mark.parametrize(
    ("files", "settings", "message"),
    [
        ([], {}, "no file was given"),
        ([LOG], {"idle_readings": (0,)}, "no trace of power"),
        ([IDLE], {"idle_readings": (0,)}, "every trace is idle"),
        ([reading(work())], {"window": "stamps"}, "no file of time stamps"),
        ([reading(work())], {"window": "file"}, "names no windows"),
        ([reading(work())], {"window": "trigger"}, "no trigger input"),
        ([reading(work())], {"spans_s": ((1.0, 99.0),)}, "inside the trace"),
        ([reading(BenchmarkLog(()))], {}, "neither power nor the time"),
    ],
)
def test_files_and_choices_that_do_not_fit_are_refused(files: list, settings: dict, message: str) -> None:
    with pytest.raises(BadMeasurement, match=message):
        evaluate(files, RunSettings(**settings))


def test_one_window_has_an_interval_of_its_own_while_repeats_need_two() -> None:
    result = evaluate([reading(work()), LOG])
    (window,) = result.windows
    assert window.scatter is not None
    assert window.scatter.low95_mw < ACTIVE_MW < window.scatter.high95_mw
    assert window.gross_reach_mj == pytest.approx(window.scatter.high95_mw * 2.5e-3 - window.energy.gross_mj)
    assert result.gross is not None
    assert result.gross.low95 is None


def test_a_quiet_trace_of_another_tool_is_taken_for_idle_with_a_warning() -> None:
    for name, severity in (("test", "note"), ("other", "warning")):
        result = evaluate([reading(work()), reading(trace(steps((5, 200))), name), LOG])
        assert [finding.severity for finding in result.findings if finding.code == "idle_trace"] == [severity]


def results(*energies_mj: float, inferences: int | None = None) -> FileReading:
    return reading(EnergyTable(tuple(EnergyRow(energy, inferences=inferences) for energy in energies_mj)))


def test_the_results_of_another_session_take_every_figure_away() -> None:
    stamps = reading(Stamps((Window(3.5, 14.5),), epoch=False))
    result = evaluate([reading(work()), stamps, results(0.5, inferences=100)])
    assert (result.energies_mj, result.gross) == ((), None)
    assert "not of one run" in result.errors[0].message
    assert "a factor of" in result.errors[0].message


def test_results_of_two_networks_are_no_repeats_of_one() -> None:
    with pytest.raises(BadMeasurement, match="of different networks; make a run of each"):
        evaluate([results(5.6, 5.7), results(0.24, 0.25)])
    assert evaluate([results(5.6, 5.7), results(5.9)]).energies_mj == (5.6, 5.7, 5.9)


def test_repeats_far_apart_are_named() -> None:
    assert "repeats_differ" in codes(evaluate([results(5.0, 6.4)]))
    assert "repeats_differ" not in codes(evaluate([results(5.0, 6.2)]))


def test_logs_of_two_networks_are_refused_and_repeated_logs_of_one_are_averaged() -> None:
    logs = [
        reading(BenchmarkLog((BenchmarkResult(latency_ms=ms, graph=f"/data/{graph}"),)))
        for ms, graph in ((2.0, "a.tflite"), (3.0, "a.tflite"), (2.0, "b.tflite"), (9.0, "a.tflite"))
    ]
    with pytest.raises(BadMeasurement, match=r"several networks \(a\.tflite, b\.tflite\)"):
        evaluate([reading(work()), logs[0], logs[2]])
    result = evaluate(logs[:2])
    assert result.latency_ms == 2.5
    assert "latencies_differ" in codes(result)
    with pytest.raises(BadMeasurement, match="2 ms, 9 ms per inference: make a run of each network"):
        evaluate([logs[0], logs[3]])


def test_nobody_is_asked_for_a_count_once_the_time_of_an_inference_is_known() -> None:
    stamps = reading(Stamps((Window(3.5, 14.5),), epoch=False))
    assert "no_count" in codes(evaluate([reading(work()), stamps]))
    assert "no_count" not in codes(evaluate([reading(work()), stamps, LOG]))


def test_a_result_is_json() -> None:
    stored = json.loads(json.dumps(evaluate([reading(work()), LOG]).to_json(), allow_nan=False))
    assert stored["windows"][0]["energy"]["gross_mj"] == pytest.approx(GROSS_MJ, rel=1e-3)
    assert stored["gross"]["n"] == 1


def test_settings_survive_json() -> None:
    settings = RunSettings(
        "manual", ((1.0, 2.0), (3.0, 4.5)), idle="range", idle_range_s=(0.0, 0.5), idle_readings=(1,)
    )
    assert RunSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings
    assert RunSettings.from_json({}) == RunSettings()


@pytest.mark.parametrize(
    "stored",
    [
        {"window": "all"},
        {"window": "manual"},
        {"idle": "range"},
        {"idle": "power"},
        {"inferences": 0},
        {"latency_ms": 0},
        {"latency_ms": "fast"},
        {"spans_s": [[1]]},
        {"spans_s": 5},
        {"colour": 1},
    ],
)
def test_settings_that_say_nothing_possible_are_refused(stored: dict) -> None:
    with pytest.raises(BadMeasurement):
        RunSettings.from_json(stored)
