"""What a loop misses and alarms falsely on streams, per class, at its thresholds.

Every stream counts with its whole duration to the hours, those without events included: background is what false alarms
are counted on. A detection of a class in an event of another one is a false alarm.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from nas_engine.statistics.values import Interval95
from nas_engine.streaming.evaluation.intervals import (
    by_segments,
    false_alarm_interval,
    hours_of_units,
    miss_rate_interval,
    unit_of_event,
    unit_of_time,
)
from nas_engine.streaming.evaluation.matching import Matching, match
from nas_engine.streaming.evaluation.results import COLLAR_S, ClassMeasures, StreamMeasures
from nas_engine.streaming.loop import LoopSettings, detections
from nas_engine.streaming.values import StreamScores, independent_hours


def measure(
    streams: Sequence[StreamScores], settings: LoopSettings, collar_s: float = COLLAR_S, seed: int = 0
) -> StreamMeasures:
    """Measures of the loop with the thresholds of `settings`; `seed` is that of the intervals' resamples.

    Events of classes that the loop does not detect are not counted. Raises ValueError without streams, for two streams
    of one name, and for a collar below 0 s.
    """
    names = [one.name for one in streams]
    if not streams or len(set(names)) < len(names):
        raise ValueError("Measures need streams, each with a name of its own.")
    labels = settings.detected_classes(streams[0].classes)
    matchings = {
        one.name: match([event for event in one.events if event.label in labels], detections(one, settings), collar_s)
        for one in streams
    }
    classes = tuple(_of_class(label, streams, matchings, settings, seed) for label in labels)
    rates = [one.miss_rate for one in classes if one.miss_rate is not None]
    hours = sum(one.hours for one in streams)
    return StreamMeasures(
        classes,
        matchings,
        hours,
        sum(one.events for one in classes),
        sum(one.false_alarms for one in classes) / hours,
        _alarm_interval(None, streams, matchings, seed),
        float(np.mean(rates)) if rates else None,
    )


def _of_class(
    label: str, streams: Sequence[StreamScores], matchings: Mapping[str, Matching], settings: LoopSettings, seed: int
) -> ClassMeasures:
    segments = by_segments(streams)
    outcomes: list[tuple[bool, str]] = []
    latencies: list[float] = []
    for stream in streams:
        found = matchings[stream.name]
        hits = [hit for hit in found.hits if hit.event.label == label]
        latencies += [hit.latency_s for hit in hits]
        outcomes += [(False, unit_of_event(stream, hit.event, segments)) for hit in hits]
        outcomes += [(True, unit_of_event(stream, one, segments)) for one in found.misses if one.label == label]
    missed, units = [one for one, _ in outcomes], [unit for _, unit in outcomes]
    hours = sum(one.hours for one in streams)
    alarms = sum(one.label == label for found in matchings.values() for one in found.false_alarms)
    return ClassMeasures(
        label=label,
        threshold=settings.threshold_of(label),
        events=len(missed),
        hits=len(latencies),
        false_alarms=alarms,
        hours=hours,
        miss_rate=float(np.mean(missed)) if missed else None,
        miss_rate_interval=miss_rate_interval(missed, units, seed),
        false_alarms_per_hour=alarms / hours,
        false_alarms_interval=_alarm_interval(label, streams, matchings, seed),
        latency_median_s=_quantile(latencies, 0.5),
        latency_90_s=_quantile(latencies, 0.9),
    )


def _quantile(latencies: Sequence[float], share: float) -> float | None:
    """The smallest latency that this share of them does not exceed."""
    return float(np.quantile(latencies, share, method="inverted_cdf")) if latencies else None


def _alarm_interval(
    label: str | None, streams: Sequence[StreamScores], matchings: Mapping[str, Matching], seed: int
) -> Interval95:
    """Interval of the false alarms per hour of one class, or of all."""
    segments = by_segments(streams)
    hours = hours_of_units(streams, segments)
    counts = dict.fromkeys(hours, 0)
    for stream in streams:
        for alarm in matchings[stream.name].false_alarms:
            if label in (None, alarm.label):
                counts[unit_of_time(stream, alarm.time_s, segments)] += 1
    copies = sum(hours.values()) / independent_hours(streams)
    return false_alarm_interval(list(counts.values()), list(hours.values()), seed, copies)
