"""Integration of power over time that leaves gaps out, and the energy of one inference.

    symbol        code                        shape    unit   meaning
    t_i           time_s                      [n]      s      time of sample i, from 0
    P_i           power_mw                    [n]      mW     power of sample i
    dt_i          steps_s                     [n - 1]  s      t_(i+1) - t_i; a gap where above `gap_limit_s`
    E(t)          EnergyCurve.energy_mj       [...]    mJ     integral of P over the recorded time before t
    T(t)          EnergyCurve.covered_s       [...]    s      recorded time before t
    P             mean_power_mw               scalar   mW     (E(end) - E(start)) / (T(end) - T(start))
    L             latency_ms                  scalar   ms     mean time of one inference
    E_gross       InferenceEnergy.gross_mj    scalar   mJ     P * L / 1000
    E_net         InferenceEnergy.net_mj      scalar   mJ     (P - P_idle) * L / 1000

E_gross is the paper's energy of one inference, "the average inference time multiplied by the average power" (Speckhard
et al., section 2.3), with nothing subtracted. The energy of the window divided by its number of inferences serves as a
check: it includes the gaps between inferences, so it exceeds E_gross by the idle share of the loop.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.traces.trace import Finding, Trace, Values, Window
from nas_engine.errors import BadMeasurement

MINIMUM_COVERAGE = 0.99
"""Least recorded share (0..1) of a window with an energy (EnergyRunner demands 0.999; monitors on USB lose more)."""
AGREEMENT = 0.05
"""Relative difference between the paper's energy and window energy / N above which a finding is reported."""
_REGULAR_GAP_PERIODS = 1.5
_IRREGULAR_GAP_PERIODS = 10.0
_AT_ONCE = 1_000_000
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class InferenceEnergy:
    """Energy of one inference in one window: gross as in the paper, net of the idle power, and window energy / N."""

    mean_power_mw: float
    idle_power_mw: float | None
    latency_ms: float
    gross_mj: float
    net_mj: float | None
    window_mj_per_inference: float | None  # energy of the whole window / N, where N is known
    findings: tuple[Finding, ...] = ()


class EnergyCurve:
    """Cumulative energy E(t) and recorded time T(t) of a trace: built once in O(n), O(log n) for each window.

    Trapezoidal rule between samples of `point` traces (exact inside a segment too), rectangles for `interval` traces.
    A gap counts neither as energy nor as time. Takes 8 bytes per sample in addition to the trace, 16 if it has gaps.
    `longest_step_s`: longest time (s) between two samples that is no gap.
    """

    def __init__(self, trace: Trace) -> None:
        self._time_s, self._power_mw = trace.time_s, trace.power_mw
        self._is_point = trace.spacing == "point"
        self._period_s = 1.0 / trace.rate_hz
        steps_s = np.diff(trace.time_s)
        self._limit_s = gap_limit_s(steps_s)
        has_gaps = float(steps_s.max()) > self._limit_s
        self.longest_step_s = float(steps_s.max(where=steps_s <= self._limit_s, initial=0.0))
        del steps_s
        self._segments = trace.samples - 1 if self._is_point else trace.samples
        self._energy_before_mj = np.zeros(self._segments)
        self._covered_before_s = np.zeros(self._segments) if has_gaps else self._time_s
        for first in range(0, self._segments - 1, _AT_ONCE):
            part = np.arange(first, min(first + _AT_ONCE, self._segments - 1))
            widths_s, slopes = self._shape(part)
            energy_mj = (self._power_mw[part] + 0.5 * slopes * widths_s) * widths_s
            self._energy_before_mj[part + 1] = self._energy_before_mj[first] + np.cumsum(energy_mj)
            if has_gaps:
                self._covered_before_s[part + 1] = self._covered_before_s[first] + np.cumsum(widths_s)

    def energy_mj(self, start_s: Values, end_s: Values) -> Values:
        """Energy (mJ) recorded in each [start, end); `start_s` and `end_s` (s) and the result have one shape."""
        return self._until(end_s)[0] - self._until(start_s)[0]

    def covered_s(self, start_s: Values, end_s: Values) -> Values:
        """Recorded time (s) within each [start, end); `start_s` and `end_s` (s) and the result have one shape."""
        return self._until(end_s)[1] - self._until(start_s)[1]

    def _until(self, at_s: Values) -> tuple[Values, Values]:
        """Energy (mJ) and recorded seconds before each time."""
        segment = np.clip(np.searchsorted(self._time_s, at_s, side="right") - 1, 0, self._segments - 1)
        widths_s, slopes = self._shape(segment)
        inside_s = np.clip(at_s - self._time_s[segment], 0.0, widths_s)
        energy_mj = (self._power_mw[segment] + 0.5 * slopes * inside_s) * inside_s
        return self._energy_before_mj[segment] + energy_mj, self._covered_before_s[segment] + inside_s

    def _shape(self, segment: Indices) -> tuple[Values, Values]:
        """Recorded time of each segment, s, and slope of its power, mW/s."""
        after = np.minimum(segment + 1, len(self._time_s) - 1)
        steps_s = self._time_s[after] - self._time_s[segment]
        if self._is_point:
            slopes = (self._power_mw[after] - self._power_mw[segment]) / steps_s
            return np.where(steps_s <= self._limit_s, steps_s, 0.0), slopes
        held_s = np.where(steps_s <= self._limit_s, steps_s, np.minimum(steps_s, self._period_s))
        return np.where(after == segment, self._period_s, held_s), np.zeros_like(steps_s)


def gap_limit_s(steps_s: Values) -> float:
    """Longest step (s) between samples that is no gap, from the steps [n - 1] of a trace.

    1.5 periods of a regular trace, 10 medians of an irregular one: pollers such as BatteryManager jitter by design.
    """
    longest_s = float(steps_s.max())
    if longest_s <= _REGULAR_GAP_PERIODS * float(steps_s.min()):
        return longest_s
    median_s = float(np.median(steps_s))
    is_regular = float(np.mean(np.abs(steps_s - median_s) <= 0.1 * median_s)) >= 0.9
    return median_s * (_REGULAR_GAP_PERIODS if is_regular else _IRREGULAR_GAP_PERIODS)


def energy_mj(trace: Trace, window: Window, curve: EnergyCurve | None = None) -> float:
    """Energy recorded in the window, mJ. Gaps add nothing: see `coverage`. `curve` saves building one."""
    return float(_recorded(curve or EnergyCurve(trace), window)[0])


def coverage(trace: Trace, window: Window, curve: EnergyCurve | None = None) -> float:
    """Share (0..1) of the window that was recorded."""
    return float(_recorded(curve or EnergyCurve(trace), window)[1]) / window.duration_s


def mean_power_mw(trace: Trace, window: Window, curve: EnergyCurve | None = None) -> float:
    """Time-weighted mean power over the recorded part of the window, mW.

    Raises BadMeasurement where less than `MINIMUM_COVERAGE` of it was recorded.
    """
    energy, covered_s = _recorded(curve or EnergyCurve(trace), window)
    # An interval's end and a window's end may differ in the last bit.
    if covered_s < MINIMUM_COVERAGE * window.duration_s - 1e-9 or covered_s <= 0.0:
        name = f"window {window.label}" if window.label else "window"
        raise BadMeasurement(
            f"Of the {name} from {window.start_s:.3f} s to {window.end_s:.3f} s only "
            f"{100 * max(covered_s, 0.0) / window.duration_s:.1f} % was recorded (the trace lasts "
            f"{trace.duration_s:.3f} s); choose a window inside the trace and without gaps"
        )
    return energy / covered_s


def recorded_mean_mw(curve: EnergyCurve, window: Window) -> float:
    """Mean power of the recorded part of the window, mW; NaN where nothing was recorded. For checks, not results."""
    energy, covered_s = _recorded(curve, window)
    return energy / covered_s if covered_s > 0 else float("nan")


def whole_mean_mw(trace: Trace, curve: EnergyCurve | None = None) -> float:
    """Time-weighted mean power of the whole trace without its gaps, mW. Raises BadMeasurement where all is gaps."""
    mean_mw = recorded_mean_mw(curve or EnergyCurve(trace), Window(0.0, trace.duration_s))
    if not np.isfinite(mean_mw):
        raise BadMeasurement("no two samples of this trace belong together: every step between them is a gap")
    return mean_mw


def inference_energy(
    mean_mw: float, idle_mw: float | None, latency_ms: float, window_mj: float | None, inferences: int | None
) -> InferenceEnergy:
    """Energy of one inference: mean power (mW) x mean inference time (ms), section 2.3 of the paper.

    Energy of the window (mJ) and number of `inferences` give the cross-check where both are known. Raises
    BadMeasurement for a time that is not finite and above 0.
    """
    if not (np.isfinite(latency_ms) and latency_ms > 0.0):
        raise BadMeasurement(f"an inference of {latency_ms} ms: give the average time of one inference, above 0 ms")
    gross_mj = mean_mw * latency_ms / 1e3
    net_mj = None if idle_mw is None else (mean_mw - idle_mw) * latency_ms / 1e3
    per_inference_mj = window_mj / inferences if window_mj is not None and inferences else None
    findings = _agreement(gross_mj, per_inference_mj)
    return InferenceEnergy(mean_mw, idle_mw, latency_ms, gross_mj, net_mj, per_inference_mj, findings)


def _recorded(curve: EnergyCurve, window: Window) -> tuple[float, float]:
    start_s, end_s = np.array([window.start_s]), np.array([window.end_s])
    return float(curve.energy_mj(start_s, end_s)[0]), float(curve.covered_s(start_s, end_s)[0])


def _agreement(gross_mj: float, per_inference_mj: float | None) -> tuple[Finding, ...]:
    if per_inference_mj is None or abs(per_inference_mj - gross_mj) <= AGREEMENT * abs(gross_mj):
        return ()
    difference = 100 * (per_inference_mj / gross_mj - 1) if gross_mj else float("inf")
    message = (
        f"window energy / N is {per_inference_mj:.4g} mJ, {difference:+.1f} % from mean power x mean inference time "
        f"({gross_mj:.4g} mJ): the first counts the gaps between inferences as well; compare only figures of one kind"
    )
    return (Finding("energies_differ", "note", message),)
