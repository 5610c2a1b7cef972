"""The files of one run by their parts in it: traces to measure in, idle traces, time stamps, logs, results."""

from collections.abc import Sequence
from dataclasses import dataclass

from nas_engine.energy.runs.consistency import refuse_several_networks
from nas_engine.energy.runs.settings import RunSettings
from nas_engine.energy.traces.integration import EnergyCurve, whole_mean_mw
from nas_engine.energy.traces.plateau import smoothed, two_levels
from nas_engine.energy.traces.trace import BenchmarkLog, EnergySummary, EnergyTable, FileReading, Finding, Stamps, Trace
from nas_engine.errors import BadMeasurement

_IDLE_SHARE = 0.7
_WORKING_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredTrace:
    """A trace with what belongs to it; `reading` is its number (from 0) among the files of the run."""

    reading: int
    trace: Trace
    curve: EnergyCurve
    stamps: Stamps | None = None
    log: BenchmarkLog | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What `evaluate` works on; the findings say what was taken for idle."""

    measured: tuple[MeasuredTrace, ...]
    idle: tuple[MeasuredTrace, ...]
    stamps: tuple[Stamps, ...]
    logs: tuple[BenchmarkLog, ...]
    tables: tuple[EnergyTable, ...]
    summaries: tuple[EnergySummary, ...]
    findings: tuple[Finding, ...]


def sort_parts(readings: Sequence[FileReading], settings: RunSettings) -> Parts:
    """Give every reading its part. Raises BadMeasurement where it is not clear what belongs to what."""
    if not readings:
        raise BadMeasurement("no file was given; give a trace, a benchmark log or a file of results")
    traces = [
        MeasuredTrace(number, reading.content, EnergyCurve(reading.content))
        for number, reading in enumerate(readings)
        if isinstance(reading.content, Trace)
    ]
    stamps = tuple(reading.content for reading in readings if isinstance(reading.content, Stamps))
    logs = tuple(reading.content for reading in readings if isinstance(reading.content, BenchmarkLog))
    refuse_several_networks(logs)
    measured, idle, findings = _split_idle(traces, settings, [reading.format for reading in readings])
    return Parts(
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
    """Traces named idle, or, among several, those which draw far less than the others work at."""
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
    """Traces whose mean is far below the level at which the busiest one works, and which no window points to."""
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
    """The power of the plateau, or of the whole trace if it has none or only short bursts."""
    trace, curve = measured.trace, measured.curve
    smooth_mw = smoothed(trace, curve)[1]
    levels = two_levels(smooth_mw)
    works = levels is not None and float((smooth_mw > levels.threshold_mw).mean()) > _WORKING_SHARE
    return levels.high_mw if levels is not None and works else whole_mean_mw(trace, curve)


def _paired(
    traces: list[MeasuredTrace], stamps: tuple[Stamps, ...], logs: tuple[BenchmarkLog, ...]
) -> tuple[MeasuredTrace, ...]:
    """Each trace with its stamps and its log: one log serves all traces, otherwise the n-th belongs to the n-th.

    Stamps and traces that say when they were taken are paired in the order of time.
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
    """The stamps in the order of their traces: by clock where all have one, else as given."""
    starts_s = [measured.trace.started_at_s for measured in traces]
    firsts_s = [each.windows[0].start_s if each.epoch and each.windows else None for each in stamps]
    known_s = [start_s for start_s in starts_s if start_s is not None]
    if len(known_s) != len(stamps) or any(first_s is None for first_s in firsts_s):
        return stamps
    by_time = sorted(stamps, key=lambda each: each.windows[0].start_s)
    places = sorted(range(len(known_s)), key=known_s.__getitem__)
    return tuple(by_time[places.index(i)] for i in range(len(by_time)))


def _taken_as_idle(measured: MeasuredTrace, *, of_one_kind: bool) -> Finding:
    """`of_one_kind`: the same tool wrote a trace of the device at work, as is usual."""
    doubt = "" if of_one_kind else ", though another tool wrote it than the others"
    message = (
        f"file {measured.reading + 1} draws {whole_mean_mw(measured.trace, measured.curve):.4g} mW on average, far "
        f"less than the others: it is taken as the idle baseline{doubt}; say so if it is not"
    )
    return Finding("idle_trace", "note" if of_one_kind else "warning", message)
