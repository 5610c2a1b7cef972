"""Checks of a trace and of the windows selected in it: findings with what is wrong and what to do about it.

Readers report what only the file shows (repeated stamps, guessed units); these checks look at the samples.
An `error` means that the figures must not be used.
"""

from collections.abc import Callable, Sequence

import numpy as np

from nas_engine.energy.traces.integration import EnergyCurve, gap_limit_s, recorded_mean_mw
from nas_engine.energy.traces.trace import Finding, Severity, Trace, Values, Window

SHORTEST_WINDOW_S = 10.0
"""MLPerf Tiny demands ten seconds and ten inferences per window."""
FEWEST_INFERENCES = 10
FEWEST_SAMPLES = 100
USUAL_MW = 20_000.0
MOST_MW = 100_000.0
LONGEST_INFERENCE_MS = 3_600_000.0
DRIFT = 0.05
_STALE_S = 1.0
_STALE_SAMPLES = 100
_FEW_VALUES = 10
_TOP = 0.998
_PILE = 0.005
_NOISE = 0.005


def check_trace(trace: Trace, windows: Sequence[Window] = (), curve: EnergyCurve | None = None) -> tuple[Finding, ...]:
    """Findings on the samples and on the `windows`, if any; those in `trace.findings` are not repeated."""
    checks = (_negative, _absurd, _stale, _clipped, _gaps)
    found = [finding for check in checks if (finding := check(trace)) is not None]
    if windows:
        curve = curve or EnergyCurve(trace)
        in_windows: tuple[Callable[..., Finding | None], ...] = (_short, _few_samples, _drifting)
        found += [finding for check in in_windows if (finding := check(trace, windows, curve)) is not None]
    return tuple(found)


def check_latency(latency_ms: float) -> tuple[Finding, ...]:
    """An error where the time of one inference (ms) is above an hour, which means a wrong unit; otherwise ()."""
    if latency_ms <= LONGEST_INFERENCE_MS:
        return ()
    message = f"an inference of {latency_ms / 1e3:.6g} s is longer than an hour: the unit of the time is wrong"
    return (Finding("absurd_latency", "error", message),)


def _negative(trace: Trace) -> Finding | None:
    power_mw = trace.power_mw
    mean_mw = float(power_mw.mean())
    if not power_mw.any():
        return _finding(
            "usb_fed",
            "error",
            "every sample of power is zero: the device was fed by USB and not by this channel",
            "choose the channel that fed it, or unplug USB and measure again",
        )
    share = float(np.mean(power_mw < 0))
    if mean_mw <= 0:
        return _finding(
            "charging",
            "error",
            f"{100 * share:.0f} % of the samples are negative and their mean is {mean_mw:.4g} mW: current flowed into "
            "the supply (a device that charges, swapped leads) or the load was off",
            "measure again with the monitor as the only supply",
        )
    if share <= 0.01:
        return None
    return _finding(
        "charging",
        "warning",
        f"{100 * share:.1f} % of the samples are negative: now and then current flowed back",
        "check that nothing charges the device, USB in particular",
    )


def _absurd(trace: Trace) -> Finding | None:
    mean_mw = float(np.abs(trace.power_mw).mean())
    if mean_mw <= USUAL_MW:
        return None
    if mean_mw <= MOST_MW:
        return _finding(
            "high_power",
            "warning",
            f"a mean power of {mean_mw / 1e3:.4g} W is more than phones and small boards draw",
            "check the units of current, voltage and power",
        )
    return _finding(
        "absurd_power",
        "error",
        f"a mean power of {mean_mw / 1e3:.6g} W is above 100 W, which no phone or board draws",
        "check the units of current, voltage and power",
    )


def _stale(trace: Trace) -> Finding | None:
    """A gauge polled faster than it measures repeats its value; a power monitor's noise never does for long."""
    if trace.samples < _STALE_SAMPLES or not trace.power_mw.any():
        return None
    changes = np.flatnonzero(np.diff(trace.power_mw)) + 1
    values = len(np.unique(trace.power_mw[np.concatenate(([0], changes))])) if len(changes) < 10_000 else None
    edges = np.concatenate(([0], changes, [trace.samples - 1]))
    held_s = float(np.diff(trace.time_s[edges]).max())
    held_samples = int(np.diff(edges).max())
    few = values is not None and values <= _FEW_VALUES
    if not few and (held_s < _STALE_S or held_samples < _STALE_SAMPLES):
        return None
    what = f"only {values} different values" if few else "long stretches of one value"
    return _finding(
        "stale_gauge",
        "warning",
        f"{trace.samples} samples hold {what}, "
        f"one of them for {held_s:.3g} s: the gauge was read faster than it measures",
        "take the figures as indicative, or measure longer with a power monitor",
    )


def _clipped(trace: Trace) -> Finding | None:
    """Samples that pile up at the largest value while those below it scatter."""
    power_mw = trace.power_mw
    top_mw = float(power_mw.max())
    at_top = power_mw >= _TOP * top_mw
    count = int(at_top.sum())
    if top_mw <= 0 or count < 10 or count < _PILE * trace.samples:
        return None
    just_below = int(np.sum(power_mw >= (2 * _TOP - 1) * top_mw)) - count
    below_mw = power_mw[~at_top]
    if count < 3 * just_below or len(below_mw) < 10 or _noise(below_mw) < _NOISE * top_mw:
        return None
    if _longest(at_top) < 5 * max(1.0, _usual_hold(below_mw)):
        return None
    return _finding(
        "clipping",
        "warning",
        f"{count} samples ({100 * count / trace.samples:.2g} %) are at the largest value, {top_mw:.5g} mW, several "
        "times in a row: the monitor's range was exceeded, so the true power is higher",
        "measure again in a larger range or with a higher current limit",
    )


def _noise(values: Values) -> float:
    steps = np.abs(np.diff(values))
    moving = steps[steps > 0]
    return float(np.median(moving)) if len(moving) else 0.0


def _usual_hold(values: Values) -> float:
    """Median number of samples for which one value is held: above one where a slow gauge was read fast."""
    return float(np.median(np.diff(np.flatnonzero(np.concatenate(([True], np.diff(values) != 0, [True]))))))


def _longest(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False]))))
    return int((edges[1::2] - edges[::2]).max())


def _gaps(trace: Trace) -> Finding | None:
    steps_s = np.diff(trace.time_s)
    limit_s = gap_limit_s(steps_s)
    gaps = np.flatnonzero(steps_s > limit_s)
    if not len(gaps):
        return None
    widest = gaps[np.argmax(steps_s[gaps])]
    return _finding(
        "lost_samples",
        "warning",
        f"{len(gaps)} gap(s) in the samples, {steps_s[gaps].sum():.4g} s of {trace.duration_s:.4g} s in all, the "
        f"widest {steps_s[widest]:.4g} s at {trace.time_s[widest]:.3f} s: they count neither as energy nor as time",
        "choose a window without a gap, or record on a computer that keeps up",
    )


def _short(trace: Trace, windows: Sequence[Window], curve: EnergyCurve) -> Finding | None:
    shortest = min(windows, key=lambda window: window.duration_s)
    known = [window.inferences for window in windows if window.inferences is not None]
    few = min(known) if known and min(known) < FEWEST_INFERENCES else None
    if shortest.duration_s >= SHORTEST_WINDOW_S and few is None:
        return None
    holds = f" and holds {few} inference(s)" if few is not None else ""
    return _finding(
        "short_window",
        "warning",
        f"the shortest of {len(windows)} window(s) lasts {shortest.duration_s:.3g} s{holds}; under "
        f"{SHORTEST_WINDOW_S:.0f} s or {FEWEST_INFERENCES} inferences a mean is easily off by some per cent",
        "run the benchmark longer (--min_secs=30)",
    )


def _few_samples(trace: Trace, windows: Sequence[Window], curve: EnergyCurve) -> Finding | None:
    edges_s = np.array([(window.start_s, window.end_s) for window in windows])
    held = np.diff(np.searchsorted(trace.time_s, edges_s), axis=1)
    fewest = int(held.min())
    if fewest >= FEWEST_SAMPLES:
        return None
    return _finding(
        "few_samples",
        "warning",
        f"a window holds only {fewest} samples ({trace.rate_hz:.4g} per second): its mean power is coarse",
        "sample faster, or make the window longer",
    )


def _drifting(trace: Trace, windows: Sequence[Window], curve: EnergyCurve) -> Finding | None:
    """Compare the halves of each window: a device that is warming up or throttling has no one power."""
    for window in windows:
        middle_s = 0.5 * (window.start_s + window.end_s)
        first_mw = recorded_mean_mw(curve, Window(window.start_s, middle_s))
        second_mw = recorded_mean_mw(curve, Window(middle_s, window.end_s))
        if abs(second_mw - first_mw) > DRIFT * abs(first_mw):
            return _finding(
                "drift",
                "warning",
                f"power is not steady in the window from {window.start_s:.3f} s to {window.end_s:.3f} s: its "
                f"halves draw {first_mw:.4g} mW and {second_mw:.4g} mW",
                "check on the plot whether the window holds only inferences; lock the clock and warm up longer",
            )
    return None


def _finding(code: str, severity: Severity, found: str, advice: str) -> Finding:
    return Finding(code, severity, f"{found}; {advice}")
