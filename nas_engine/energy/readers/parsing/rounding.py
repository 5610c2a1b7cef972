"""Times of evenly sampled rows whose stamps were rounded to fewer digits than the rate needs.

    symbol   code         shape    unit of the stamps   meaning
    s_i      stamps       [n]                           stamps in their order
    q        quantum      scalar                        last digit: every s_i - s_0 is a multiple of it
    k_i      steps        [n - 1]  1                    (s_(i+1) - s_i) / q, whole numbers
    p        period       scalar                        time between samples, by least squares over all stretches
    c_j      centres      [m]                           mean stamp of stretch j

Rounding moves a stamp by at most half of q, so that steps of one rate are the two whole numbers around p / q, and all
stamps lie within 0.5 q of a line with the slope p. A larger step is a hole and begins another stretch with a line of
its own. Stamps that leave their line are not rounded but uneven.
"""

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.traces.trace import Values

_MOST_DIGITS = 9
_FIRST = 1_000
_WHOLE = 1e-3
_FINE = 200  # quanta in a step, from which on rounding changes it by under half a per cent
_OFF_LINE = 0.9  # quanta: half of one by rounding, the rest for ties and the error of the fit
_MOST_STRETCHES = 0.1  # share of the samples


def even_times(stamps: Values) -> tuple[Values, float] | None:
    """Even times [n] from 0 of `stamps` [n] with their holes, and the quantum, in the unit of the stamps.

    None where rounding does not change the steps: they are all alike, of over 200 quanta, uneven, or run back.
    """
    offsets = stamps - stamps[0]
    if len(stamps) < 4 or not np.isfinite(offsets).all() or (np.diff(offsets) < 0.0).any():
        return None
    quantum = _quantum(offsets)
    if quantum is None:
        return None
    steps = np.rint(np.diff(offsets) / quantum)
    usual = float(np.median(steps))
    holes = steps > usual + 1.0
    within = steps[~holes]
    if usual > _FINE or not len(within) or within.min() == within.max():
        return None
    times = _on_lines(offsets, np.flatnonzero(holes) + 1, _OFF_LINE * quantum)
    return None if times is None else (times, quantum)


def _quantum(offsets: Values) -> float | None:
    for digits in range(_MOST_DIGITS + 1):
        if all(_is_whole(part * 10.0**digits) for part in (offsets[:_FIRST], offsets)):
            return float(10.0**-digits)
    return None


def _is_whole(values: Values) -> bool:
    return bool((np.abs(values - np.rint(values)) < _WHOLE).all())


def _on_lines(offsets: Values, breaks: NDArray[np.intp], tolerance: float) -> Values | None:
    """Times on the lines of all stretches that begin at `breaks` [m - 1]; None where a stamp is off its line."""
    starts = np.concatenate(([0], breaks))
    counts = np.diff(starts, append=len(offsets))
    if len(starts) > max(1.0, _MOST_STRETCHES * len(offsets)):
        return None
    index = np.arange(len(offsets)) - np.repeat(starts + (counts - 1) / 2, counts)
    centres = np.repeat(np.add.reduceat(offsets, starts) / counts, counts)
    period = float(index @ (offsets - centres)) / float(index @ index)
    times: Values = centres + period * index
    if np.abs(offsets - times).max() > tolerance or not (np.diff(times) > 0.0).all():
        return None
    times -= times[0]
    return times
