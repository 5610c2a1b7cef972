"""Windows of inferences in a trace by a trigger input of the monitor or by hand; see also `plateau`, `alignment`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.traces.trace import Finding, Trace, Window
from nas_engine.errors import BadMeasurement


@dataclass(frozen=True, slots=True)
class SelectedWindows:
    """Windows of one trace with findings on the selection; `offset_s`: seconds added to time stamps to place them."""

    windows: tuple[Window, ...]
    findings: tuple[Finding, ...] = ()
    offset_s: float | None = None


def manual(trace: Trace, spans_s: Sequence[tuple[float, float]], inferences: int | None = None) -> SelectedWindows:
    """Windows given by hand as [start, end) pairs in seconds. Raises BadMeasurement for one not inside the trace."""
    windows = tuple(_inside(trace, start_s, end_s, inferences) for start_s, end_s in spans_s)
    if not windows:
        raise BadMeasurement("no window was given; give its start and its end in seconds from the first sample")
    return SelectedWindows(windows)


def moving_triggers(trace: Trace) -> tuple[str, ...]:
    """Names of the digital inputs that change at least once; a constant input marks nothing."""
    return tuple(name for name, level in trace.triggers.items() if bool(level.any()) and not bool(level.all()))


def by_trigger(trace: Trace, channel: str | None = None, active_high: bool = True) -> SelectedWindows:
    """One window per stretch in which a digital input is active.

    `channel` defaults to the only input that changes. Stretches cut off by an end of the trace are left out if whole
    ones remain. Raises BadMeasurement where there is no such input or it is never active.
    """
    name = channel or _only_moving(trace)
    if name not in trace.triggers:
        known = ", ".join(trace.triggers) or "none"
        raise BadMeasurement(f"the trace has no trigger input {name} (it has: {known}); choose one of these")
    level = trace.triggers[name] if active_high else ~trace.triggers[name]
    starts, ends = _runs(level)
    if not len(starts):
        raise BadMeasurement(
            f"{name} is never {'high' if active_high else 'low'} in this trace; choose another input or another window"
        )
    return _whole_stretches(trace, name, starts, ends)


def _whole_stretches(trace: Trace, name: str, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> SelectedWindows:
    """`starts`, `ends`: sample numbers [m] of the stretches, ends excluded."""
    is_cut = (starts == 0) | (ends == trace.samples)
    findings: tuple[Finding, ...] = ()
    if is_cut.any():
        kept = "was left out" if not is_cut.all() else "is used as it is"
        message = f"{name} is active where the trace begins or ends: that stretch may be cut off and {kept}"
        findings = (Finding("cut_window", "warning", message),)
    chosen = ~is_cut if not is_cut.all() else np.ones_like(is_cut)
    edges_s = np.append(trace.time_s, trace.duration_s)
    windows = tuple(
        Window(float(edges_s[start]), float(edges_s[end]), label=f"{name} {number}")
        for number, (start, end) in enumerate(zip(starts[chosen], ends[chosen], strict=True), start=1)
        if edges_s[end] > edges_s[start]
    )
    if not windows:
        raise BadMeasurement(f"{name} is active in the very last sample only: record on after the inference")
    return SelectedWindows(windows, findings)


def _only_moving(trace: Trace) -> str:
    moving = moving_triggers(trace)
    if len(moving) == 1:
        return moving[0]
    if moving:
        raise BadMeasurement(
            f"several trigger inputs move ({', '.join(moving)}); choose the one that marks the inferences"
        )
    raise BadMeasurement("no trigger input of this trace ever changes; choose the window in another way")


def _runs(level: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First samples and first samples after each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], level, [False]))))
    return edges[::2], edges[1::2]


def _inside(trace: Trace, start_s: float, end_s: float, inferences: int | None) -> Window:
    window = Window(start_s, end_s, inferences=inferences)
    tolerance_s = 1.0 / trace.rate_hz
    if start_s < -tolerance_s or end_s > trace.duration_s + tolerance_s:
        raise BadMeasurement(
            f"the window from {start_s:g} s to {end_s:g} s is not inside the trace, which lasts from 0 s to "
            f"{trace.duration_s:.3f} s; choose it inside"
        )
    return window
