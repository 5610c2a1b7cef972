"""Parsing of single lines of a benchmark_model log: prefixes added on the way from the device, and numbers.

Sources: tensorflow/lite/tools/benchmark/benchmark_model.cc and benchmark_tflite_model.cc (TF 1.13 to 2.18), LiteRT's
litert/tools/benchmark_litert_model.h, core/util/stats_calculator.h; real logs of each generation.
"""

import re
from dataclasses import dataclass, field

from nas_engine.errors import BadMeasurement

MAX_LATENCY_MS = 3_600_000.0  # one inference an hour: beyond it the unit must be wrong

_LOGCAT = re.compile(
    r"^\s*(?:(?:\d{4}-)?\d\d-\d\d \d\d:\d\d:\d\d\.\d+\s+\d+\s+\d+ [VDIWEF] [^:]*|[VDIWEF]/[^(]*\(\s*\d+\)): ?"
)
_LEVEL = re.compile(r"^\s*(?:VERBOSE|DEBUG|INFO|WARN|WARNING|ERROR): ?")
_CODE_PLACE = re.compile(r"^\[[^\]]*\.(?:h|cc|cpp):\d+\] ?")
_NUMBER = r"(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?=[,\s]|$)"

_TENSORFLOW_2 = re.compile(rf"Inference timings in us: Init: .*Inference \(avg\): {_NUMBER}\s*$")
_TENSORFLOW_1 = re.compile(rf"Average inference timings in us: .*(?:no stats|Inference|with stats): {_NUMBER}")
_LITERT = re.compile(rf"Inference \(avg\):\s+{_NUMBER} ms \((\d+) runs?\)")
_RESULT_BEGUN = re.compile(r"nference timings in us:|Inference \(avg\):")
_STATISTICS = re.compile(r"^count=(\d+)((?: \w+=\S+)*)")


def unwrapped(line: str) -> str:
    """Line as benchmark_model wrote it: without CR, logcat's stamp, the level and the place in the source."""
    line = _LOGCAT.sub("", line.rstrip("\r\n"))
    return _CODE_PLACE.sub("", _LEVEL.sub("", line)).strip()


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers of a line `count=50 first=.. curr=.. min=.. max=.. avg=.. std=.. [p5= median= p95=]`, times in us."""

    count: int
    values: dict[str, float] = field(default_factory=dict)

    @property
    def average_us(self) -> float | None:
        """Mean time of an inference in microseconds; a single run prints no average, only `curr`."""
        return self.values.get("avg", self.values.get("curr") if self.count == 1 else None)


def statistics(line: str) -> Statistics | None:
    """Statistics of a series of inferences; None for other lines, as `Timings (microseconds):` of op profiles."""
    match = _STATISTICS.match(line)
    if match is None:
        return None
    pairs = (pair.split("=", 1) for pair in match.group(2).split())
    return Statistics(
        int(match.group(1)), {name: number for name, text in pairs if (number := _number(text)) is not None}
    )


def _number(text: str) -> float | None:
    match = re.fullmatch(_NUMBER, text)
    return float(match.group(1)) if match else None


@dataclass(frozen=True, slots=True)
class ResultLine:
    """Mean latency of one complete benchmark (ms); `rounded_ms` is half the last digit printed, None where six are."""

    latency_ms: float
    runs: int | None = None
    rounded_ms: float | None = None
    with_statistics: bool = False


def result_line(line: str) -> ResultLine | None:
    """Result of any generation of the tool, None for other lines. Raises BadMeasurement for a damaged result."""
    if not _RESULT_BEGUN.search(line):
        return None
    if match := _TENSORFLOW_1.search(line):
        result = ResultLine(float(match.group(1)) / 1e3, with_statistics="with stats" in line)
    elif match := _TENSORFLOW_2.search(line):
        result = ResultLine(float(match.group(1)) / 1e3)
    elif match := _LITERT.search(line):
        result = ResultLine(float(match.group(1)), int(match.group(2)), rounded_ms=0.005)
    else:
        raise BadMeasurement("the result line is damaged or cut off; save the whole output of benchmark_model again")
    if not result.latency_ms <= MAX_LATENCY_MS:
        raise BadMeasurement(f"an inference of {result.latency_ms / 1e3:g} s is impossible; run benchmark_model again")
    return result


_DETAILS: dict[str, tuple[tuple[str, float], ...]] = {
    # field of BenchmarkResult: (expression, factor into the field's unit), the first that matches counts
    "init_ms": (
        (rf"Inference timings in us: Init: {_NUMBER}", 1e-3),
        (rf"inference timings in us: .*Init: {_NUMBER}", 1e-3),
        (rf"Model initialization: {_NUMBER} ms", 1.0),
    ),
    "warmup_ms": (
        (rf"Warmup \(avg\): {_NUMBER}, Inference", 1e-3),
        (rf"inference timings in us: Warmup: {_NUMBER}", 1e-3),
        (rf"Warmup \(avg\):\s+{_NUMBER} ms", 1.0),
    ),
    "first_ms": ((rf"First inference: {_NUMBER}", 1e-3), (rf"Warmup \(first\):\s+{_NUMBER} ms", 1.0)),
    "min_ms": ((rf"Inference \(min\):\s+{_NUMBER} ms", 1.0),),
    "max_ms": ((rf"Inference \(max\):\s+{_NUMBER} ms", 1.0),),
    "sd_ms": ((rf"Inference \(std\):\s+{_NUMBER}", 1.0),),
    "model_bytes": ((rf"The input model file size \(MB\): {_NUMBER}", 1e6),),
    "peak_memory_mb": (
        (rf"Overall peak memory footprint \(MB\) via periodic monitoring: {_NUMBER}", 1.0),
        (rf"[Mm]emory footprint.*\(MB\): init=\S+ overall={_NUMBER}", 1.0),
        (rf"Overall footprint:\s+{_NUMBER} MB", 1.0),
        (rf"Peak memory(?: usage)?:\s+{_NUMBER} MB", 1.0),
    ),
}  # fmt: skip
_COMPILED = {
    name: tuple((re.compile(expression), factor) for expression, factor in rules) for name, rules in _DETAILS.items()
}
_THREADS = re.compile(r"^(?:Num threads|#threads used for CPU inference): \[(\d+)\]")
_GRAPH = re.compile(r"^(?:Graph: \[(.+)\]|Loaded model (.+)|.*Loading model from: (.+))$")


def details(line: str) -> dict[str, float]:
    """Values of a line in addition to the mean: fields of `BenchmarkResult` in their units; {} for other lines."""
    found: dict[str, float] = {}
    for name, rules in _COMPILED.items():
        for expression, factor in rules:
            if match := expression.search(line):
                found[name] = float(match.group(1)) * factor
                break
    return found


def threads(line: str) -> int | None:
    """Number of threads, None for lines that do not state it."""
    match = _THREADS.match(line)
    return int(match.group(1)) if match else None


def graph(line: str) -> str | None:
    """Path of the model as passed to benchmark_model, None for lines that do not state it."""
    match = _GRAPH.match(line)
    return next((group.strip() for group in match.groups() if group), None) if match else None


def from_statistics(measured: Statistics) -> dict[str, float]:
    """Fields of `BenchmarkResult` (ms) from the line of statistics, which has more digits than LiteRT's summary."""
    names = {"std": "sd_ms", "min": "min_ms", "max": "max_ms", "median": "median_ms", "p95": "p95_ms"}
    return {names[name]: value / 1e3 for name, value in measured.values.items() if name in names}
