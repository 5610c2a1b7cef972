"""Times of monitors that stamp their samples by their own clock: even and strictly increasing."""

import numpy as np

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing import timing
from nas_engine.energy.readers.parsing.timing import Timing
from nas_engine.energy.traces.trace import Values

_LOOKED_AT = 100_000  # steps, spread over all
_EVEN = 0.01  # share of the usual step by which nine of ten steps may differ from it


def timed(source: FileSource, stamps: Values, unit_s: float, *, first_line: int = 1, even: bool = True) -> Timing:
    """Times from stamps [n] of a device's own clock, in units of `unit_s` seconds. Holes stay.

    Args:
        even: nine of ten steps must be alike, as they are where samples are taken at a fixed rate; stamps that were
            rounded to fewer digits than the rate needs count as even.

    Raises:
        BadMeasurement: times do not increase, or their steps are uneven: then this is no column of time.
    """
    if even and (found := timing.rounded(stamps, unit_s)) is not None:
        return found
    step = np.diff(stamps)
    wrong = np.flatnonzero(~(step > 0.0))
    if len(wrong):
        raise source.wrong(
            f"the time {stamps[wrong[0] + 1]:.9g} does not come after {stamps[wrong[0]]:.9g}, though the monitor "
            "itself counts it: "
            "columns are swapped, or rows of two recordings are mixed; export again",
            line=first_line + int(wrong[0]) + 1,
        )
    if even and not is_even(stamps):
        raise source.wrong(
            "the times are uneven, though the monitor samples at a fixed rate: columns are swapped; export again"
        )
    return timing.timed(source, stamps, unit_s, first_line=first_line)


def is_even(stamps: Values) -> bool:
    """Whether nine of ten steps between stamps [n] are alike."""
    step = np.diff(stamps)
    if not len(step):
        return True
    usual = float(np.median(step))
    some = step[:: 1 + len(step) // _LOOKED_AT]
    return float(np.quantile(np.abs(some - usual), 0.9)) <= _EVEN * usual + 1e-9 * float(np.abs(stamps).max())
