"""Logs of TensorFlow Lite's and LiteRT's benchmark_model, of all three generations, as adb and logcat deliver them.

Every complete result is listed; the last one counts, unless another contradicts it. A log without one is rejected: the
benchmark did not finish. The `Timings (microseconds)` under an op profile are the profiler's sums and never taken for
the result.
Sources: see benchmark_lines.
"""

from dataclasses import dataclass, field, replace

from nas_engine.energy.readers import benchmark_lines as lines
from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, FileReading, Finding
from nas_engine.errors import BadMeasurement

_BEGINNINGS = ("STARTING!", "Log parameter values verbosely:", "Min num runs:", "Loaded model ", "Graph: [")
_MARKS = (
    "nference timings in us:", "Inference (avg):", "Running benchmark for at least", "Initialized session in",
    "Min num runs: [", "Log parameter values verbosely:", "Operator-wise Profiling Info for",
    "Profiling Info for Benchmark Initialization", "The input model file size (MB):",
)  # fmt: skip
_PROFILE_MARKS = ("Operator-wise Profiling Info for Regular", "Enable op profiling: [1]", "Use profiler: [1]")
_AGREEMENT = 1e-5  # both figures carry the same six digits, or one of them is damaged


@dataclass(slots=True)
class _Run:
    """State of the parser for one run of benchmark_model."""

    line: int
    graph: str | None = None
    threads: int | None = None
    statistics: list[lines.Statistics] = field(default_factory=list)
    result: lines.ResultLine | None = None
    result_at: int = 0
    details: dict[str, float] = field(default_factory=dict)

    def begun(self) -> bool:
        return bool(self.graph or self.statistics or self.details)

    def take(self, line: str, number: int, result: lines.ResultLine | None) -> None:
        if (measured := lines.statistics(line)) is not None:
            self.statistics.append(measured)
        if result is not None:
            self.result, self.result_at = result, number

    def note(self, line: str) -> None:
        """Take details other than the result from a complete line."""
        self.threads = self.threads or lines.threads(line)
        self.graph = self.graph or lines.graph(line)
        for name, value in lines.details(line).items():
            self.details.setdefault(name, value)

    def measured(self) -> lines.Statistics | None:
        """Statistics that belong to the result: those with its mean. Raises BadMeasurement where none has."""
        assert self.result is not None
        slack_ms = _AGREEMENT * self.result.latency_ms + (self.result.rounded_ms or 0.0)
        for each in reversed(self.statistics):
            average_us = each.average_us
            if self.result.runs not in (None, each.count):
                continue
            if average_us is not None and abs(average_us / 1e3 - self.result.latency_ms) <= slack_ms:
                return each
        if self.statistics and not self.result.with_statistics:
            raise BadMeasurement(
                f"line {self.result_at}: the result is {self.result.latency_ms:g} ms, no line of statistics above it "
                "agrees: the log is damaged; save the whole output of benchmark_model again"
            )
        return None


def _finished(run: _Run, findings: list[Finding]) -> BenchmarkResult:
    assert run.result is not None
    measured = run.measured()
    latency_ms = run.result.latency_ms
    values = dict(run.details)
    if measured is not None and measured.average_us is not None:
        latency_ms = measured.average_us / 1e3  # LiteRT's summary keeps two digits of a ms, the statistics six digits
        values |= lines.from_statistics(measured)
    elif run.result.rounded_ms is not None and run.result.rounded_ms > 0.005 * latency_ms:
        findings.append(_coarse(run.result))
    if not latency_ms > 0.0:
        raise BadMeasurement("a mean inference time of 0: give the whole log with its lines `count=... avg=...`")
    return BenchmarkResult(
        latency_ms=latency_ms,
        runs=measured.count if measured else run.result.runs,
        graph=run.graph,
        threads=run.threads,
        **values,
    )


def _coarse(result: lines.ResultLine) -> Finding:
    share = 100.0 * (result.rounded_ms or 0.0) / result.latency_ms if result.latency_ms else 100.0
    message = (
        f"the latency is printed as {result.latency_ms:g} ms, that is to within {share:.1f} %; give the whole log "
        "with its lines `count=... avg=...` for more digits"
    )
    return Finding("coarse_latency", "warning", message)


def _begins_another(run: _Run, line: str, result: lines.ResultLine | None) -> bool:
    """Whether a line belongs to the next run: what comes before a result never comes after one."""
    if run.result is None:
        return line.startswith("STARTING!") and run.begun()
    return result is not None or line.startswith(_BEGINNINGS) or lines.statistics(line) is not None


def _runs(text: str) -> tuple[list[_Run], bool]:
    """The runs of a log in its order, and whether operators were profiled."""
    result = None
    runs = [_Run(line=1)]
    profiled = False
    *whole, cut = text.split("\n")
    for number, raw in enumerate((*whole, cut), start=1):
        line = lines.unwrapped(raw)
        profiled = profiled or any(mark in line for mark in _PROFILE_MARKS)
        try:
            result = lines.result_line(line)
            if _begins_another(runs[-1], line, result):
                runs.append(_Run(line=number))
            runs[-1].take(line, number, result)
            if number <= len(whole):
                runs[-1].note(line)
        except BadMeasurement as error:
            raise BadMeasurement(f"line {number}: {error}") from None
    if result is not None and runs[-1].measured() is None:
        raise BadMeasurement("the file ends within its result; save the whole output of benchmark_model")
    return runs, profiled


def parse(text: str) -> BenchmarkLog:
    """Complete results in the text of a log, in its order.

    Raises BadMeasurement with the line where the log has no result or a damaged one.
    """
    runs, profiled = _runs(text)
    findings: list[Finding] = []
    results = [_finished(run, findings) for run in runs if run.result is not None]
    if not results:
        raise BadMeasurement(_no_result(runs, profiled))
    unfinished = [run for run in runs if run.result is None and run.begun()]
    findings += [_unfinished(run, len(results)) for run in unfinished]
    log = BenchmarkLog(tuple(results))
    if len(results) > 1:
        findings.append(_several(log))
    if profiled or any(run.result.with_statistics for run in runs if run.result):
        findings.append(_profiled())
    return replace(log, findings=tuple(findings))


def _no_result(runs: list[_Run], profiled: bool) -> str:
    if profiled and not any(run.statistics for run in runs):
        return (
            "an op profile of benchmark_model without its result line: its `Timings` are sums over operators, not the "
            "inference time; give the log of a run without --enable_op_profiling"
        )
    return (
        "the benchmark did not finish: there is no line `Inference timings in us: ...` or `Inference (avg): ...`; "
        "run benchmark_model to its end and save its whole output"
    )


def _unfinished(run: _Run, complete: int) -> Finding:
    message = (
        f"the run of {run.graph or 'a model'} from line {run.line} on did not finish; "
        f"the {complete} complete result(s) of the log are kept"
    )
    return Finding("unfinished_benchmark", "warning", message)


def _several(log: BenchmarkLog) -> Finding:
    """Finding with every result of a log of several: a warning where they are of several models, or contradict."""
    listed = ", ".join(_named(result) for result in log.results)
    graphs = {result.graph for result in log.results if result.graph}
    if len(graphs) > 1:
        message = f"the log has results of {len(graphs)} models: {listed}; give a log of each"
        return Finding("several_models", "warning", message)
    if log.latency_ms is None:
        message = f"the log has {len(log.results)} results that contradict each other: {listed}; give a log of each run"
        return Finding("several_results", "warning", message)
    return Finding("several_results", "note", f"the log has {len(log.results)} results: {listed}; the last counts")


def _named(result: BenchmarkResult) -> str:
    return f"{result.latency_ms:.6g} ms" + (f" ({result.graph})" if result.graph else "")


def _profiled() -> Finding:
    message = "op profiling was on, which makes inferences slower; measure again without --enable_op_profiling"
    return Finding("op_profiling", "warning", message)


class BenchmarkModelLog:
    """Reader of logs of benchmark_model."""

    format = "benchmark_model"
    title = "Log of TensorFlow Lite's or LiteRT's benchmark_model"
    accepts = (
        "Output of TF 1.x, TF 2.x and LiteRT with or without adb, logcat and INFO prefixes; the last complete result, "
        "if none contradicts it"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether a line of benchmark_model is in the beginning."""
        return any(mark in head.text for mark in _MARKS)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Complete results of the log. Raises BadMeasurement where it has none or a damaged one."""
        return FileReading(self.format, parse(source.text()))
