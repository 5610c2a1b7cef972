"""Selection of the windows of a run: as the settings state, else by the most certain mark in the files."""

from collections.abc import Sequence
from dataclasses import replace

from nas_engine.energy.runs.inputs import MeasuredTrace
from nas_engine.energy.runs.settings import RunSettings, WindowKind
from nas_engine.energy.traces.alignment import by_stamps
from nas_engine.energy.traces.integration import recorded_mean_mw
from nas_engine.energy.traces.plateau import plateau
from nas_engine.energy.traces.trace import EnergyTable, Finding, Window
from nas_engine.energy.traces.windows import SelectedWindows, by_trigger, manual, moving_triggers
from nas_engine.errors import BadMeasurement


def choose_windows(
    measured: MeasuredTrace, tables: Sequence[EnergyTable], settings: RunSettings, *, has_latency: bool
) -> SelectedWindows:
    """Windows of the trace with the number of inferences in each, where known; no windows where nothing marks any.

    `has_latency`: the time of one inference is known, so that windows need no number of inferences. Raises
    BadMeasurement where the settings are impossible for this trace.
    """
    kind = settings.window if settings.window != "auto" else _most_certain(measured, settings, has_latency)
    chosen = _of_kind(kind, measured, settings)
    return _counted(chosen, kind, tables, settings, has_latency)


def active_part_findings(measured: MeasuredTrace, chosen: SelectedWindows) -> tuple[Finding, ...]:
    """A note on the part of the trace in which the device seems to be active, if no windows were selected."""
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


def _of_kind(kind: WindowKind | None, measured: MeasuredTrace, settings: RunSettings) -> SelectedWindows:
    trace, curve = measured.trace, measured.curve
    if kind == "manual":
        return manual(trace, settings.spans_s)
    if kind == "whole":
        return SelectedWindows((Window(0.0, trace.duration_s, label="whole trace"),))
    if kind == "plateau":
        return plateau(trace, curve)
    if kind == "trigger":
        return by_trigger(trace, settings.channel, settings.active_high)
    if kind == "file":
        if not trace.windows:
            raise BadMeasurement("the file of the trace names no windows; choose the window in another way")
        return SelectedWindows(trace.windows)
    if kind == "stamps":
        if measured.stamps is None:
            raise BadMeasurement("there is no file of time stamps in this run; add it, or choose another window")
        return by_stamps(trace, measured.stamps, settings.offset_s, curve)
    return SelectedWindows(())


def _counted(
    chosen: SelectedWindows,
    kind: WindowKind | None,
    tables: Sequence[EnergyTable],
    settings: RunSettings,
    has_latency: bool,
) -> SelectedWindows:
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
            f"the files do not state how many inferences ran in the {len(windows)} window(s); give that number, or a "
            "benchmark log, for the energy of one"
        )
        findings = (*findings, Finding("no_count", "note", message))
    return replace(chosen, windows=windows, findings=findings)
