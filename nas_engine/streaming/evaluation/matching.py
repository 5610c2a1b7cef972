"""Detections matched with events: hits, misses, false alarms. NumPy is not needed.

A detection hits an event of its class if onset <= time <= offset + collar, both ends included, in whole milliseconds.
Detections are taken by time. Each hits the earliest event that it lies in and that is not hit yet; an event is hit at
most once, and its latency is that of its first detection. A detection in events that are all hit is a *repeat*:
neither a hit nor a false alarm. Any other is a false alarm, one before the onset included.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from nas_engine.statistics.stored_value import StoredValue
from nas_engine.streaming.values import Detection, SoundEvent, in_ms, merged_events


@dataclass(frozen=True, slots=True)
class Hit(StoredValue):
    """Event with the detection that hit it."""

    event: SoundEvent
    detection: Detection

    @property
    def latency_s(self) -> float:
        """Seconds from the onset to the detection."""
        return (in_ms(self.detection.time_s) - in_ms(self.event.onset_s)) / 1e3


@dataclass(frozen=True, slots=True)
class Matching(StoredValue):
    """Outcome for one stream; events are merged ones, in the order of their onsets."""

    hits: tuple[Hit, ...]
    misses: tuple[SoundEvent, ...]
    false_alarms: tuple[Detection, ...]
    repeats: tuple[Detection, ...]


def match(events: Iterable[SoundEvent], detections: Iterable[Detection], collar_s: float) -> Matching:
    """Match the detections of one stream with its events, which are merged first. Raises ValueError for collars < 0."""
    if not collar_s >= 0.0:
        raise ValueError(f"the collar must be at least 0 s, not {collar_s}")
    merged, collar_ms = merged_events(events), in_ms(collar_s)
    hit_by: dict[int, Detection] = {}
    false_alarms: list[Detection] = []
    repeats: list[Detection] = []
    for detection in sorted(detections, key=lambda one: in_ms(one.time_s)):
        inside = [i for i, event in enumerate(merged) if _is_in(detection, event, collar_ms)]
        free = [i for i in inside if i not in hit_by]
        if free:
            hit_by[free[0]] = detection
        else:
            (repeats if inside else false_alarms).append(detection)
    hits = tuple(Hit(merged[i], hit_by[i]) for i in sorted(hit_by))
    misses = tuple(event for i, event in enumerate(merged) if i not in hit_by)
    return Matching(hits, misses, tuple(false_alarms), tuple(repeats))


def _is_in(detection: Detection, event: SoundEvent, collar_ms: int) -> bool:
    time_ms = in_ms(detection.time_s)
    return detection.label == event.label and in_ms(event.onset_s) <= time_ms <= in_ms(event.offset_s) + collar_ms
