"""Which windows of a trace count in a run: as a person says, else by the most certain mark that the files have."""

from collections.abc import Sequence
from dataclasses import replace

from nas_engine.energy.runs.inputs import MeasuredTrace
from nas_engine.energy.runs.settings import RunSettings, WindowKind
from nas_engine.energy.traces.alignment import by_stamps
from nas_engine.energy.traces.integration import recorded_mean_mw
from nas_engine.energy.traces.plateau import plateau
from nas_engine.energy.traces.trace import EnergyTable, Finding, Window
from nas_engine.energy.traces.windows import Chosen, by_trigger, manual, moving_triggers
from nas_engine.errors import BadMeasurement


def choose_windows(
    measured: MeasuredTrace, tables: Sequence[EnergyTable], settings: RunSettings, *, has_latency: bool
) -> Chosen:
    """The windows with the number of inferences in each, where that is known; none where nothing marks any.

    Raises BadMeasurement where the choice made is impossible for this trace.
    """
    kind = settings.window if settings.window != "auto" else _most_certain(measured, settings, has_latency)
    chosen = _of_kind(kind, measured, settings)
    return _counted(chosen, kind, tables, settings, has_latency)


def hints(measured: MeasuredTrace, chosen: Chosen) -> tuple[Finding, ...]:
    """Where the device seems to have worked, for a trace in which nothing was asked to be measured."""
    if chosen.windows or measured.stamps is not None:
        return ()
    trace, curve = measured.trace, measured.curve
    moving = moving_triggers(trace)
    try:
        found = by_trigger(trace, moving[0]) if len(moving) == 1 else plateau(trace, curve)
    except BadMeasurement:
        return ()
    if len(moving) != 1 and found.findings:
        return ()
    first, count = found.windows[0], len(found.windows)
    where = f"while {moving[0]} is high" if len(moving) == 1 else "on a plateau"
    message = (
        f"the mean power is that of the whole file; {where}, from {first.start_s:.3f} s to {first.end_s:.3f} s (1 of "
        f"{count}), it is {recorded_mean_mw(curve, first):.5g} mW; for the energy of an inference give a benchmark "
        "log, time stamps or the number of inferences as well"
    )
    return (Finding("active_part", "note", message),)


def _most_certain(measured: MeasuredTrace, settings: RunSettings, has_latency: bool) -> WindowKind | None:
    if settings.spans_s:
        return "manual"
    if measured.stamps is not None:
        return "stamps"
    if measured.trace.windows:
        return "file"
    moving = moving_triggers(measured.trace)
    if settings.channel or (len(moving) == 1 and (has_latency or settings.inferences is not None)):
        return "trigger"
    return "plateau" if has_latency else None


def _of_kind(kind: WindowKind | None, measured: MeasuredTrace, settings: RunSettings) -> Chosen:
    trace, curve = measured.trace, measured.curve
    if kind == "manual":
        return manual(trace, settings.spans_s)
    if kind == "whole":
        return Chosen((Window(0.0, trace.duration_s, label="whole trace"),))
    if kind == "plateau":
        return plateau(trace, curve)
    if kind == "trigger":
        return by_trigger(trace, settings.channel, settings.active_high)
    if kind == "file":
        if not trace.windows:
            raise BadMeasurement("the file of the trace names no windows; choose the window in another way")
        return Chosen(trace.windows)
    if kind == "stamps":
        if measured.stamps is None:
            raise BadMeasurement("there is no file of time stamps in this run; add it, or choose another window")
        return by_stamps(trace, measured.stamps, settings.offset_s, curve)
    return Chosen(())


def _counted(
    chosen: Chosen, kind: WindowKind | None, tables: Sequence[EnergyTable], settings: RunSettings, has_latency: bool
) -> Chosen:
    """Fill in the inferences of each window from the settings or a runner's table with as many rows.

    A plateau is trimmed, so no count of the whole run holds for it.
    """
    counts = [row.inferences for table in tables for row in table.rows]
    if kind == "plateau" or not chosen.windows:
        return chosen
    windows = chosen.windows
    if settings.inferences is not None:
        windows = tuple(replace(window, inferences=settings.inferences) for window in windows)
    elif len(counts) == len(windows):
        pairs = zip(windows, counts, strict=True)
        windows = tuple(w if w.inferences else replace(w, inferences=count) for w, count in pairs)
    findings = chosen.findings
    if not has_latency and any(window.inferences is None for window in windows):
        message = (
            f"the files do not say how many inferences ran in the {len(windows)} window(s); give that number, or a "
            "benchmark log, for the energy of one"
        )
        findings = (*findings, Finding("no_count", "note", message))
    return replace(chosen, windows=windows, findings=findings)
