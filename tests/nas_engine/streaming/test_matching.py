"""Hits, misses and false alarms, against a matching written as plainly as it can be."""

import numpy as np
import pytest

from nas_engine.streaming.evaluation.matching import match
from nas_engine.streaming.loop import detections
from nas_engine.streaming.values import Detection, SoundEvent, merged_events
from tests.nas_engine.streaming.made import random_events, random_outputs, random_settings, scores_of


def milliseconds_of(events: list[SoundEvent], label: str) -> list[list[int]]:
    """Spans [first, last] of runs of milliseconds in which a class sounds; ends touch where they are equal."""
    sounding = np.zeros(200_000, bool)  # in half milliseconds, so that events a millisecond apart stay two
    for event in events:
        if event.label == label:
            sounding[2 * round(event.onset_s * 1000) : 2 * round(event.offset_s * 1000) + 1] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], sounding, [False]]).astype(int)))
    return [[int(a) // 2, (int(b) - 1) // 2] for a, b in edges.reshape(-1, 2)]


def plainly_matched(
    events: list[SoundEvent], found: list[Detection], collar_ms: int
) -> tuple[dict[tuple[str, int], int], set[tuple[str, int]], list[tuple[str, int]]]:
    """Latency in ms of each hit by (class, onset), missed (class, onset), false alarms (class, time in ms)."""
    hits: dict[tuple[str, int], int] = {}
    alarms = []
    spans = {label: milliseconds_of(events, label) for label in ("dog", "siren")}
    for detection in found:
        time = round(detection.time_s * 1000)
        around = [onset for onset, offset in spans[detection.label] if time in range(onset, offset + collar_ms + 1)]
        for onset in around:
            if (detection.label, onset) not in hits:
                hits[detection.label, onset] = time - onset
                break
        if not around:
            alarms.append((detection.label, time))
    every = {(label, onset) for label, of_label in spans.items() for onset, _ in of_label}
    return hits, every - set(hits), alarms


@pytest.mark.parametrize("seed", range(100))
def test_hits_misses_latencies_and_false_alarms_are_those_of_the_plain_matching(seed: int) -> None:
    rng = np.random.default_rng(seed)
    outputs = random_outputs(80, rng)
    events = random_events(40.0, int(rng.integers(0, 12)), rng)
    collar_s = float(rng.choice([0.0, 0.2, 1.0, 4.0]))
    found = detections(scores_of(outputs), random_settings(rng))
    hits, misses, alarms = plainly_matched(list(events), list(found), round(collar_s * 1000))
    result = match(events, found, collar_s)
    assert {
        (hit.event.label, round(hit.event.onset_s * 1e3)): round(hit.latency_s * 1e3) for hit in result.hits
    } == hits
    assert {(event.label, round(event.onset_s * 1e3)) for event in result.misses} == misses
    assert sorted((one.label, round(one.time_s * 1e3)) for one in result.false_alarms) == sorted(alarms)
    assert len(result.hits) + len(result.repeats) + len(result.false_alarms) == len(found)


def outcome(time_s: float, *events: SoundEvent, collar_s: float = 0.2, label: str = "dog") -> tuple[int, int, int]:
    """Numbers of hits, misses and false alarms of one detection."""
    result = match(events, [Detection(time_s, label, 1.0)], collar_s)
    return len(result.hits), len(result.misses), len(result.false_alarms)


def test_a_detection_exactly_at_the_onset_or_exactly_one_collar_after_the_end_hits() -> None:
    for tenths in range(1, 200):
        onset = tenths / 10
        event = SoundEvent(onset, onset + 0.1, "dog")
        assert outcome(onset, event) == (1, 0, 0)
        assert outcome(onset + 0.1 + 0.2, event) == (1, 0, 0)
        assert outcome(onset + 0.1 + 0.2 + 0.001, event) == (0, 1, 1)
        assert outcome(onset - 0.001, event) == (0, 1, 1)


def test_a_detection_of_another_class_is_a_false_alarm_and_leaves_the_event_missed() -> None:
    assert outcome(1.5, SoundEvent(1, 2, "dog"), label="siren") == (0, 1, 1)


def test_a_detector_that_detects_nothing_hits_nothing() -> None:
    result = match([SoundEvent(1, 2, "dog")], [], 0.2)
    assert (len(result.hits), len(result.misses), len(result.false_alarms)) == (0, 1, 0)


def test_further_detections_in_an_event_are_neither_hits_nor_false_alarms() -> None:
    found = [Detection(time, "dog", 1.0) for time in (1.5, 2.5, 3.5, 9.0)]
    result = match([SoundEvent(1, 4, "dog")], found, 0.0)
    assert ([hit.latency_s for hit in result.hits], list(result.repeats)) == ([0.5], found[1:3])
    assert result.false_alarms == (found[3],)


def test_events_of_one_class_that_touch_or_overlap_are_one() -> None:
    events = [SoundEvent(0.1 + 0.2, 1.0, "dog", "b"), SoundEvent(0.1, 0.3, "dog", "a"), SoundEvent(0.9, 1.2, "dog")]
    assert merged_events(events) == (SoundEvent(0.1, 1.2, "dog", "a"),)
    apart = [SoundEvent(0.1, 0.3, "dog"), SoundEvent(0.301, 1.0, "dog"), SoundEvent(0.2, 0.5, "siren")]
    assert len(merged_events(apart)) == 3
    assert merged_events([SoundEvent(1.0001, 1.0002, "dog")]) == (SoundEvent(1.0, 1.001, "dog"),)


def test_a_collar_below_zero_and_an_event_that_ends_before_its_onset_are_named() -> None:
    with pytest.raises(ValueError, match="collar"):
        match([], [], -0.1)
    with pytest.raises(ValueError, match="after its onset"):
        SoundEvent(2.0, 1.0, "dog")
