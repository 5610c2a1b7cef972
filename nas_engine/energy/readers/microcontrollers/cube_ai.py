"""Reports of X-CUBE-AI and ST Edge AI: what aiSystemPerformance prints, and what `validate` on a target writes.

    Results for "network", 16 inferences @80MHz/80MHz (complexity: 336088 MACC)
     duration     : 79.171 ms (average)
     CPU cycles   : 6333707 -101/+217 (average,-/+)

Later versions print `ST.AI Profiling results v1.2 - "network"`, `nb sample(s) : 10` and
`duration : 4.876 ms by sample (4.874/4.886/0.003)`. Cycles and clock, where both are there, must give the duration.
Sources: aiSystemPerformance.c of X-CUBE-AI 3.3 to 10.0, network_validate_report.txt of stedgeai 1.0 to 2.2.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.microcontrollers import printed
from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, FileReading, Finding
from nas_engine.errors import BadMeasurement

_NUMBER = r"((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)"
_BEGINS = re.compile(r"Results for |rofiling results v")
_NAME = re.compile(r'(?:Results for|rofiling results v[\w.]+ -) "([^"]+)"')
_DURATION = re.compile(rf"^\s*duration\s*:\s*{_NUMBER}\s*(ms|us)\b")
_LINES = {
    "cycles": re.compile(rf"^\s*CPU cycles\s*:\s*\[?{_NUMBER}\b"),
    "runs": re.compile(rf"\b{_NUMBER} inference(?:s|\(s\))? @|^\s*nb sample(?:s|\(s\))?\s*:\s*{_NUMBER}\s*$"),
    "clock_mhz": re.compile(rf"@\s*{_NUMBER}\s*(?:MHz)?\s*/\s*[\d.]+\s*MHz"),
}
_HOST = re.compile(r"^\s*device\s*:.*\b(?:host|x86\w*|desktop)\b", re.IGNORECASE)
_MARKS = ("cycles/MACC", "CPU cycles", "nb sample", "X-CUBE-AI", "ST.AI ", "STM32Cube.AI")
_TOOLS = ("ST Edge AI Core v", "STEdgeAI Core v", "Neural Network Tools for STM32")
_UNNAMED = "network"  # the tool's default name of every network
_AGREES = 0.01
_TO_MS = {"ms": 1.0, "us": 1e-3}


@dataclass(slots=True)
class _Report:
    line: int
    graph: str | None = None
    duration: tuple[float, float] | None = None  # ms, half of its last digit in ms
    values: dict[str, float] = field(default_factory=dict)


class CubeAi:
    """Reader of reports of X-CUBE-AI and ST Edge AI."""

    format = "cube_ai"
    title = "X-CUBE-AI or ST Edge AI report"
    accepts = "`duration`, checked against `CPU cycles` and clock, of aiSystemPerformance or `validate` on a target"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has a duration among ST's other figures, or begins like a report of stedgeai or stm32ai."""
        text = head.text
        timed = bool(re.search(r"(?m)^\s*duration\s*:", text)) and any(mark in text for mark in _MARKS)
        return timed or any(tool in text[:2_000] for tool in _TOOLS)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Mean time of an inference. Raises BadMeasurement without a duration, or one of the computer."""
        return FileReading(self.format, parse(source.text()))


def parse(text: str) -> BenchmarkLog:
    """Results in the text of a report, in its order. Raises BadMeasurement where there is none."""
    reports = _reports(text)
    complete = [report for report in reports if report.duration is not None]
    if not complete:
        raise BadMeasurement(
            "a report without a duration: analysis states memory and MACC, nothing is timed; run aiSystemPerformance, "
            "or validate on the target (stedgeai validate --mode target)"
        )
    results = [_result(report) for report in complete]
    findings = [found for report in complete for found in _rounded(report)]
    return printed.log(results, (*dict.fromkeys(findings), *_unfinished(reports)))


def _reports(text: str) -> list[_Report]:
    reports = [_Report(line=1)]
    for number, line in enumerate(text.split("\n"), start=1):
        duration = _DURATION.match(line)
        if _HOST.match(line):
            raise BadMeasurement(
                f"line {number}: the network ran on the computer, not on the device; validate on the target "
                "(stedgeai validate --mode target)"
            )
        if _BEGINS.search(line) or (duration and reports[-1].duration):
            reports.append(_Report(line=number))
        _take(reports[-1], line, duration)
    return reports


def _take(report: _Report, line: str, duration: re.Match[str] | None) -> None:
    if duration:
        digits = duration.group(1).partition(".")[2]
        scale = _TO_MS[duration.group(2)]
        report.duration = (_number(duration.group(1)) * scale, 0.5 * 10.0 ** -len(digits) * scale)
    if name := _NAME.search(line):
        report.graph = None if name.group(1) == _UNNAMED else name.group(1)
    for key, expression in _LINES.items():
        if match := expression.search(line):
            report.values[key] = next(_number(group) for group in match.groups() if group)


def _number(digits: str) -> float:
    return float(digits.replace(",", ""))


def _result(report: _Report) -> BenchmarkResult:
    """Raises BadMeasurement where cycles over clock is another time than the duration."""
    assert report.duration is not None, "the caller left reports without one out"
    latency_ms, half_digit_ms = report.duration
    cycles, clock_mhz = report.values.get("cycles"), report.values.get("clock_mhz")
    if cycles is not None and clock_mhz:
        by_cycles_ms = cycles / clock_mhz / 1e3
        if abs(by_cycles_ms - latency_ms) > _AGREES * latency_ms + half_digit_ms:
            raise BadMeasurement(
                f"a duration of {latency_ms:g} ms, but {cycles:,.0f} cycles at {clock_mhz:g} MHz take "
                f"{by_cycles_ms:.5g} ms: the report is damaged, or the clock changed; copy it again, or run it again"
            )
    runs = report.values.get("runs")
    return BenchmarkResult(latency_ms=latency_ms, runs=None if runs is None else int(runs), graph=report.graph)


def _rounded(report: _Report) -> Sequence[Finding]:
    assert report.duration is not None, "the caller left reports without one out"
    return printed.rounded(*report.duration, "give the CPU cycles and the clock, or time more inferences")


def _unfinished(reports: Sequence[_Report]) -> list[Finding]:
    begun = [report for report in reports[1:] if report.duration is None]
    return [
        Finding("unfinished_benchmark", "warning", f"the report from line {report.line} on has no duration: it was cut")
        for report in begun
    ]
