"""95 % intervals of miss rates and of false alarms per hour, over recordings.

Units are what is independent of one another: recordings, where there are at least ten of them; otherwise stretches of
`SEGMENT_S` of each, because a single long stream has no other. An event that was cut from a known recording
(`SoundEvent.source`) belongs to that, wherever it was put. Streams of the same sounds at several noise levels are one
recording (`StreamScores.unit`).

A miss rate has the interval of an accuracy over clips (`statistics.clips`). False alarms per hour have the BCa
bootstrap of the ratio of sums over units, at the level that so many units need (as there). Fewer than `FEWEST_ALARMS`
are too few to draw from and have the exact interval of a Poisson count (Garwood, "Fiducial limits for the Poisson
distribution", Biometrika 28, 1936): no false alarm in one hour leaves up to 3.7 an hour. The same hour at three noise
levels counts there as one hour with a third of the false alarms.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit
from scipy.stats import bootstrap, chi2

from nas_engine.statistics.clips import FEWEST_RECORDINGS, RESAMPLES, accuracy_over_clips
from nas_engine.statistics.values import Interval95
from nas_engine.streaming.values import SoundEvent, StreamScores

SEGMENT_S = 60.0
FEWEST_ALARMS = 10
_BATCH = 1_000


def unit_of_event(stream: StreamScores, event: SoundEvent, by_segment: bool) -> str:
    """Name of the unit that an event belongs to."""
    return event.source or unit_of_time(stream, event.onset_s, by_segment)


def unit_of_time(stream: StreamScores, time_s: float, by_segment: bool) -> str:
    """Name of the unit that a moment of a stream belongs to."""
    last = max(0, math.ceil(stream.duration_s / SEGMENT_S) - 1)
    name = stream.unit or stream.name
    return f"{name} {min(int(time_s // SEGMENT_S), last)}" if by_segment else name


def hours_of_units(streams: Sequence[StreamScores], by_segment: bool) -> dict[str, float]:
    """Hours of each unit of all streams, those of every noise level together."""
    hours: dict[str, float] = {}
    for stream in streams:
        starts = np.arange(0.0, stream.duration_s, SEGMENT_S) if by_segment else np.zeros(1)
        length = SEGMENT_S if by_segment else stream.duration_s
        for start in starts:
            unit = unit_of_time(stream, start, by_segment)
            hours[unit] = hours.get(unit, 0.0) + min(length, stream.duration_s - start) / 3600.0
    return hours


def by_segments(streams: Sequence[StreamScores]) -> bool:
    """Whether there are too few recordings to draw from, so that stretches of them are the units."""
    return len({one.unit or one.name for one in streams}) < FEWEST_RECORDINGS


def miss_rate_interval(missed: Sequence[bool], units: Sequence[str], seed: int) -> Interval95 | None:
    """Interval of the share (0..1) of events that are missed; None without events."""
    return accuracy_over_clips([float(one) for one in missed], units, seed).interval if missed else None


def false_alarm_interval(alarms: Sequence[int], hours: Sequence[float], seed: int, copies: float = 1.0) -> Interval95:
    """Interval of false alarms per hour, of the `alarms` [n] in units of these `hours` [n].

    `copies` (at least 1) is how many times each hour was heard, at other noise levels: alarms and hours in all over
    those that are independent.
    """
    count, total = sum(alarms) / copies, sum(hours) / copies
    if count < FEWEST_ALARMS or len(alarms) < FEWEST_RECORDINGS or len(set(alarms)) == 1:
        low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
        return Interval95(low / total, float(chi2.ppf(0.975, 2 * count + 2)) / 2 / total)
    n = len(alarms)
    tail = float(ndtr(-np.sqrt(n / (n - 1)) * stdtrit(n - 1, 0.975)))
    result = bootstrap(
        (np.asarray(alarms, float), np.asarray(hours, float)), _rate, paired=True, vectorized=True,
        n_resamples=RESAMPLES, batch=_BATCH, confidence_level=1 - 2 * tail, method="BCa",
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    return Interval95(*(float(end) for end in result.confidence_interval))


def _rate(alarms: NDArray[np.float64], hours: NDArray[np.float64], axis: int) -> Any:
    return alarms.sum(axis=axis) / hours.sum(axis=axis)
