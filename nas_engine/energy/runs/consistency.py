"""What the files of one run say about each other: whether they are of one run and of one network."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from nas_engine.energy.traces.integration import InferenceEnergy
from nas_engine.energy.traces.statistics import Repeats
from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, EnergyRow, EnergyTable, Finding
from nas_engine.errors import BadMeasurement

_AGREES = 0.01
_OTHER_RUN = 0.1
_REPEATS_APART = 0.25
_OTHER_NETWORK = 0.5
_LATENCIES_APART = 0.05


def against_table(
    tables: Sequence[EnergyTable], energies: Sequence[InferenceEnergy], *, by_hand: bool
) -> list[Finding]:
    """A runner's own figures beside ours: over 1 % apart needs a look, over 10 % is another run.

    Windows by hand may differ from the runner's as much as a person likes: they are told, not refused.
    """
    published = [row.energy_per_inference_mj for table in tables for row in table.rows]
    if not published or len(published) != len(energies) or min(published) <= 0:
        return []
    apart = max(abs(e.gross_mj - value) / value for e, value in zip(energies, published, strict=True))
    if apart <= _AGREES:
        message = f"the runner's own energies differ from those of the trace by at most {100 * apart:.2g} %"
        return [Finding("runner_figures", "note", message)]
    told = f"{100 * apart:.2g} %" if apart < 1 else f"a factor of {1 + apart:.2g}"
    message = (
        f"the runner's own energies differ from those of the trace by up to {told}: trace and results are not of one "
        "run; give the results.txt of the trace's own folder, or leave it out"
    )
    return [Finding("runner_figures", "error" if apart > _OTHER_RUN and not by_hand else "warning", message)]


def net_energy_findings(net: Repeats | None, idle_mw: float | None) -> list[Finding]:
    """The net energy in words, for whoever sees only the gross one."""
    if net is None or idle_mw is None:
        return []
    if net.mean <= 0:
        message = (
            f"the idle power ({idle_mw:.5g} mW) is not below that of the windows; see which stretch counts as idle"
        )
        return [Finding("idle_above_active", "warning", message)]
    message = f"net of an idle power of {idle_mw:.5g} mW an inference takes {net.median:.5g} mJ (median)"
    return [Finding("net_energy", "note", message)]


def spread_findings(energies_mj: Sequence[float]) -> list[Finding]:
    """Repeats of one network that are over a quarter apart are no repeats."""
    if len(energies_mj) < 2 or min(energies_mj) <= 0 or max(energies_mj) <= (1 + _REPEATS_APART) * min(energies_mj):
        return []
    message = (
        f"the {len(energies_mj)} repeats range from {min(energies_mj):.4g} to {max(energies_mj):.4g} mJ: see that all "
        "files and windows are of one network at work, and that the clock is locked"
    )
    return [Finding("repeats_differ", "warning", message)]


def one_result(tables: Sequence[EnergyTable]) -> list[EnergyRow]:
    """The rows of all tables. Raises BadMeasurement where the tables cannot be of one network."""
    medians = [float(np.median([row.energy_per_inference_mj for row in table.rows])) for table in tables if table.rows]
    if len(medians) > 1 and max(medians) > (1 + _OTHER_NETWORK) * min(medians):
        told = ", ".join(f"{median:.4g} mJ" for median in medians)
        raise BadMeasurement(
            f"the {len(medians)} files of results say {told} an inference: they are of different networks; make a run "
            "of each"
        )
    return [row for table in tables for row in table.rows]


def latency_of_logs(logs: Sequence[BenchmarkLog]) -> tuple[BenchmarkLog | None, tuple[Finding, ...]]:
    """Logs without a trace are repeats: a log with their mean latency, and what is said where they differ.

    Raises BadMeasurement where one takes half as long again as another: they are not of one network.
    """
    results = [log.results[-1] for log in logs if log.results]
    if len(results) < 2:
        return (logs[0] if logs else None), ()
    latencies_ms = [result.latency_ms for result in results]
    mean_ms = sum(latencies_ms) / len(latencies_ms)
    mean = BenchmarkLog((BenchmarkResult(latency_ms=mean_ms, graph=results[0].graph),))
    if max(latencies_ms) <= (1 + _LATENCIES_APART) * min(latencies_ms):
        return mean, ()
    told = ", ".join(f"{value:.5g} ms" for value in latencies_ms)
    if max(latencies_ms) > (1 + _OTHER_NETWORK) * min(latencies_ms):
        raise BadMeasurement(f"the benchmark logs say {told} an inference: make a run of each network")
    message = f"the times of one inference differ: {told}; their mean is used, see that all logs are of one network"
    return mean, (Finding("latencies_differ", "warning", message),)


def refuse_several_networks(logs: Sequence[BenchmarkLog]) -> None:
    """Raise BadMeasurement where the logs of a run name different graphs: a run is one network."""
    graphs = [log.results[-1].graph for log in logs if log.results]
    names = dict.fromkeys(PurePosixPath(graph.replace("\\", "/")).name for graph in graphs if graph)
    if len(names) > 1:
        raise BadMeasurement(f"benchmark logs of several networks ({', '.join(names)}): make a run of each")
