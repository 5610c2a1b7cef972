"""Files of one run sorted by their role: traces to measure, idle traces, time stamps, logs, results."""

from collections.abc import Sequence
from dataclasses import dataclass

from nas_engine.energy.runs.consistency import require_one_network
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.integration import EnergyCurve, whole_mean_mw
from nas_engine.energy.traces.plateau import smoothed, two_levels
from nas_engine.energy.traces.trace import BenchmarkLog, EnergySummary, EnergyTable, FileReading, Finding, Stamps, Trace
from nas_engine.errors import BadMeasurement

_IDLE_SHARE = 0.7
_WORKING_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredTrace:
    """Trace with its energy curve, time stamps and log; `reading` is its index among the files of the run."""

    reading: int
    trace: Trace
    curve: EnergyCurve
    stamps: Stamps | None = None
    log: BenchmarkLog | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RunInputs:
    """Inputs of `evaluate` by role; the findings state which traces were taken for idle."""

    measured: tuple[MeasuredTrace, ...]
    idle: tuple[MeasuredTrace, ...]
    stamps: tuple[Stamps, ...]
    logs: tuple[BenchmarkLog, ...]
    tables: tuple[EnergyTable, ...]
    summaries: tuple[EnergySummary, ...]
    findings: tuple[Finding, ...]


def sort_inputs(readings: Sequence[FileReading], settings: RunSettings) -> RunInputs:
    """Sort readings by role and assign stamps and logs to traces. Raises BadMeasurement where that is ambiguous."""
    if not readings:
        raise BadMeasurement("no file was given; give a trace, a benchmark log or a file of results")
    traces = [
        MeasuredTrace(number, reading.content, EnergyCurve(reading.content))
        for number, reading in enumerate(readings)
        if isinstance(reading.content, Trace)
    ]
    stamps = tuple(reading.content for reading in readings if isinstance(reading.content, Stamps))
    logs = tuple(reading.content for reading in readings if isinstance(reading.content, BenchmarkLog))
    require_one_network(logs)
    measured, idle, findings = _split_idle(traces, settings, [reading.format for reading in readings])
    return RunInputs(
        measured=_paired(measured, stamps, logs),
        idle=idle,
        stamps=stamps,
        logs=logs,
        tables=tuple(reading.content for reading in readings if isinstance(reading.content, EnergyTable)),
        summaries=tuple(reading.content for reading in readings if isinstance(reading.content, EnergySummary)),
        findings=findings,
    )


def _split_idle(
    traces: list[MeasuredTrace], settings: RunSettings, formats: Sequence[str]
) -> tuple[list[MeasuredTrace], tuple[MeasuredTrace, ...], tuple[Finding, ...]]:
    """Traces to measure and idle traces: those named idle, or, among several, those that draw far less power."""
    findings: tuple[Finding, ...] = ()
    named = [trace for trace in traces if trace.reading in settings.idle_readings]
    if len(named) < len(settings.idle_readings):
        raise BadMeasurement("a file named as idle is no trace of power; name a trace recorded at rest")
    if not named and settings.idle == "auto" and len(traces) > 1:
        named = _resting(traces)
        busy = {formats[trace.reading] for trace in traces if trace not in named}
        findings = tuple(_taken_as_idle(trace, of_one_kind=formats[trace.reading] in busy) for trace in named)
    if traces and len(named) == len(traces):
        raise BadMeasurement("every trace is idle; give one of the device at work as well")
    return [trace for trace in traces if trace not in named], tuple(named), findings


def _resting(traces: list[MeasuredTrace]) -> list[MeasuredTrace]:
    """Traces without windows whose mean is under 70 % of the active level of the busiest trace."""
    levels_mw = [_working_level_mw(measured) for measured in traces]
    limit_mw = _IDLE_SHARE * max(levels_mw)
    return [
        measured
        for measured, level_mw in zip(traces, levels_mw, strict=True)
        if not measured.trace.windows
        and level_mw < limit_mw
        and whole_mean_mw(measured.trace, measured.curve) < limit_mw
    ]


def _working_level_mw(measured: MeasuredTrace) -> float:
    """Power (mW) of the plateau, or of the whole trace if it has none or only short bursts."""
    trace, curve = measured.trace, measured.curve
    smooth_mw = smoothed(trace, curve)[1]
    levels = two_levels(smooth_mw)
    works = levels is not None and float((smooth_mw > levels.threshold_mw).mean()) > _WORKING_SHARE
    return levels.high_mw if levels is not None and works else whole_mean_mw(trace, curve)


def _paired(
    traces: list[MeasuredTrace], stamps: tuple[Stamps, ...], logs: tuple[BenchmarkLog, ...]
) -> tuple[MeasuredTrace, ...]:
    """Each trace with its stamps and its log: one log serves all traces, otherwise the n-th belongs to the n-th.

    Stamps and traces with a time of recording are paired in the order of time.
    """
    count = len(traces)
    if count and len(stamps) not in (0, count):
        raise BadMeasurement(f"{len(stamps)} files of time stamps for {count} trace(s): give one for each, or none")
    if count and len(logs) not in (0, 1, count):
        raise BadMeasurement(f"{len(logs)} benchmark logs for {count} trace(s): give one for each, or one for all")
    of_trace = _in_time(traces, stamps)
    return tuple(
        MeasuredTrace(
            measured.reading,
            measured.trace,
            measured.curve,
            of_trace[i] if stamps else None,
            (logs[i] if len(logs) > 1 else logs[0]) if logs else None,
        )
        for i, measured in enumerate(traces)
    )


def _in_time(traces: list[MeasuredTrace], stamps: tuple[Stamps, ...]) -> tuple[Stamps, ...]:
    """Stamps in the order of their traces: by clock where all have one, else as given."""
    starts_s = [measured.trace.started_at_s for measured in traces]
    firsts_s = [each.windows[0].start_s if each.epoch and each.windows else None for each in stamps]
    known_s = [start_s for start_s in starts_s if start_s is not None]
    if len(known_s) != len(stamps) or any(first_s is None for first_s in firsts_s):
        return stamps
    by_time = sorted(stamps, key=lambda each: each.windows[0].start_s)
    places = sorted(range(len(known_s)), key=known_s.__getitem__)
    return tuple(by_time[places.index(i)] for i in range(len(by_time)))


def _taken_as_idle(measured: MeasuredTrace, *, of_one_kind: bool) -> Finding:
    """Finding that a trace was taken as idle; `of_one_kind`: the same tool wrote a trace of the device at work."""
    doubt = "" if of_one_kind else ", though another tool wrote it than the others"
    message = (
        f"file {measured.reading + 1} draws {whole_mean_mw(measured.trace, measured.curve):.4g} mW on average, far "
        f"less than the others: it is taken as the idle baseline{doubt}; correct the idle setting if it is not"
    )
    return Finding("idle_trace", "note" if of_one_kind else "warning", message)
