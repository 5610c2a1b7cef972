"""Times of samples from the time stamps of a file.

Stamps that a computer wrote when samples arrived come in bursts: a hundred within microseconds, then none for 26 ms,
and many alike. To integrate over their differences would be wrong, so such samples are spaced evenly by their index,
with the period of a least-squares fit to the stamps. Stamps of the device's own clock are kept.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing import rounding
from nas_engine.energy.traces.trace import Finding, Values

_EPOCH_S = (1.0e9, 4.2e9)  # 2001 to 2103
_UNITS = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))
_FIT_NEEDS_S = 1.0  # below, the bursts at both ends blur the fit by more than a monitor's clock is wrong
_RATE_TOLERANCE = 0.005
_LARGEST_STEP_BACK_S = 0.1  # what setting a computer's clock may do; more is another recording or a damaged row
_LARGEST_HOLES = 0.1  # share of the recording
_HOLE = 5.0  # times the usual distance
_GAP_S = 0.005  # reported from here on
_BURST = 200  # samples that may arrive at once


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Times of samples [n] from 0 (s), strictly increasing, with rate (Hz) and start (seconds since 1970, if known)."""

    time_s: Values
    rate_hz: float
    started_at_s: float | None
    findings: tuple[Finding, ...]
    stamped_s: float | None = None  # last stamp minus first, where the times are those of the index instead


def evenly(samples: int, rate_hz: float, findings: tuple[Finding, ...] = ()) -> Timing:
    """Times of `samples` samples without stamps at a fixed rate (Hz)."""
    return Timing(np.arange(samples) / rate_hz, rate_hz, None, findings)


def unit_by_plausibility(stamps: Values, nominal_hz: float) -> tuple[str, float]:
    """Unit of stamps [n], by name and in seconds, from their size or their rate; headers are not reliable.

    The unit of stamps since 1970 follows from their size. Others are in the unit in which their rate is nearest to
    `nominal_hz`; units lie a factor of 1000 apart.
    """
    for name, unit_s in _UNITS:
        if _EPOCH_S[0] <= stamps[0] * unit_s < _EPOCH_S[1]:
            return name, unit_s
    span = float(stamps[-1] - stamps[0])
    if not 0.0 < span < np.inf:
        return _UNITS[0]
    nominal_span_s = (len(stamps) - 1) / nominal_hz
    return min(_UNITS, key=lambda unit: abs(math.log(span) + math.log(unit[1]) - math.log(nominal_span_s)))


def timed(
    source: FileSource, stamps: Values, unit_s: float, *, nominal_hz: float | None = None, first_line: int = 1
) -> Timing:
    """Times from stamps [n] in units of `unit_s` seconds.

    Args:
        nominal_hz: the monitor's own rate, if known: used below a second, and to detect lost samples.
        first_line: line of the first stamp, for messages.

    Raises:
        BadMeasurement: a stamp is missing, time runs back by more than a clock is ever set, a hole is too large, or
            the stamps do not differ and there is no nominal rate.
    """
    if len(stamps) < 2:
        raise source.wrong("one row; a trace needs two or more")
    missing = np.flatnonzero(~np.isfinite(stamps))
    if len(missing):
        raise source.wrong("no time in this row; take it out or export again", line=first_line + int(missing[0]))
    with np.errstate(over="ignore", invalid="ignore"):
        time_s = (stamps - stamps[0]) * unit_s
        step_s = np.diff(time_s)
    if not np.isfinite(time_s).all():
        raise source.wrong("times beyond any number; take the damaged rows out or export again")
    _check_leaps(source, step_s, nominal_hz, first_line)
    started_at_s = float(stamps[0] * unit_s) if _EPOCH_S[0] <= stamps[0] * unit_s < _EPOCH_S[1] else None
    if _arrived_in_bursts(step_s):
        return _by_index(source, time_s, step_s, nominal_hz, started_at_s)
    if (even := rounded(stamps, unit_s)) is not None:
        return replace(even, started_at_s=started_at_s)
    lost = _lost_on_the_way(step_s)
    rate_hz = len(step_s) / float(time_s[-1])
    return Timing(time_s, rate_hz, started_at_s, lost)


def rounded(stamps: Values, unit_s: float) -> Timing | None:
    """Even times of stamps [n] in units of `unit_s` seconds that were rounded to too few digits; None for others."""
    found = rounding.even_times(stamps)
    if found is None:
        return None
    times, quantum = found
    time_s = times * unit_s
    step_s = np.diff(time_s)
    message = (
        f"the stamps are rounded to {1e3 * quantum * unit_s:.3g} ms, too coarse for samples every "
        f"{1e3 * float(np.median(step_s)):.4g} ms: samples are timed by their index between holes"
    )
    findings = (Finding("retimed", "note", message), *_lost_on_the_way(step_s))
    return Timing(time_s, len(step_s) / float(time_s[-1]), None, findings)


def _check_leaps(source: FileSource, step_s: Values, nominal_hz: float | None, first_line: int) -> None:
    """Raise BadMeasurement for steps back beyond setting a clock, and for holes of a large part of the recording."""
    worst = int(np.argmin(step_s))
    if step_s[worst] < -_LARGEST_STEP_BACK_S:
        raise source.wrong(
            f"time runs back by {-step_s[worst]:.6g} s: two recordings in one file, a damaged row or a column that is "
            "no time; give each recording alone",
            line=first_line + worst + 1,
        )
    total_s = float(step_s.sum())
    if total_s < -_LARGEST_STEP_BACK_S:
        raise source.wrong("time runs backwards from the first row to the last; sort the rows by time or export again")
    largest = int(np.argmax(step_s))
    usual_s = _usual(step_s, nominal_hz)
    if step_s[largest] > _HOLE * usual_s and step_s[largest] > _LARGEST_HOLES * total_s and len(step_s) > 2:
        raise source.wrong(
            f"a hole of {step_s[largest]:.6g} s in a recording of {total_s:.6g} s; give the part before or after alone",
            line=first_line + largest + 1,
        )


def _usual(step_s: Values, nominal_hz: float | None) -> float:
    """Usual distance (s) of stamps, or between bursts where there are at least three."""
    typical_s = float(np.median(step_s))
    large = step_s[step_s >= step_s.mean()]
    if len(large) >= 3:
        return max(typical_s, float(np.median(large)))
    return max(typical_s, _BURST / nominal_hz if nominal_hz else 0.0)


def _arrived_in_bursts(step_s: Values) -> bool:
    """Whether stamps repeat or a quarter of them follow at once, as in no device's own clock."""
    return bool((step_s <= 0.0).any()) or float(np.quantile(step_s, 0.25)) < 0.1 * float(step_s.mean())


def _by_index(
    source: FileSource, time_s: Values, step_s: Values, nominal_hz: float | None, started_at_s: float | None
) -> Timing:
    samples = len(time_s)
    repeated, back = int((step_s == 0.0).sum()), int((step_s < 0.0).sum())
    span_s = float(time_s.max())
    if samples > _BURST and span_s <= 0.0 and nominal_hz is not None:
        return _without_stamps(samples, nominal_hz)
    findings = []
    if repeated:
        findings.append(
            Finding("repeated_stamps", "note", f"{repeated:,} of {samples:,} time stamps repeat the one before")
        )
    if back:
        findings.append(
            Finding("backward_stamps", "warning", f"{back:,} time stamps lie before the one before; check the clock")
        )
    rate_hz = _fitted_hz(time_s) if span_s >= _FIT_NEEDS_S or nominal_hz is None else nominal_hz
    if rate_hz is None:
        raise source.wrong("its time stamps do not differ; give the samples per second")
    gaps = f"{int((step_s > _GAP_S).sum()):,} gaps over {1e3 * _GAP_S:g} ms, the longest {1e3 * step_s.max():.3g} ms"
    spread = f"stamps come in bursts, as samples reach a computer ({gaps})"
    is_fitted = span_s >= _FIT_NEEDS_S
    lasts = f", {(samples - 1) / rate_hz:.4f} s in all where the stamps span {time_s[-1]:.4f} s" if is_fitted else ""
    even = f"samples are timed by their index, {1e6 / rate_hz:,.2f} us ({rate_hz:,.1f} Hz){lasts}"
    findings.append(Finding("retimed", "note", f"{spread}: {even}"))
    if span_s < _FIT_NEEDS_S and nominal_hz is not None:
        findings.append(
            Finding("guessed_rate", "note", f"under a second of stamps: the monitor's own {nominal_hz:,.0f} Hz is used")
        )
    elif nominal_hz is not None:
        findings.extend(_lost_by_rate(rate_hz, nominal_hz, float(step_s.max()) / span_s))
    stamped_s = float(time_s[-1]) if is_fitted and time_s[-1] > 0.0 else None
    return Timing(np.arange(samples) / rate_hz, rate_hz, started_at_s, tuple(findings), stamped_s)


def _without_stamps(samples: int, nominal_hz: float) -> Timing:
    """Times where a spreadsheet has rounded all stamps to one."""
    message = (
        f"all {samples:,} time stamps are alike, as where a spreadsheet has rounded them: the monitor's own "
        f"{nominal_hz:,.0f} Hz is used, and the time of day is lost; give the file as the monitor wrote it"
    )
    return evenly(samples, nominal_hz, (Finding("guessed_rate", "warning", message),))


def _fitted_hz(time_s: Values) -> float | None:
    """Least squares of the stamps over the index; None where they do not increase."""
    samples = len(time_s)
    index = np.arange(samples) - (samples - 1) / 2
    step_s = 12.0 * float(index @ time_s) / (samples * (samples**2 - 1.0))
    return 1.0 / step_s if step_s > 0.0 else None


def _lost_by_rate(rate_hz: float, nominal_hz: float, blur: float) -> list[Finding]:
    """Finding on lost samples by too low a rate, as indices show no holes; `blur`: error of the rate by bursts."""
    off = rate_hz / nominal_hz - 1.0
    if abs(off) <= _RATE_TOLERANCE + min(blur, _RATE_TOLERANCE):
        return []
    if off > 0.0 or off < -0.5:
        message = f"{rate_hz:,.1f} samples per second where the monitor takes {nominal_hz:,.0f}; check the unit of time"
        return [Finding("guessed_unit", "warning", message)]
    message = (
        f"{rate_hz:,.1f} samples per second instead of {nominal_hz:,.0f}: about {-100 * off:.1f} % were lost; "
        "mean power holds if what is lost was like the rest, times are blurred"
    )
    return [Finding("lost_samples", "warning", message)]


def _lost_on_the_way(step_s: Values) -> tuple[Finding, ...]:
    """Holes in stamps that are otherwise even."""
    usual_s = float(np.median(step_s))
    even = float(np.quantile(step_s, 0.95)) < 1.2 * usual_s
    holes = step_s[step_s > (1.5 if even else _HOLE) * usual_s]
    if not len(holes):
        return ()
    lost = float(holes.sum() - len(holes) * usual_s) / float(step_s.sum())
    message = f"{len(holes):,} holes, up to {float(holes.max()):.4g} s; {100 * lost:.2f} % of the time has no samples"
    return (Finding("lost_samples", "warning", message),)
