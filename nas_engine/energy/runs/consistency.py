"""Consistency checks between the files of one run: whether they are of one run and of one network."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from nas_engine.energy.traces.integration import InferenceEnergy
from nas_engine.energy.traces.statistics import RepeatStatistics
from nas_engine.energy.traces.trace import (
    LATENCIES_APART,
    BenchmarkLog,
    BenchmarkResult,
    EnergyRow,
    EnergyTable,
    Finding,
)
from nas_engine.errors import BadMeasurement

_AGREES = 0.01
_OTHER_RUN = 0.1
_REPEATS_APART = 0.25
_OTHER_NETWORK = 0.5


def compare_with_table(
    tables: Sequence[EnergyTable], energies: Sequence[InferenceEnergy], *, by_hand: bool
) -> list[Finding]:
    """Finding on energies [n] computed here against the runner's own: a warning over 1 % apart, an error over 10 %.

    An error means files of another run. `by_hand`: windows were chosen by hand, so that any difference is a warning.
    () where the numbers of energies differ.
    """
    published = [row.energy_per_inference_mj for table in tables for row in table.rows]
    if not published or len(published) != len(energies) or min(published) <= 0:
        return []
    apart = max(abs(e.gross_mj - value) / value for e, value in zip(energies, published, strict=True))
    if apart <= _AGREES:
        message = f"the runner's own energies differ from those of the trace by at most {100 * apart:.2g} %"
        return [Finding("runner_figures", "note", message)]
    difference = f"{100 * apart:.2g} %" if apart < 1 else f"a factor of {1 + apart:.2g}"
    message = (
        f"the runner's own energies differ from those of the trace by up to {difference}: trace and results are not of "
        "one run; give the results.txt of the trace's own folder, or leave it out"
    )
    return [Finding("runner_figures", "error" if apart > _OTHER_RUN and not by_hand else "warning", message)]


def net_energy_findings(net: RepeatStatistics | None, idle_mw: float | None) -> list[Finding]:
    """Finding with the median net energy (mJ), for outputs that show the gross energy only; a warning if it is <= 0."""
    if net is None or idle_mw is None:
        return []
    if net.mean <= 0:
        message = (
            f"the idle power ({idle_mw:.5g} mW) is not below that of the windows; check which stretch counts as idle"
        )
        return [Finding("idle_above_active", "warning", message)]
    message = f"net of an idle power of {idle_mw:.5g} mW an inference takes {net.median:.5g} mJ (median)"
    return [Finding("net_energy", "note", message)]


def spread_findings(energies_mj: Sequence[float]) -> list[Finding]:
    """A warning where gross energies (mJ) [n] of one network are over a quarter apart."""
    if len(energies_mj) < 2 or min(energies_mj) <= 0 or max(energies_mj) <= (1 + _REPEATS_APART) * min(energies_mj):
        return []
    message = (
        f"the {len(energies_mj)} repeats range from {min(energies_mj):.4g} to {max(energies_mj):.4g} mJ: check that "
        "all files and windows are of one network at work, and that the clock is locked"
    )
    return [Finding("repeats_differ", "warning", message)]


def rows_of_one_network(tables: Sequence[EnergyTable]) -> list[EnergyRow]:
    """Rows of all tables. Raises BadMeasurement where medians differ by half, so that the networks differ."""
    medians = [float(np.median([row.energy_per_inference_mj for row in table.rows])) for table in tables if table.rows]
    if len(medians) > 1 and max(medians) > (1 + _OTHER_NETWORK) * min(medians):
        energies = ", ".join(f"{median:.4g} mJ" for median in medians)
        raise BadMeasurement(
            f"the {len(medians)} files of results state {energies} per inference: they are of different networks; make "
            "a run of each"
        )
    return [row for table in tables for row in table.rows]


def mean_log(logs: Sequence[BenchmarkLog]) -> tuple[BenchmarkLog | None, tuple[Finding, ...]]:
    """Log with the mean latency of logs without a trace, which count as repeats, and a finding where they differ.

    Raises BadMeasurement where latencies differ by half: the logs are not of one network.
    """
    known = [(log, log.latency_ms) for log in logs if log.results]
    contradicted = next((log for log, latency_ms in known if latency_ms is None), None)
    if len(known) < 2 or contradicted is not None:
        return contradicted or (logs[0] if logs else None), ()
    latencies_ms = [latency_ms for _, latency_ms in known if latency_ms is not None]
    mean_ms = sum(latencies_ms) / len(latencies_ms)
    mean = BenchmarkLog((BenchmarkResult(latency_ms=mean_ms, graph=known[0][0].results[-1].graph),))
    if max(latencies_ms) <= (1 + LATENCIES_APART) * min(latencies_ms):
        return mean, ()
    values = ", ".join(f"{value:.5g} ms" for value in latencies_ms)
    if max(latencies_ms) > (1 + _OTHER_NETWORK) * min(latencies_ms):
        raise BadMeasurement(f"the benchmark logs state {values} per inference: make a run of each network")
    message = f"the times of one inference differ: {values}; their mean is used, check that all logs are of one network"
    return mean, (Finding("latencies_differ", "warning", message),)


def latency_of(log: BenchmarkLog, known_ms: float | None) -> tuple[float | None, tuple[Finding, ...]]:
    """Latency (ms) of a log, and a finding where its results contradict each other, but the latency is known otherwise.

    Raises BadMeasurement where they contradict each other and nothing else states the latency: none is chosen.
    """
    if log.latency_ms is not None or not log.results:
        return log.latency_ms, ()
    values = ", ".join(f"{result.latency_ms:.6g} ms" for result in log.results)
    what = f"the {len(log.results)} results in the benchmark log contradict each other: {values} per inference"
    if known_ms is None:
        raise BadMeasurement(
            f"{what}; none is chosen: give the log of one run of the network, or the time of one inference in ms"
        )
    return None, (Finding("several_results", "warning", f"{what}; {known_ms:.6g} ms is used instead"),)


def require_one_network(logs: Sequence[BenchmarkLog]) -> None:
    """Check that the logs of a run name one graph. Raises BadMeasurement otherwise: a run is one network."""
    graphs = [result.graph for log in logs for result in log.results]
    names = dict.fromkeys(PurePosixPath(graph.replace("\\", "/")).name for graph in graphs if graph)
    if len(names) > 1:
        what = "a benchmark log" if len(logs) == 1 else "benchmark logs"
        raise BadMeasurement(f"{what} of several networks ({', '.join(names)}): make a run of each, with its log alone")
