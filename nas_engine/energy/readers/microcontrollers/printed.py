"""Checks that all printed times share: digits that were rounded off, and results that contradict each other."""

from collections.abc import Sequence
from dataclasses import replace

from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, Finding
from nas_engine.errors import BadMeasurement

_MOST_MS = 3_600_000.0  # an hour
_COARSE = 0.005


def log(results: Sequence[BenchmarkResult], findings: Sequence[Finding] = ()) -> BenchmarkLog:
    """Log of results in their order; a warning names them where they contradict each other.

    Raises:
        BadMeasurement: a result that is not above 0, or above an hour.
    """
    for result in results:
        if not 0.0 < result.latency_ms <= _MOST_MS:
            raise BadMeasurement(f"an inference of {result.latency_ms:g} ms is impossible; run it on the device again")
    found = BenchmarkLog(tuple(results))
    return replace(found, findings=(*findings, *_contradicting(found)))


def rounded(latency_ms: float, half_digit_ms: float, advice: str) -> tuple[Finding, ...]:
    """Warning where half of the last digit printed (ms) is over 0.5 % of the latency (ms); `advice` is what to do."""
    if half_digit_ms <= _COARSE * latency_ms:
        return ()
    share = min(100.0, 100.0 * half_digit_ms / latency_ms) if latency_ms else 100.0
    message = f"the time of an inference is printed as {latency_ms:.4g} ms, that is to within {share:.2g} %; {advice}"
    return (Finding("coarse_latency", "warning", message),)


def _contradicting(log: BenchmarkLog) -> tuple[Finding, ...]:
    if log.latency_ms is not None:
        return ()
    latencies_ms = [result.latency_ms for result in log.results]
    listed = ", ".join(f"{latency_ms:.5g} ms" for latency_ms in latencies_ms[:5])
    more = f" and {len(latencies_ms) - 5} more" if len(latencies_ms) > 5 else ""
    message = (
        f"{len(latencies_ms)} results that contradict each other: {listed}{more}; give the part of one network alone"
    )
    return (Finding("several_results", "warning", message),)
