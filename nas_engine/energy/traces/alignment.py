"""Alignment of time stamps of another clock with a trace.

    symbol     code         shape    unit   meaning
    a_j, b_j   start_s,     [m]      s      begin and end of stamped window j, on the trace's time before alignment
               end_s
    o_i        offsets_s    [k]      s      candidate offsets, every 1 ms within +-1 s
    P(o_i)     power_mw     [k]      mW     mean power in the union of [a_j + o_i, b_j + o_i); -inf if half is missing
    f(o_i)     fall_mw      [k]      mW     fall of power at the end of the last window, b_m + o_i

The offset is argmax P(o), unless another offset with P within 15 % of the maximum has a far larger fall f: then that
one. A phone's clock and the clock of the recording computer differed by 0.2 to 0.35 s in the only public data set of
this kind. Stamps of warm-up runs help to find the offset and are then left out of the energy.

The maximum over o_i is a maximum over peaks of power as well: it exceeds the mean power of the run by 50 % for 3 ms of
inferences of that data set, by 20 % for 0.1 s and by 3 % for 0.3 s. Less than `SHORTEST_S` is therefore not aligned.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.traces.integration import MINIMUM_COVERAGE, EnergyCurve
from nas_engine.energy.traces.trace import Finding, Stamps, Trace, Values, Window
from nas_engine.energy.traces.windows import SelectedWindows
from nas_engine.errors import BadMeasurement

REACH_S = 1.0
STEP_S = 1e-3
SHORTEST_S = 0.1
"""Least time that the measured inferences take together, without warm-up, for their place to be found by power."""
_MOST_WINDOWS = 2_000
_MOST_OFFSETS = 20_000
_AT_ONCE = 500_000
_FLAT = 0.005
_NEARLY = 0.15  # what half a second of warm-up at a higher clock adds to a second of measurement
_EDGE_S = 0.1
_CLEAR_FALL = 0.1
_STANDS_OUT = 1.05
_WARM_UP = "warm"


def by_stamps(
    trace: Trace, stamps: Stamps, offset_s: float | None = None, curve: EnergyCurve | None = None
) -> SelectedWindows:
    """Stamped windows on the trace's time, without warm-up, and the offset (s) used.

    Single inferences that follow each other closely become one window of many: a monitor's stamps do not resolve
    2 ms. Without `offset_s` stamps of another clock are aligned; stamps counted from the trace's start are not moved.
    Raises BadMeasurement where the windows do not lie on the trace.
    """
    curve = curve or EnergyCurve(trace)
    stretches = merged(stamps.windows)
    if not stretches:
        raise BadMeasurement("the file of time stamps holds no inference; run the benchmark again and keep its stamps")
    base_s = trace.started_at_s if stamps.epoch else 0.0
    if base_s is None:
        stretches, base_s, lost_clock = _from_first(stretches), 0.0, True
    else:
        lost_clock = False
    start_s = np.array([window.start_s - base_s for window in stretches])
    end_s = np.array([window.end_s - base_s for window in stretches])
    if offset_s is None and not stamps.epoch:
        return _placed(trace, curve, stretches, start_s, end_s, ())
    findings: tuple[Finding, ...] = ()
    if offset_s is None:
        _require_length(stretches)
        offset_s, findings = _aligned(trace, curve, start_s, end_s, lost_clock)
    placed = _placed(trace, curve, stretches, start_s + offset_s, end_s + offset_s, findings)
    return replace(placed, offset_s=offset_s)


def merged(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Windows with consecutive single inferences of one label merged where the pause is shorter than an inference."""
    result: list[Window] = []
    for window in sorted(windows, key=lambda window: window.start_s):
        last = result[-1] if result else None
        is_next = last is not None and last.label == window.label and window.inferences == 1
        if last is not None and is_next and last.inferences and window.start_s - last.end_s <= window.duration_s:
            end_s = max(last.end_s, window.end_s)
            result[-1] = Window(last.start_s, end_s, last.label, last.inferences + 1)
        else:
            result.append(window)
    return tuple(result)


def _from_first(stretches: tuple[Window, ...]) -> tuple[Window, ...]:
    first_s = stretches[0].start_s
    return tuple(replace(w, start_s=w.start_s - first_s, end_s=w.end_s - first_s) for w in stretches)


def _aligned(
    trace: Trace, curve: EnergyCurve, start_s: Values, end_s: Values, lost_clock: bool
) -> tuple[float, tuple[Finding, ...]]:
    """Offset (s) of most power among those that keep the windows on the trace, with findings on its certainty."""
    low_s, high_s = -REACH_S, REACH_S
    if lost_clock:
        low_s, high_s = -float(start_s[0]), trace.duration_s - float(end_s[-1])
    _require_overlap(trace, start_s, end_s, low_s, high_s, lost_clock)
    step_s = max(STEP_S, (high_s - low_s) / _MOST_OFFSETS)
    offsets_s = np.linspace(low_s, high_s, round((high_s - low_s) / step_s) + 1, dtype=np.float64)
    power_mw = _mean_power(curve, start_s, end_s, offsets_s)
    if not np.isfinite(power_mw).any():
        raise _no_overlap(trace, start_s, end_s)
    best = _at_the_fall(curve, float(end_s[-1] - start_s[-1]), float(end_s[-1]), offsets_s, power_mw)
    flat_s = offsets_s[np.abs(power_mw - power_mw[best]) <= _FLAT * abs(power_mw[best])]
    findings = [_found(float(offsets_s[best]), float(flat_s.min()), float(flat_s.max()), lost_clock)]
    if not lost_clock and best in (0, len(offsets_s) - 1):
        findings.append(_warning(f"the best offset lies at the end of +-{REACH_S:g} s: the clocks may differ by more"))
    stands_out = power_mw[best] >= _STANDS_OUT * _outside_mw(trace, curve)
    if lost_clock and not stands_out:
        raise BadMeasurement(
            "the trace does not state when it began, and under the stamped inferences it draws no more than elsewhere: "
            "their place cannot be determined; check that both are of one run, give the offset in seconds, or choose "
            "the window by hand"
        )
    if not stands_out:
        findings.append(_warning("the power in the stamped windows does not stand out from that of the whole trace"))
    return float(offsets_s[best]), tuple(findings)


def _mean_power(curve: EnergyCurve, start_s: Values, end_s: Values, offsets_s: Values) -> Values:
    """Mean power [k] in the union of the windows [m] at each offset [k]; -inf where under half of it was recorded."""
    chosen = np.linspace(0, len(start_s) - 1, min(len(start_s), _MOST_WINDOWS)).round().astype(int)
    start_s, end_s = start_s[chosen], end_s[chosen]
    length_s = float((end_s - start_s).sum())
    power_mw = np.empty(len(offsets_s))
    rows = max(1, _AT_ONCE // len(start_s))
    for first in range(0, len(offsets_s), rows):
        shift_s = offsets_s[first : first + rows, None]
        energy_mj = curve.energy_mj(start_s + shift_s, end_s + shift_s).sum(axis=1)
        covered_s = curve.covered_s(start_s + shift_s, end_s + shift_s).sum(axis=1)
        enough = covered_s >= 0.5 * length_s
        power_mw[first : first + rows] = np.where(enough, energy_mj / np.where(enough, covered_s, 1.0), -np.inf)
    return power_mw


def _at_the_fall(curve: EnergyCurve, last_s: float, end_s: float, offsets_s: Values, power_mw: Values) -> int:
    """Index of the offset [k] of most power, or of nearly the most with a far larger fall behind the last window.

    Before its first stamp a benchmark loads and warms up at full power, after its last one it stops: where warm-up was
    not stamped, the offset of most power may be too early.
    """
    near_s = min(_EDGE_S, last_s)
    edge_s = end_s + offsets_s
    before_mw = _recorded_mw(curve, edge_s - near_s, edge_s)
    after_mw = _recorded_mw(curve, edge_s, edge_s + near_s)
    best = int(np.argmax(power_mw))
    fall_mw = np.where(power_mw >= power_mw[best] - _NEARLY * abs(power_mw[best]), before_mw - after_mw, -np.inf)
    fall_mw = np.where(np.isnan(fall_mw), -np.inf, fall_mw)
    steepest = int(np.argmax(fall_mw))
    is_clear = fall_mw[steepest] > _CLEAR_FALL * abs(power_mw[best]) and fall_mw[best] < 0.5 * fall_mw[steepest]
    return steepest if is_clear else best


def _recorded_mw(curve: EnergyCurve, start_s: Values, end_s: Values) -> Values:
    """Mean power (mW) of the recorded part of each [start, end); NaN where nothing was recorded."""
    covered_s = curve.covered_s(start_s, end_s)
    power_mw: Values = np.full(len(start_s), np.nan)
    np.divide(curve.energy_mj(start_s, end_s), covered_s, out=power_mw, where=covered_s > 0)
    return power_mw


def _require_length(stretches: tuple[Window, ...]) -> None:
    measured_s = sum(
        window.duration_s for window, counts in zip(stretches, _measured(stretches), strict=True) if counts
    )
    if measured_s < SHORTEST_S:
        raise BadMeasurement(
            f"the stamped inferences take {measured_s:.4f} s in all: to find their place on a trace of another clock "
            f"takes {SHORTEST_S:g} s of them, because the shortest peak of power would be taken for the inference; run "
            "the benchmark longer (--min_secs=30), give the offset in seconds, or choose the window by hand"
        )


def _measured(stretches: tuple[Window, ...]) -> NDArray[np.bool_]:
    """Whether each window [m] counts for the energy: all but warm-up, or all where there is nothing else."""
    counts = np.array([_WARM_UP not in window.label.lower() for window in stretches])
    return counts if counts.any() else np.ones_like(counts)


def _require_overlap(
    trace: Trace, start_s: Values, end_s: Values, low_s: float, high_s: float, lost_clock: bool
) -> None:
    length_s = float(end_s[-1] - start_s[0])
    if lost_clock and high_s < low_s:
        raise BadMeasurement(
            f"the stamped inferences take {length_s:.3f} s, the trace only {trace.duration_s:.3f} s: they are not of "
            "one run, or the trace was cut; choose the files of one run"
        )
    overlap_s = min(float(end_s[-1]) + high_s, trace.duration_s) - max(float(start_s[0]) + low_s, 0.0)
    if overlap_s < 0.5 * min(length_s, trace.duration_s):
        raise _no_overlap(trace, start_s, end_s)


def _no_overlap(trace: Trace, start_s: Values, end_s: Values) -> BadMeasurement:
    return BadMeasurement(
        f"the time stamps run from {start_s[0]:.3f} s to {end_s[-1]:.3f} s of the trace's time, but the trace "
        f"lasts from 0 s to {trace.duration_s:.3f} s: they are not of one run, or the clocks differ by more than "
        f"{REACH_S:g} s; choose the files of one run, or give the offset in seconds"
    )


def _placed(
    trace: Trace,
    curve: EnergyCurve,
    stretches: tuple[Window, ...],
    start_s: Values,
    end_s: Values,
    findings: tuple[Finding, ...],
) -> SelectedWindows:
    """Measured windows that were recorded, with a finding on those left out."""
    recorded = curve.covered_s(start_s, end_s) >= MINIMUM_COVERAGE * (end_s - start_s) - 1e-9
    counts = _measured(stretches)
    windows = tuple(
        replace(stretches[i], start_s=float(start_s[i]), end_s=float(end_s[i]))
        for i in np.flatnonzero(counts & recorded)
    )
    if not windows:
        raise BadMeasurement(
            f"none of the {counts.sum()} stamped windows lies on the recorded trace (0 s to {trace.duration_s:.3f} s); "
            "choose the files of one run, or give the offset in seconds"
        )
    if missing := int((counts & ~recorded).sum()):
        message = f"{missing} of {counts.sum()} stamped windows lie outside what was recorded and were left out"
        findings = (*findings, Finding("windows_outside", "warning", message))
    return SelectedWindows(windows, findings)


def _outside_mw(trace: Trace, curve: EnergyCurve) -> float:
    whole = np.array([0.0]), np.array([trace.duration_s])
    return float(curve.energy_mj(*whole)[0] / max(curve.covered_s(*whole)[0], 1e-12))


def _found(best_s: float, low_s: float, high_s: float, lost_clock: bool) -> Finding:
    message = (
        f"time stamps were moved by {best_s:+.3f} s, where the stamped windows draw the most power and it falls behind "
        f"them; any offset from {low_s:+.3f} s to {high_s:+.3f} s changes that power by under 0.5 %"
    )
    if lost_clock:
        message += " (the trace does not state when it began, so the first stamp counts as 0 s); check it on the plot"
    return Finding("clock_offset", "warning" if lost_clock else "note", message)


def _warning(message: str) -> Finding:
    return Finding("clock_offset", "warning", f"{message}; check the windows on the plot, or give the offset")
