"""Power over time to energy: integrals that leave out what was not recorded, and the energy of one inference.

The paper's energy of one inference is "the average inference time multiplied by the average power" (section 2.3), with
nothing subtracted. That is `InferenceEnergy.gross_mj`. The energy of the window divided by its inferences stands beside
it as a check: it also holds the gaps between inferences, so it is the larger one by the idle share of the loop.
"""

from dataclasses import dataclass

import numpy as np

from nas_engine.energy.trace import Finding, Trace, Values, Window
from nas_engine.errors import BadMeasurement

MINIMUM_COVERAGE = 0.99
"""A window of which less was recorded has no energy (EnergyRunner refuses 0.999, monitors on USB lose more)."""
AGREEMENT = 0.05
"""Relative difference between the paper's energy and window energy / N from which on a person is told."""
_REGULAR_GAP_PERIODS = 1.5
_IRREGULAR_GAP_PERIODS = 10.0


@dataclass(frozen=True, slots=True)
class InferenceEnergy:
    """The energy of one inference in one window. Gross is the paper's; net is less the idle power, and kept apart."""

    mean_power_mw: float
    idle_power_mw: float | None
    latency_ms: float
    gross_mj: float
    net_mj: float | None
    window_mj_per_inference: float | None  # energy of the whole window / N, where N is known
    findings: tuple[Finding, ...] = ()


class EnergyCurve:
    """The energy and the recorded time from the start of a trace to any moment: built once, asked for many windows.

    Trapezoid between samples of `point` traces (exact inside a segment too), rectangles for `interval` traces. What
    lies in a gap counts neither as energy nor as time.
    """

    def __init__(self, trace: Trace) -> None:
        self._time_s, self._power_mw = trace.time_s, trace.power_mw
        steps_s = np.diff(trace.time_s)
        limit_s = gap_limit_s(steps_s)
        if trace.spacing == "point":
            self._time_s, self._power_mw = trace.time_s[:-1], trace.power_mw[:-1]
            self._widths_s = np.where(steps_s <= limit_s, steps_s, 0.0)
            self._slopes = np.diff(trace.power_mw) / steps_s
        else:
            period_s = 1.0 / trace.rate_hz
            self._widths_s = np.append(np.where(steps_s <= limit_s, steps_s, np.minimum(steps_s, period_s)), period_s)
            self._slopes = np.zeros_like(self._power_mw)
        energy_mj = (self._power_mw + 0.5 * self._slopes * self._widths_s) * self._widths_s
        self._energy_before_mj = np.concatenate(([0.0], np.cumsum(energy_mj)))
        self._covered_before_s = np.concatenate(([0.0], np.cumsum(self._widths_s)))

    def energy_mj(self, start_s: Values, end_s: Values) -> Values:
        """Energy recorded in each [start, end): arrays of one shape, seconds; mW x s = mJ."""
        return self._energy_until_mj(end_s) - self._energy_until_mj(start_s)

    def covered_s(self, start_s: Values, end_s: Values) -> Values:
        """Seconds of each [start, end) that were recorded."""
        return self._covered_until_s(end_s) - self._covered_until_s(start_s)

    def _place(self, at_s: Values) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.intp]], Values]:
        """The segment that holds each time, and the recorded seconds of it before that time."""
        segment = np.clip(np.searchsorted(self._time_s, at_s, side="right") - 1, 0, len(self._time_s) - 1)
        return segment, np.clip(at_s - self._time_s[segment], 0.0, self._widths_s[segment])

    def _energy_until_mj(self, at_s: Values) -> Values:
        segment, inside_s = self._place(at_s)
        power_mw = self._power_mw[segment] + 0.5 * self._slopes[segment] * inside_s
        result: Values = self._energy_before_mj[segment] + power_mw * inside_s
        return result

    def _covered_until_s(self, at_s: Values) -> Values:
        segment, inside_s = self._place(at_s)
        result: Values = self._covered_before_s[segment] + inside_s
        return result


def gap_limit_s(steps_s: Values) -> float:
    """The longest step between samples that is no gap: 1.5 periods of a regular trace, 10 medians of an irregular one.

    Shape of `steps_s`: [n - 1]. Pollers such as BatteryManager jitter by design, so for them only a hole counts.
    """
    longest_s = float(steps_s.max())
    if longest_s <= _REGULAR_GAP_PERIODS * float(steps_s.min()):
        return longest_s
    median_s = float(np.median(steps_s))
    is_regular = float(np.mean(np.abs(steps_s - median_s) <= 0.1 * median_s)) >= 0.9
    return median_s * (_REGULAR_GAP_PERIODS if is_regular else _IRREGULAR_GAP_PERIODS)


def energy_mj(trace: Trace, window: Window, curve: EnergyCurve | None = None) -> float:
    """Energy recorded in the window, mJ. Gaps add nothing: see `coverage`."""
    return float(_ask(curve or EnergyCurve(trace), window)[0])


def coverage(trace: Trace, window: Window, curve: EnergyCurve | None = None) -> float:
    """The share (0..1) of the window that was recorded."""
    return float(_ask(curve or EnergyCurve(trace), window)[1]) / window.duration_s


def mean_power_mw(trace: Trace, window: Window, curve: EnergyCurve | None = None) -> float:
    """Time-weighted mean power over what was recorded of the window, mW.

    Raises BadMeasurement where less than `MINIMUM_COVERAGE` of it was recorded.
    """
    energy, covered_s = _ask(curve or EnergyCurve(trace), window)
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
    """The mean power of whatever was recorded of the window, mW; NaN where nothing was. To look, not to measure."""
    energy, covered_s = _ask(curve, window)
    return energy / covered_s if covered_s > 0 else float("nan")


def whole_mean_mw(trace: Trace, curve: EnergyCurve | None = None) -> float:
    """Time-weighted mean power of all that was recorded, gaps left out, mW."""
    mean_mw = recorded_mean_mw(curve or EnergyCurve(trace), Window(0.0, trace.duration_s))
    if not np.isfinite(mean_mw):
        raise BadMeasurement("no two samples of this trace belong together: every step between them is a gap")
    return mean_mw


def inference_energy(
    mean_mw: float, idle_mw: float | None, latency_ms: float, window_mj: float | None, inferences: int | None
) -> InferenceEnergy:
    """Energy of one inference by the paper's rule; mW x ms = uJ.

    `window_mj` and `inferences` give the cross-check where both are known. Raises BadMeasurement for a time that no
    inference can take.
    """
    if not (np.isfinite(latency_ms) and latency_ms > 0.0):
        raise BadMeasurement(f"an inference of {latency_ms} ms: give the average time of one inference, above 0 ms")
    gross_mj = mean_mw * latency_ms / 1e3
    net_mj = None if idle_mw is None else (mean_mw - idle_mw) * latency_ms / 1e3
    per_inference_mj = window_mj / inferences if window_mj is not None and inferences else None
    findings = _agreement(gross_mj, per_inference_mj)
    return InferenceEnergy(mean_mw, idle_mw, latency_ms, gross_mj, net_mj, per_inference_mj, findings)


def _ask(curve: EnergyCurve, window: Window) -> tuple[float, float]:
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
