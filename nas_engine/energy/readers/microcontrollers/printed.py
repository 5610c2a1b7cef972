"""Checks that all printed times share: digits that were rounded off, and results that differ within one file."""

from collections.abc import Sequence

from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, Finding
from nas_engine.errors import BadMeasurement

_MOST_MS = 3_600_000.0  # an hour
_COARSE = 0.005
_DIFFERENT = 0.05


def log(results: Sequence[BenchmarkResult], findings: Sequence[Finding] = ()) -> BenchmarkLog:
    """Log of results in their order, the last of which counts; a warning names them where they are over 5 % apart.

    Raises:
        BadMeasurement: a result that is not above 0, or above an hour.
    """
    for result in results:
        if not 0.0 < result.latency_ms <= _MOST_MS:
            raise BadMeasurement(f"an inference of {result.latency_ms:g} ms is impossible; run it on the device again")
    return BenchmarkLog(tuple(results), (*findings, *_different(results)))


def rounded(latency_ms: float, half_digit_ms: float, advice: str) -> tuple[Finding, ...]:
    """Warning where half of the last digit printed (ms) is over 0.5 % of the latency (ms); `advice` is what to do."""
    if half_digit_ms <= _COARSE * latency_ms:
        return ()
    share = min(100.0, 100.0 * half_digit_ms / latency_ms) if latency_ms else 100.0
    message = f"the time of an inference is printed as {latency_ms:.4g} ms, that is to within {share:.2g} %; {advice}"
    return (Finding("coarse_latency", "warning", message),)


def _different(results: Sequence[BenchmarkResult]) -> tuple[Finding, ...]:
    latencies_ms = [result.latency_ms for result in results]
    if max(latencies_ms) <= (1.0 + _DIFFERENT) * min(latencies_ms):
        return ()
    listed = ", ".join(f"{latency_ms:.5g} ms" for latency_ms in latencies_ms[:5])
    more = f" and {len(latencies_ms) - 5} more" if len(latencies_ms) > 5 else ""
    message = (
        f"{len(latencies_ms)} results that differ: {listed}{more}; the last counts. If they are of several networks, "
        "give the part of each alone"
    )
    return (Finding("several_results", "warning", message),)
