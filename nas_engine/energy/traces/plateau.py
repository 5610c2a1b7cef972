"""Active windows of a trace found by power alone (plateaus), and the idle power next to them.

Facebook's FAI-PEP takes a fixed threshold of 150 mA over a moving mean; here the threshold lies midway between the
medians of the low and the high cluster of 100 ms means, so that it suits a phone and a microcontroller alike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.traces.integration import EnergyCurve, mean_power_mw, recorded_mean_mw
from nas_engine.energy.traces.trace import Finding, Trace, Values, Window
from nas_engine.energy.traces.windows import SelectedWindows
from nas_engine.errors import BadMeasurement

SMOOTHING_S = 0.1
TRIM_S = 0.2
SHORTEST_IDLE_S = 0.5
_MEANS_PER_SMOOTHING = 10
_MOST_MEANS = 100_000
_SEPARATION = 3.0  # of the clusters' medians, in their spreads: an even ramp has 1.4, plain noise 1.2
_CONTRAST = 0.05  # (high - low) / high: less is the ripple of one level
_SIMILAR = 0.1
_SHORTEST_S = 0.5
_SHORTEST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class PowerLevels:
    """Idle and active level of a trace whose power has a step, mW."""

    low_mw: float
    high_mw: float

    @property
    def threshold_mw(self) -> float:
        """Midpoint of both levels, mW; power above it is active."""
        return 0.5 * (self.low_mw + self.high_mw)


@dataclass(frozen=True, slots=True)
class IdlePower:
    """Mean power (mW) of a device at rest, and the windows it was read from; () where it was given."""

    mean_power_mw: float
    stretches: tuple[Window, ...]


def plateau(trace: Trace, curve: EnergyCurve | None = None) -> SelectedWindows:
    """Windows of active power: the longest stretch above the threshold and those like it, trimmed by 0.2 s at each end.

    A monitor slower than 5 Hz has a whole step between samples trimmed: the ramp in it is neither idle nor active.
    Alike are stretches of at least half its length and within 10 % of its power. A stretch too short for that loses a
    quarter at each end instead. A trace of one steady level is taken whole, with a finding. Raises BadMeasurement where
    power rises in short bursts only, or has neither steps nor one level.
    """
    curve = curve or EnergyCurve(trace)
    at_s, smooth_mw = smoothed(trace, curve)
    levels = two_levels(smooth_mw)
    if levels is None:
        return _whole_if_steady(trace, curve)
    stretches = active_stretches(trace, at_s, smooth_mw > levels.threshold_mw)
    longest_s = max(window.duration_s for window in stretches)
    if longest_s < min(_SHORTEST_S, _SHORTEST_SHARE * trace.duration_s):
        raise BadMeasurement(
            f"the power rises only in bursts of up to {longest_s:.2g} s: no benchmark is seen to run; run it longer "
            "(--min_secs=30), or choose the window by hand"
        )
    return _alike(curve, stretches)


def _whole_if_steady(trace: Trace, curve: EnergyCurve) -> SelectedWindows:
    middle_s = 0.5 * trace.duration_s
    first_mw = recorded_mean_mw(curve, Window(0.0, middle_s))
    second_mw = recorded_mean_mw(curve, Window(middle_s, trace.duration_s))
    if not abs(second_mw - first_mw) <= _CONTRAST * abs(first_mw):
        raise BadMeasurement(
            f"no step between idle and active is seen in the power, and its halves differ ({first_mw:.4g} mW and "
            f"{second_mw:.4g} mW), so the power does not show where the inferences ran; choose the window by hand"
        )
    message = (
        "no step between idle and active is seen in the power, so the whole trace counts as active; if it begins or "
        "ends idle, give the window by hand"
    )
    return SelectedWindows((Window(0.0, trace.duration_s),), (Finding("no_plateau", "warning", message),))


def smoothed(trace: Trace, curve: EnergyCurve) -> tuple[Values, Values]:
    """Moving mean of power: centres (s) [m] and means (mW) [m] of 100 ms every 10 ms, shorter for short traces."""
    width_s = min(SMOOTHING_S, trace.duration_s / 20)
    step_s = max(width_s / _MEANS_PER_SMOOTHING, trace.duration_s / _MOST_MEANS, 1.0 / trace.rate_hz)
    width_s = max(width_s, step_s)
    at_s = np.arange(width_s / 2, trace.duration_s - width_s / 2 + step_s / 2, step_s)
    start_s, end_s = at_s - width_s / 2, at_s + width_s / 2
    covered_s = curve.covered_s(start_s, end_s)
    recorded = covered_s > 0.5 * width_s
    return at_s[recorded], curve.energy_mj(start_s, end_s)[recorded] / covered_s[recorded]


def two_levels(smooth_mw: Values) -> PowerLevels | None:
    """Medians of the two clusters of power means (mW) [m] by Otsu's threshold; None where they are no clusters.

    Source: Otsu, "A threshold selection method from gray-level histograms" (1979).
    """
    if len(smooth_mw) < 4:
        return None
    values = np.sort(smooth_mw)
    count = np.arange(1, len(values))
    below = np.cumsum(values)[:-1]
    mean_below, mean_above = below / count, (values.sum() - below) / (len(values) - count)
    split = int(np.argmax(count * (len(values) - count) * (mean_above - mean_below) ** 2)) + 1
    low, high = values[:split], values[split:]
    levels = PowerLevels(float(np.median(low)), float(np.median(high)))
    step_mw = levels.high_mw - levels.low_mw
    if step_mw <= _SEPARATION * (_spread(low) + _spread(high)) or step_mw <= _CONTRAST * abs(levels.high_mw):
        return None
    return levels


def active_stretches(trace: Trace, at_s: Values, is_active: NDArray[np.bool_]) -> tuple[Window, ...]:
    """Windows of consecutive active means, in order; a run at the trace's end reaches to its end.

    `at_s` [m] are centres in seconds and `is_active` [m] flags, as of `smoothed`.
    """
    if not is_active.any():
        return ()
    middles_s = np.concatenate(([0.0], 0.5 * (at_s[1:] + at_s[:-1]), [trace.duration_s]))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_active, [False]))))
    return tuple(
        Window(float(middles_s[first]), float(middles_s[last]))
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    )


def idle_near(trace: Trace, windows: Sequence[Window], curve: EnergyCurve | None = None) -> IdlePower | None:
    """Idle power of the device in this trace: between the windows, else before the first, else after the last.

    0.2 s next to activity are left out, and at least one step between samples, in which power is on its way. The time
    before is preferred to the time after, because a processor keeps its clock for a while. None where there is no half
    second of rest, or rest draws within 5 % of the windows.
    """
    curve = curve or EnergyCurve(trace)
    busy = _busy(trace, windows, curve)
    active_mw = max(recorded_mean_mw(curve, window) for window in windows)
    first_s, last_s = windows[0].start_s, windows[-1].end_s
    guard_s = _guard_s(curve)
    between = _gaps_between([window for window in busy if window.end_s > first_s and window.start_s < last_s], guard_s)
    before = [Window(0.0, end_s)] if (end_s := busy[0].start_s - guard_s) > 0 else []
    after = [Window(start_s, trace.duration_s)] if (start_s := busy[-1].end_s + guard_s) < trace.duration_s else []
    for stretches in (between, before, after):
        idle = _idle_in(curve, stretches)
        if idle is not None and idle.mean_power_mw < (1 - _CONTRAST) * active_mw:
            return idle
    return None


def _spread(values: Values) -> float:
    """Standard deviation estimated by the median absolute deviation, which a few transitions do not affect."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _alike(curve: EnergyCurve, stretches: tuple[Window, ...]) -> SelectedWindows:
    """The stretches that repeat the longest one, trimmed and numbered."""
    longest = max(stretches, key=lambda window: window.duration_s)
    level_mw = recorded_mean_mw(curve, _trimmed(curve, longest))
    if not math.isfinite(level_mw):
        raise BadMeasurement(
            f"the power is high for {longest.duration_s:.2g} s, too short to hold a sample that counts; run the "
            "benchmark longer (--min_secs=30), or choose the window by hand"
        )
    alike = [
        trimmed
        for window in stretches
        if window.duration_s >= 0.5 * longest.duration_s
        and abs(recorded_mean_mw(curve, trimmed := _trimmed(curve, window)) - level_mw) <= _SIMILAR * abs(level_mw)
    ]
    numbered = (Window(w.start_s, w.end_s, label=f"plateau {n}") for n, w in enumerate(alike, start=1))
    return SelectedWindows(tuple(numbered))


def _guard_s(curve: EnergyCurve) -> float:
    """Time (s) on either side of a step that belongs to neither level: edges are found to within a step of samples."""
    return max(TRIM_S, curve.longest_step_s)


def _trimmed(curve: EnergyCurve, window: Window) -> Window:
    trim_s = min(_guard_s(curve), window.duration_s / 4)
    return Window(window.start_s + trim_s, window.end_s - trim_s)


def _busy(trace: Trace, windows: Sequence[Window], curve: EnergyCurve) -> list[Window]:
    """The windows and every stretch of high power, merged where they touch, in order."""
    at_s, smooth_mw = smoothed(trace, curve)
    levels = two_levels(smooth_mw)
    active = active_stretches(trace, at_s, smooth_mw > levels.threshold_mw) if levels else ()
    merged: list[Window] = []
    for window in sorted((*windows, *active), key=lambda window: window.start_s):
        if merged and window.start_s <= merged[-1].end_s:
            merged[-1] = Window(merged[-1].start_s, max(merged[-1].end_s, window.end_s))
        else:
            merged.append(window)
    return merged


def _gaps_between(busy: Sequence[Window], guard_s: float) -> list[Window]:
    gaps = ((left.end_s + guard_s, right.start_s - guard_s) for left, right in pairwise(busy))
    return [Window(start_s, end_s) for start_s, end_s in gaps if end_s > start_s]


def _idle_in(curve: EnergyCurve, stretches: Sequence[Window]) -> IdlePower | None:
    start_s = np.array([window.start_s for window in stretches])
    end_s = np.array([window.end_s for window in stretches])
    covered_s = float(curve.covered_s(start_s, end_s).sum()) if stretches else 0.0
    if covered_s < SHORTEST_IDLE_S:
        return None
    return IdlePower(float(curve.energy_mj(start_s, end_s).sum()) / covered_s, tuple(stretches))


def idle_in_range(trace: Trace, start_s: float, end_s: float, curve: EnergyCurve | None = None) -> IdlePower:
    """Idle power in [start_s, end_s) given by the user, s. Raises BadMeasurement where it was not recorded."""
    if not start_s < end_s:
        raise BadMeasurement(f"the idle range from {start_s:g} s to {end_s:g} s has no length; give start before end")
    window = Window(start_s, end_s, label="idle")
    return IdlePower(mean_power_mw(trace, window, curve), (window,))
