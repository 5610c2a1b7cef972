"""Times of rows that are stamped in whole seconds."""

import numpy as np

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing import timing
from nas_engine.energy.readers.parsing.timing import Timing
from nas_engine.energy.traces.trace import Finding, Values

_RESOLUTION_S = 1.0


def timed(source: FileSource, stamps_s: Values, *, first_line: int = 1) -> Timing:
    """Times of rows taken at a fixed interval, from stamps [n] in whole seconds.

    Even times by the least-squares fit of stamps over the index where no stamp is a second or more from it. Else there
    are holes: rows of one second are spread over it, and holes stay.

    Raises:
        BadMeasurement: one row, all rows within one second, time that runs back, or too large a hole.
    """
    samples = len(stamps_s)
    if samples < 2 or stamps_s[-1] <= stamps_s[0]:
        raise source.wrong("all rows within one second, stamped in whole seconds; give the rows per second")
    index = np.arange(samples) - (samples - 1) / 2
    centred_s = stamps_s - stamps_s.mean()
    step_s = float(index @ centred_s) / float(index @ index)
    if step_s <= 0.0 or float(np.abs(centred_s - step_s * index).max()) >= _RESOLUTION_S:
        return spread(source, stamps_s, first_line=first_line)
    even = timing.evenly(samples, 1.0 / step_s)
    findings = () if (np.diff(stamps_s) == step_s).all() else (_even(1.0 / step_s),)
    return Timing(even.time_s, even.rate_hz, float(stamps_s[0]), findings)


def spread(source: FileSource, stamps_s: Values, *, first_line: int = 1) -> Timing:
    """Times from whole seconds [n]: rows of one second are spread evenly over it, and holes stay.

    Raises:
        BadMeasurement: all rows within one second, time that runs back, or too large a hole.
    """
    starts = np.flatnonzero(np.diff(stamps_s, prepend=stamps_s[0] - 1.0))
    if len(starts) < 2:
        raise source.wrong("all samples within one second of whole seconds; give the samples per second")
    checked = timing.timed(source, stamps_s[starts], 1.0, first_line=first_line)
    counts = np.diff(starts, append=len(stamps_s))
    within = np.arange(len(stamps_s)) - np.repeat(starts, counts)
    time_s = np.repeat(checked.time_s, counts) + within / np.repeat(counts, counts)
    rate_hz = (len(stamps_s) - 1) / float(time_s[-1])
    message = f"whole seconds with up to {int(counts.max()):,} samples each, spread evenly over their second"
    finding = Finding("retimed", "note", message)
    return Timing(time_s, rate_hz, float(stamps_s[0]), (*checked.findings, finding))


def _even(rate_hz: float) -> Finding:
    message = f"stamps are whole seconds: rows are timed by their index, {rate_hz:.5g} per second by all stamps"
    return Finding("retimed", "note", message)
