"""Evaluation of the files of one run (one network, measured once or several times): energy per inference.

`evaluate` serves both `manage.py read_measurement` and the web. Energy per inference is mean power x mean inference
time (Speckhard et al., section 2.3); net energy and window energy / N are reported separately.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from nas_engine.energy.runs.consistency import (
    compare_with_table,
    latency_of,
    mean_log,
    net_energy_findings,
    rows_of_one_network,
    spread_findings,
)
from nas_engine.energy.runs.inputs import MeasuredTrace, RunInputs, sort_inputs
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.runs.summaries import summed_energies
from nas_engine.energy.runs.window_selection import active_part_findings, choose_windows
from nas_engine.energy.traces.block_means import PowerScatter, power_scatter
from nas_engine.energy.traces.checks import check_latency, check_trace
from nas_engine.energy.traces.integration import (
    InferenceEnergy,
    energy_mj,
    inference_energy,
    mean_power_mw,
    whole_mean_mw,
)
from nas_engine.energy.traces.plateau import IdlePower, idle_in_range, idle_near
from nas_engine.energy.traces.statistics import RepeatStatistics, repeat_statistics
from nas_engine.energy.traces.trace import BenchmarkLog, EnergyRow, EnergySummary, FileReading, Finding, Stamps, Window
from nas_engine.energy.traces.windows import SelectedWindows
from nas_engine.errors import BadMeasurement

_SEEN_BY_READERS_TOO = {"stale_gauge", "lost_samples", "charging", "clipping"}


@dataclass(frozen=True, slots=True)
class WindowEnergy:
    """Energy of one inference in one window of one trace; `reading` is the index of the trace among the files.

    `scatter` covers power within this window; variation between windows is in `RunResult.gross`.
    """

    reading: int
    window: Window
    energy: InferenceEnergy
    scatter: PowerScatter | None = None

    @property
    def gross_reach_mj(self) -> float | None:
        """Half width (mJ) of the 95 % interval of the gross energy by the scatter of power, with exact latency."""
        if self.scatter is None:
            return None
        return (self.scatter.high95_mw - self.scatter.low95_mw) / 2 * self.energy.latency_ms / 1e3


@dataclass(frozen=True, slots=True)
class RunResult:
    """Result of the files of one run; None for what they do not state.

    `mean_power_mw` is over the windows where there are energies, else over the first trace. `energies_mj` [n] are the
    gross energies of one inference, one per window or repeat; `gross` and `net` are their statistics (mJ).
    """

    samples: int | None = None
    rate_hz: float | None = None
    duration_s: float | None = None
    mean_power_mw: float | None = None
    latency_ms: float | None = None
    idle_power_mw: float | None = None
    offset_s: float | None = None
    windows: tuple[WindowEnergy, ...] = ()
    energies_mj: tuple[float, ...] = ()
    gross: RepeatStatistics | None = None
    net: RepeatStatistics | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings of severity "error": the figures must not be used, and there are no energies."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def to_json(self) -> dict[str, Any]:
        """JSON values by field name; all numbers are finite."""
        return asdict(self)


def evaluate(readings: Sequence[FileReading], settings: RunSettings | None = None) -> RunResult:
    """Windows, energies and findings of one run from all its files, in any order.

    Raises BadMeasurement where the files do not belong together, hold no figure, or a window is impossible.
    """
    settings = settings or RunSettings()
    inputs = sort_inputs(readings, settings)
    findings = [*(finding for reading in readings for finding in reading.all_findings), *inputs.findings]
    result = _of_traces(inputs, settings) if inputs.measured else _without_trace(inputs, settings)
    return _with_findings(result, findings)


def _of_traces(inputs: RunInputs, settings: RunSettings) -> RunResult:
    evaluated = [_of_trace(measured, inputs, settings) for measured in inputs.measured]
    first = inputs.measured[0].trace
    windows = tuple(window for result in evaluated for window in result.windows)
    energies = [window.energy for window in windows]
    nets = [energy.net_mj for energy in energies if energy.net_mj is not None]
    net = repeat_statistics(nets) if nets and len(nets) == len(energies) else None
    findings = [finding for result in evaluated for finding in result.findings]
    findings += [finding for energy in energies for finding in energy.findings]
    findings += net_energy_findings(net, evaluated[0].idle_power_mw)
    findings += compare_with_table(inputs.tables, energies, by_hand=bool(settings.spans_s))
    findings += spread_findings([energy.gross_mj for energy in energies])
    return RunResult(
        samples=first.samples,
        rate_hz=first.rate_hz,
        duration_s=first.stamped_duration_s,
        mean_power_mw=_mean_over_windows(windows) if windows else evaluated[0].mean_power_mw,
        latency_ms=_mean([energy.latency_ms for energy in energies]) or evaluated[0].latency_ms,
        idle_power_mw=evaluated[0].idle_power_mw,
        offset_s=evaluated[0].offset_s,
        windows=windows,
        energies_mj=tuple(energy.gross_mj for energy in energies),
        gross=repeat_statistics([energy.gross_mj for energy in energies]) if energies else None,
        net=net,
        findings=tuple(findings),
    )


def _of_trace(measured: MeasuredTrace, inputs: RunInputs, settings: RunSettings) -> RunResult:
    """The windows of one trace and their energies; without energies if it has an error or no latency is known."""
    trace, curve = measured.trace, measured.curve
    latency_ms, findings = _latency(measured.stamps, measured.log, settings)
    chosen = choose_windows(measured, inputs.tables, settings, has_latency=latency_ms is not None)
    findings += (*check_trace(trace, chosen.windows, curve), *chosen.findings, *active_part_findings(measured, chosen))
    if any(finding.severity == "error" for finding in findings):
        return RunResult(findings=findings)
    idle, idle_findings = _idle(measured, inputs, settings, chosen)
    energies = tuple(
        WindowEnergy(measured.reading, window, energy, power_scatter(trace, window, curve))
        for window in chosen.windows
        if (energy := _energy(measured, window, idle, latency_ms)) is not None
    )
    return RunResult(
        mean_power_mw=whole_mean_mw(trace, curve),
        latency_ms=latency_ms,
        idle_power_mw=idle.mean_power_mw if idle else None,
        offset_s=chosen.offset_s,
        windows=energies,
        findings=(*findings, *idle_findings),
    )


def _energy(
    measured: MeasuredTrace, window: Window, idle: IdlePower | None, latency_ms: float | None
) -> InferenceEnergy | None:
    """None where neither the time of an inference nor the number of inferences is known."""
    if latency_ms is None and window.inferences is None:
        return None
    power_mw = mean_power_mw(measured.trace, window, measured.curve)
    if latency_ms is None and window.inferences is not None:
        latency_ms = 1e3 * window.duration_s / window.inferences
    total_mj = energy_mj(measured.trace, window, measured.curve)
    idle_mw = idle.mean_power_mw if idle else None
    return None if latency_ms is None else inference_energy(power_mw, idle_mw, latency_ms, total_mj, window.inferences)


def _idle(
    measured: MeasuredTrace, inputs: RunInputs, settings: RunSettings, chosen: SelectedWindows
) -> tuple[IdlePower | None, tuple[Finding, ...]]:
    """Idle power to subtract for the net energy, and findings on it."""
    if settings.idle == "none" or not chosen.windows:
        return None, ()
    idle: IdlePower | None
    if settings.idle == "power" and settings.idle_power_mw is not None:
        idle = IdlePower(settings.idle_power_mw, ())
    elif settings.idle == "range" and settings.idle_range_s is not None:
        idle = idle_in_range(measured.trace, *settings.idle_range_s, measured.curve)
    elif inputs.idle:
        return _of_idle_traces(inputs.idle)
    else:
        idle = idle_near(measured.trace, chosen.windows, measured.curve)
    if idle is None:
        message = (
            "no idle stretch of half a second next to the windows: only the gross energy (the paper's) is given; for "
            "the net one record a few seconds at rest before the benchmark, or add an idle trace"
        )
        return None, (Finding("no_idle", "note", message),)
    return idle, ()


def _of_idle_traces(traces: Sequence[MeasuredTrace]) -> tuple[IdlePower | None, tuple[Finding, ...]]:
    """Mean power of the idle traces; None if one of them cannot be used."""
    found = [finding for part in traces for finding in check_trace(part.trace)]
    wrong = next((finding for finding in found if finding.severity == "error"), None)
    if wrong is not None:
        message = f"the idle trace cannot be used, so there is no net energy: {wrong.message}"
        return None, (Finding("idle_unusable", "warning", message),)
    return IdlePower(sum(whole_mean_mw(part.trace, part.curve) for part in traces) / len(traces), ()), ()


def _latency(
    stamps: Stamps | None, log: BenchmarkLog | None, settings: RunSettings
) -> tuple[float | None, tuple[Finding, ...]]:
    """Mean time of one inference (ms): from the settings, else the stamps of this run, else its log."""
    by_stamps = float(stamps.inference_ms.mean()) if stamps is not None and stamps.inference_ms is not None else None
    by_log, findings = latency_of(log, settings.latency_ms or by_stamps) if log is not None else (None, ())
    known = [value for value in (settings.latency_ms, by_stamps, by_log) if value is not None]
    if not known:
        return None, ()
    findings = (*findings, *check_latency(known[0]))
    if any(abs(other - known[0]) > 0.05 * known[0] for other in known[1:]):
        values = ", ".join(f"{value:.5g} ms" for value in known)
        message = f"the times of one inference differ: {values}; the first is used, check that all files are of one run"
        findings = (*findings, Finding("latencies_differ", "warning", message))
    return known[0], findings


def _without_trace(inputs: RunInputs, settings: RunSettings) -> RunResult:
    """Result of a run without a trace: a runner's table, a sum, a benchmark log, time stamps."""
    log, logs_differ = mean_log(inputs.logs)
    latency_ms, findings = _latency(inputs.stamps[0] if inputs.stamps else None, log, settings)
    findings = (*findings, *logs_differ)
    if inputs.tables:
        return _of_table(rows_of_one_network(inputs.tables), latency_ms, findings)
    if inputs.stamps:
        message = "time stamps have no power of their own; give them together with the trace of the same run"
        findings = (*findings, Finding("stamps_alone", "note", message))
    energies = summed_energies(inputs.summaries, latency_ms, settings)
    energies_mj = tuple(energy.gross_mj for energy in energies)
    return RunResult(
        latency_ms=latency_ms or _mean([energy.latency_ms for energy in energies]),
        energies_mj=energies_mj,
        gross=repeat_statistics(energies_mj) if energies_mj else None,
        findings=(*findings, *(f for energy in energies for f in energy.findings), *spread_findings(energies_mj)),
        **_sum(inputs),
    )


def _sum(inputs: RunInputs) -> dict[str, Any]:
    """Power and duration of energy summaries, as keywords of RunResult."""
    if not inputs.summaries:
        return {}
    total = EnergySummary.of(inputs.summaries)
    return {"mean_power_mw": total.mean_power_mw, "duration_s": total.duration_s}


def _of_table(rows: Sequence[EnergyRow], latency_ms: float | None, findings: tuple[Finding, ...]) -> RunResult:
    energies_mj = tuple(row.energy_per_inference_mj for row in rows)
    latencies_ms = [row.latency_ms for row in rows if row.latency_ms is not None]
    powers_mw = [row.mean_power_mw for row in rows if row.mean_power_mw is not None]
    durations_s = [row.duration_s for row in rows if row.duration_s is not None]
    return RunResult(
        duration_s=sum(durations_s) if len(durations_s) == len(rows) else None,
        mean_power_mw=_mean(powers_mw),
        latency_ms=_mean(latencies_ms) or latency_ms,
        energies_mj=energies_mj,
        gross=repeat_statistics(energies_mj),
        findings=(*findings, *spread_findings(energies_mj)),
    )


def _mean_over_windows(windows: Sequence[WindowEnergy]) -> float:
    total_s = sum(entry.window.duration_s for entry in windows)
    return sum(entry.energy.mean_power_mw * entry.window.duration_s for entry in windows) / total_s


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _with_findings(result: RunResult, before: Sequence[Finding]) -> RunResult:
    """The result with every finding once; without figures if one of them is an error."""
    if result.windows and all(entry.window.inferences is not None for entry in result.windows):
        before = [finding for finding in before if finding.code != "inferences_unknown"]
    known = {finding.code for finding in before} & _SEEN_BY_READERS_TOO
    added = [finding for finding in result.findings if finding.severity == "error" or finding.code not in known]
    findings = tuple(dict.fromkeys((*before, *added)))
    if any(finding.severity == "error" for finding in findings):
        return RunResult(result.samples, result.rate_hz, result.duration_s, findings=findings)
    figures = (result.samples, result.mean_power_mw, result.latency_ms, result.energies_mj)
    if not any(figures) and not any(finding.code == "stamps_alone" for finding in findings):
        raise BadMeasurement(
            "the files of this run hold neither power nor the time of an inference; add a trace or a log"
        )
    return replace(result, findings=findings)
