"""Misses and false alarms of one class at every threshold: the DET curve, exact, in one walk over the windows.

With a refractory time detections are not nested: a lower threshold may detect earlier and so suppress what a higher one
detects. Each threshold is a loop of its own; all of them are walked together. At a window, the loops whose threshold
lies below the evidence are a prefix of the thresholds in ascending order.

    symbol   code           shape      unit           meaning
    K, R, V                                           thresholds, streams, merged events of the class in all streams
             levels         [K]        output steps   0 and all values of the evidence, ascending
             false_alarms   [R, K]     1              false alarms of each stream
             latencies_ms   [V, K]     ms             from onset to hit, `MISSED` where an event is missed

Latencies are the memory that counts: 4 bytes for each event at each threshold, 0.2 GB for a class with 3,000 events and
a moving average of 60 windows. `each_det_curve` has those of one class at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.streaming.loop import LoopSettings, evidence, score_of
from nas_engine.streaming.values import StreamScores, in_ms, independent_hours, merged_events

MISSED = -1


@dataclass(frozen=True, slots=True, eq=False)
class DetCurve:
    """Outcomes of the class `label` at every threshold [K], ascending (0..1); symbols at the top of the module.

    Any threshold from one value up to below the next gives the outcomes of the first; at the last one nothing is
    detected. `event_streams` [V] is the number of the stream of each event. `independent_hours` are those of `hours`
    that are not the same sounds at another noise level.
    """

    label: str
    thresholds: NDArray[np.float64]
    false_alarms: NDArray[np.int64]
    latencies_ms: NDArray[np.int32]
    event_streams: NDArray[np.int64]
    hours: float
    independent_hours: float

    @property
    def events(self) -> int:
        """Number of events."""
        return len(self.event_streams)

    @property
    def misses(self) -> NDArray[np.int64]:
        """Missed events at every threshold [K]."""
        missed: NDArray[np.int64] = np.sum(self.latencies_ms == MISSED, axis=0)
        return missed

    @property
    def miss_rates(self) -> NDArray[np.float64]:
        """Share of events that are missed [K], NaN without events."""
        rates: NDArray[np.float64] = self.misses / self.events if self.events else np.full(len(self.thresholds), np.nan)
        return rates

    @property
    def false_alarms_per_hour(self) -> NDArray[np.float64]:
        """False alarms per hour of all streams [K]."""
        rates: NDArray[np.float64] = self.false_alarms.sum(axis=0) / self.hours
        return rates

    def latency_s(self, quantile: float) -> NDArray[np.float64]:
        """Latency in seconds [K] that this share of the hits does not exceed, NaN where there is no hit."""
        hit = np.where(self.latencies_ms == MISSED, np.iinfo(np.int32).max, self.latencies_ms)
        found = np.sum(self.latencies_ms != MISSED, axis=0)
        if not self.events:
            return np.full(len(self.thresholds), np.nan)
        place = np.maximum(np.ceil(quantile * found).astype(int), 1) - 1
        values = np.take_along_axis(np.sort(hit, axis=0), place[np.newaxis], axis=0)[0]
        return np.where(found > 0, values / 1e3, np.nan)


class _Loops:
    """Loops of one class, one a threshold, in one stream: what each may detect next, and what it has hit."""

    def __init__(self, spans: NDArray[np.int64], thresholds: int, refractory_ms: int) -> None:
        self.spans, self.refractory_ms = spans, refractory_ms
        self.ready_ms = np.zeros(thresholds, np.int64)
        self.false_alarms = np.zeros(thresholds, np.int64)
        self.latencies_ms = np.full((len(spans), thresholds), MISSED, np.int32)

    def hear(self, time_ms: int, active: int) -> None:
        """One window: the first `active` loops find the class active."""
        detects = self.ready_ms[:active] <= time_ms
        if not detects.any():
            return
        self.ready_ms[:active][detects] = time_ms + self.refractory_ms
        inside = np.flatnonzero((self.spans[:, 0] <= time_ms) & (time_ms <= self.spans[:, 1]))
        if not inside.size:
            self.false_alarms[:active] += detects
            return
        for event in inside:
            hits = detects & (self.latencies_ms[event, :active] == MISSED)
            self.latencies_ms[event, :active][hits] = time_ms - self.spans[event, 0]
            detects = detects & ~hits


def det_curves(
    streams: Sequence[StreamScores], settings: LoopSettings, collar_s: float, labels: Sequence[str] | None = None
) -> dict[str, DetCurve]:
    """DET curves of the classes `labels`, by default all that the loop detects, over all streams.

    The thresholds of `settings` are not used. Raises ValueError without streams, for streams of different classes, and
    for a collar below 0 s.
    """
    return {curve.label: curve for curve in each_det_curve(streams, settings, collar_s, labels)}


def each_det_curve(
    streams: Sequence[StreamScores], settings: LoopSettings, collar_s: float, labels: Sequence[str] | None = None
) -> Iterator[DetCurve]:
    """`det_curves` one by one: memory is that of one curve, if the caller keeps none. Raises at the first one."""
    if not streams or len({one.classes for one in streams}) > 1:
        raise ValueError("A DET curve needs streams, all of the same classes.")
    if not collar_s >= 0.0:
        raise ValueError(f"the collar must be at least 0 s, not {collar_s}")
    steps = [evidence(one, settings) for one in streams]
    chosen = settings.detected_classes(streams[0].classes) if labels is None else labels
    for label in chosen:
        yield _curve(label, streams, steps, settings, in_ms(collar_s))


def _curve(
    label: str,
    streams: Sequence[StreamScores],
    steps: Sequence[NDArray[np.int64]],
    settings: LoopSettings,
    collar_ms: int,
) -> DetCurve:
    column = streams[0].classes.index(label)
    values = [one[:, column] for one in steps]
    levels = np.unique(np.concatenate([[0], *values]))
    levels = levels[levels >= 0]
    walked = [_walk(one, value, levels, label, settings, collar_ms) for one, value in zip(streams, values, strict=True)]
    return DetCurve(
        label,
        score_of(levels, streams[0], settings),
        np.stack([one.false_alarms for one in walked]),
        np.concatenate([one.latencies_ms for one in walked]),
        np.repeat(np.arange(len(streams)), [len(one.spans) for one in walked]),
        sum(one.hours for one in streams),
        independent_hours(streams),
    )


def _walk(
    stream: StreamScores,
    values: NDArray[np.int64],
    levels: NDArray[np.int64],
    label: str,
    settings: LoopSettings,
    collar_ms: int,
) -> _Loops:
    events = [event for event in merged_events(stream.events) if event.label == label]
    spans = [(in_ms(event.onset_s), in_ms(event.offset_s) + collar_ms) for event in events]
    loops = _Loops(np.array(spans, np.int64).reshape(-1, 2), len(levels), in_ms(settings.refractory_s))
    active, times = np.searchsorted(levels, values), stream.times_ms
    for at in np.flatnonzero(active):
        loops.hear(int(times[at]), int(active[at]))
    return loops
