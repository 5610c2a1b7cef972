"""Times of one inference in what microcontrollers print."""

import re

import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.microcontrollers import cube_ai, edge_impulse, tflm_ticks
from nas_engine.energy.traces.trace import BenchmarkLog
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers.microcontrollers import printouts
from tests.real_data import DATA

CASES = DATA / "cases" / "logs"


def codes(log: BenchmarkLog) -> list[str]:
    return [finding.code for finding in log.findings]


@pytest.mark.real_data("cases")
@pytest.mark.parametrize(
    ("name", "latency_ms", "front_end_ms"),
    [("cubeai_old.txt", 20.5, None), ("tflm_keyword.log", 140.3911, None), ("edge_impulse.log", 6.0, 119.0)],
)
def test_files_as_people_bring_them_give_their_times(name: str, latency_ms: float, front_end_ms: float | None) -> None:
    (result,) = registry.read(CASES / name).content.results
    assert (result.latency_ms, result.front_end_ms) == (pytest.approx(latency_ms, rel=1e-9), front_end_ms)


@pytest.mark.parametrize(
    ("text", "latency_ms", "runs", "graph"),
    [
        (printouts.CUBE_AI, 79.171, 16, "kws"),
        (printouts.CUBE_AI_4, 62.976, 10, None),
        (printouts.ST_EDGE_AI, 11.970, 540, None),
        (printouts.ST_EDGE_AI.replace("11.970 ms by sample", "1,234.5 ms by sample"), 1234.5, 540, None),
    ],
)
def test_every_version_of_sts_reports_has_duration_runs_and_name(
    text: str, latency_ms: float, runs: int, graph: str | None
) -> None:
    (result,) = cube_ai.parse(text).results
    assert (result.latency_ms, result.runs, result.graph) == (latency_ms, runs, graph)


def test_cycles_that_contradict_the_duration_are_refused() -> None:
    with pytest.raises(BadMeasurement, match=r"duration of 79\.171 ms, but 9,333,707 cycles at 80 MHz take 116\.67 ms"):
        cube_ai.parse(printouts.CUBE_AI.replace("6333707", "9333707"))


def test_an_analysis_times_nothing() -> None:
    with pytest.raises(BadMeasurement, match="nothing is timed; run aiSystemPerformance"):
        cube_ai.parse(printouts.ST_EDGE_AI_ANALYSIS)


def test_a_validation_on_the_computer_is_no_time_of_the_device() -> None:
    with pytest.raises(BadMeasurement, match="line 1: the network ran on the computer, not on the device"):
        cube_ai.parse(" device   : HOST - x86_64\n" + printouts.ST_EDGE_AI)


def test_results_that_contradict_each_other_in_one_file_are_named_and_none_is_chosen() -> None:
    log = cube_ai.parse(printouts.CUBE_AI + printouts.CUBE_AI_4 + 'Results for "third", 16 inferences @80MHz/80MHz\n')
    assert codes(log) == ["unfinished_benchmark", "several_results"]
    assert log.latency_ms is None
    assert "79.171 ms, 62.976 ms; give the part of one network alone" in log.findings[-1].message
    assert codes(cube_ai.parse(2 * printouts.CUBE_AI)) == []


@pytest.mark.parametrize(("text", "latency_ms"), [(printouts.TFLM, 140.3911), (printouts.TFLM_64_MHZ, 156.0003)])
def test_ticks_are_timed_by_the_milliseconds_of_all_lines(text: str, latency_ms: float) -> None:
    log = tflm_ticks.parse(text)
    assert (log.results[-1].latency_ms, log.results[-1].runs) == (pytest.approx(latency_ms, rel=1e-6), 10)
    assert codes(log) == ["guessed_rate"]


def test_a_rate_that_is_known_within_bounds_is_stated_with_them() -> None:
    log = tflm_ticks.parse("RunNIterations(1) took 84210 ticks (30 ms)\n")
    (finding,) = log.findings
    bounds_ms = (30.0, 31.0)
    assert bounds_ms[0] < log.results[0].latency_ms < bounds_ms[1]
    assert finding.severity == "warning"
    assert re.search(r"to within 1\.6 %.*run more iterations", finding.message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("KeywordRunNIerations(10) took 283 ticks (0 ms)\n", "every line states 0 ms"),
        ("SVDF took 56004 ticks (56 ms).\n", "ticks of single operators"),
        ("KeywordRunNIerations(9) took -5 ticks (-3 ms)\n", "the counter overflowed; run fewer iterations"),
        ("Run(1) took 1000 ticks (10 ms)\nRun(9) took 9000 ticks (20 ms)\n", "ticks of different length"),
    ],
)
def test_ticks_without_a_time_are_refused_with_what_to_do(text: str, message: str) -> None:
    with pytest.raises(BadMeasurement, match=message):
        tflm_ticks.parse(text)


@pytest.mark.parametrize(
    ("text", "front_end_ms", "latency_ms"),
    [
        (printouts.EDGE_IMPULSE, 119.0, 6.0),
        (printouts.EDGE_IMPULSE_TIMING, 12.0, 4.25),
        (printouts.EDGE_IMPULSE_OLD, 141.0, 210.0),
    ],
)
def test_front_end_and_classifier_are_kept_apart(text: str, front_end_ms: float, latency_ms: float) -> None:
    log = edge_impulse.parse(text)
    (result,) = log.results
    assert (result.front_end_ms, result.latency_ms) == (pytest.approx(front_end_ms), pytest.approx(latency_ms))
    assert f"classifier {latency_ms:.4g} ms" in log.findings[0].message
    assert ("coarse_latency" in codes(log)) is (latency_ms == 6.0)


def test_anomaly_detection_is_neither_front_end_nor_classifier() -> None:
    (finding,) = edge_impulse.parse(printouts.EDGE_IMPULSE_TIMING).findings
    assert "anomaly detection 3 ms are kept apart (19.25 ms in all)" in finding.message


def test_a_classifier_of_0_ms_is_asked_for_in_microseconds() -> None:
    with pytest.raises(BadMeasurement, match="classification_us"):
        edge_impulse.parse("Predictions (DSP: 3 ms., Classification: 0 ms., Anomaly: 0 ms.): \n")


def test_predictions_of_two_networks_are_never_averaged() -> None:
    line = "Predictions (DSP: 118 ms., Classification: {} ms., Anomaly: 0 ms.): \n"
    log = edge_impulse.parse(line.format(6) + line.format(60))
    assert (log.latency_ms, codes(log)) == (None, ["several_results"])
    assert edge_impulse.parse(line.format(1) + line.format(2)).latency_ms == 1.5  # to within a digit
