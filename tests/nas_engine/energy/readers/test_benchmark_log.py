from pathlib import Path

import pytest

from nas_engine.energy.readers.benchmark_log import parse
from nas_engine.energy.traces.trace import BenchmarkResult
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers.samples import LITERT_LOG, benchmark_log, read

TENSORFLOW_1 = """Loaded model m.tflite
count=7 first=127425 curr=66709 min=66709 max=127425 avg=76605.9 std=20944

count=15 first=66753 curr=66800 min=66699 max=66838 avg=66767.6 std=39

Average inference timings in us: Warmup: 76605.9, Init: 9933, no stats: 66767.6
"""


def only(text: str) -> BenchmarkResult:
    (result,) = parse(text).results
    return result


def test_all_that_a_log_says_of_a_network_is_kept() -> None:
    result = only(benchmark_log())
    assert result == BenchmarkResult(
        latency_ms=2.0105, runs=14_900, graph="a.tflite", threads=1, warmup_ms=2.0625, first_ms=2.6, init_ms=1.5,
        sd_ms=0.009, min_ms=1.985, max_ms=2.4, median_ms=2.009, p95_ms=2.024, model_bytes=38_400.0, peak_memory_mb=2.25,
    )  # fmt: skip


def test_the_first_generation_says_no_stats() -> None:
    assert (only(TENSORFLOW_1).latency_ms, only(TENSORFLOW_1).runs) == (66.7676, 15)


def test_litert_rounds_to_a_hundredth_of_a_ms_and_its_statistics_do_not() -> None:
    result = only(LITERT_LOG)
    assert (result.latency_ms, result.runs, result.graph) == (0.947132, 1_054, "face.tflite")
    assert (result.init_ms, result.peak_memory_mb) == (5.76, 7.07)


def test_without_its_statistics_litert_is_read_with_a_warning_on_the_digits() -> None:
    log = parse("\n".join(line for line in LITERT_LOG.split("\n") if "count=" not in line))
    assert log.results[0].latency_ms == 0.95
    assert [finding.code for finding in log.findings] == ["coarse_latency"]


@pytest.mark.parametrize(
    "prefix", ["INFO: ", "07-14 13:14:52.097 22838 22838 I tflite  : ", "I/tflite  (22838): ", "   INFO: ", "\t"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_adb_and_logcat_put_around_lines_does_not_count(prefix: str, end: str, tmp_path: Path) -> None:
    wrapped = "".join(prefix + line + end for line in benchmark_log().split("\n"))
    assert read(tmp_path, wrapped).content.results == parse(benchmark_log()).results


def test_logs_saved_by_powershell_are_in_utf_16(tmp_path: Path) -> None:
    assert read(tmp_path, benchmark_log().encode("utf-16")).content.results[0].latency_ms == 2.0105


def test_numbers_with_an_exponent_are_numbers() -> None:
    assert only(benchmark_log("2.95034e+06")).latency_ms == 2950.34


def test_a_single_run_has_no_average() -> None:
    text = (
        "count=1 curr=1357602\nInference timings in us: Init: 5, First inference: 1357602, Warmup (avg): 1.3576e+06, "
    )
    assert only(text + "Inference (avg): 1.3576e+06\n").latency_ms == 1357.602


def test_of_several_models_every_result_is_listed_and_named() -> None:
    log = parse(
        benchmark_log("2000", graph="a.tflite") + benchmark_log("3000", graph="b.tflite") + "STARTING!\nGraph: [c]\n"
    )
    assert [result.latency_ms for result in log.results] == [2.0, 3.0]
    assert [finding.code for finding in log.findings] == ["unfinished_benchmark", "several_models"]
    assert "2 ms (a.tflite), 3 ms (b.tflite); give a log of each" in log.findings[1].message


@pytest.mark.parametrize(("second", "latency_ms", "severity"), [("2080", 2.08, "note"), ("2200", None, "warning")])
def test_repeats_in_one_log_are_listed_and_contradictions_give_no_latency(
    second: str, latency_ms: float | None, severity: str
) -> None:
    log = parse(benchmark_log("2000") + benchmark_log(second))
    assert log.latency_ms == latency_ms
    assert [(finding.code, finding.severity) for finding in log.findings] == [("several_results", severity)]
    assert f"2 ms (a.tflite), {float(second) / 1e3:g} ms (a.tflite)" in log.findings[0].message


def test_pasted_results_without_their_beginnings_are_told_apart() -> None:
    pasted = (
        "\n".join(line for line in benchmark_log("2000").split("\n") if "count=14" in line or "timings" in line) + "\n"
    )
    assert len(parse(pasted + pasted.replace("2000", "2500")).results) == 2


def test_an_unfinished_log_says_so(tmp_path: Path) -> None:
    cut = benchmark_log().split("Inference timings")[0]
    with pytest.raises(BadMeasurement, match=r"^run.log: the benchmark did not finish"):
        read(tmp_path, cut, "run.log")


@pytest.mark.parametrize("lost", range(1, 5))
def test_a_result_that_lost_digits_where_the_file_ends_is_refused(lost: int) -> None:
    whole = benchmark_log("2.95034e+06").split("\nNote:")[0]
    with pytest.raises(BadMeasurement, match="line 14: "):
        parse(whole[:-lost])


def test_a_pasted_result_line_without_an_end_may_lack_digits() -> None:
    line = "Inference timings in us: Init: 5, First inference: 26, Warmup (avg): 2062, Inference (avg): 2010.5"
    assert only(line + "\n").latency_ms == 2.0105
    with pytest.raises(BadMeasurement, match="ends within its result"):
        parse(line)


def test_a_result_that_is_no_number_is_refused_with_its_line() -> None:
    with pytest.raises(BadMeasurement, match="line 14: the result line is damaged"):
        parse(benchmark_log("nan"))


def test_a_result_that_contradicts_its_statistics_is_refused() -> None:
    with pytest.raises(BadMeasurement, match="no line of statistics above it agrees"):
        parse(benchmark_log().replace("Inference (avg): 2010.5", "Inference (avg): 201.5"))


def test_a_latency_of_more_than_an_hour_is_refused() -> None:
    with pytest.raises(BadMeasurement, match="is impossible"):
        parse(benchmark_log("3.7e+09"))


PROFILE = """Operator-wise Profiling Info for Regular Benchmark Runs:
============================== Run Order ==============================
\t CONV_2D\t 0.066\t 87.754\t 60.957\t 2.066%\t 2.066%\t 0.000\t 1\t[Relu6]:0

Timings (microseconds): count=50 first=2989660 curr=2912978 min=2727203 max=3189476 avg=2.9499e+06 std=109770
Memory (bytes): count=0
"""


def test_op_profiling_is_flagged_and_its_timings_are_not_the_result() -> None:
    log = parse(benchmark_log() + PROFILE)
    assert log.results[0].latency_ms == 2.0105
    assert [finding.code for finding in log.findings] == ["op_profiling"]


def test_an_op_profile_alone_is_answered(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"op profile.*without --enable_op_profiling"):
        read(tmp_path, PROFILE)


@pytest.mark.parametrize(
    ("name", "latency_ms"),
    [
        ("mobilenet_v1_riscv_scientific_opprofile.log", 2950.34),
        ("yolov5s_cpu_fp32_tf24.log", 249.684),
        ("ti_am6x_INFO_prefix_p5_median_p95.log", 1240.27),
        ("tf1x_average_inference_timings_two_runs.log", 66.7676),
    ],
)
def test_real_logs_give_their_published_latency(name: str, latency_ms: float, measurements: Path) -> None:
    assert parse((measurements / "tflite_benchmark" / name).read_text()).results[-1].latency_ms == latency_ms
