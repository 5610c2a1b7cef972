"""Measures and their intervals, and measures in noise."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nas_engine.streaming.composing import Composition, SourceClip, compose
from nas_engine.streaming.evaluation.intervals import (
    false_alarm_interval,
    hours_of_units,
    miss_rate_interval,
    unit_of_time,
)
from nas_engine.streaming.evaluation.measures import measure
from nas_engine.streaming.evaluation.noise import measure_in_noise
from nas_engine.streaming.evaluation.results import StreamMeasures
from nas_engine.streaming.loop import LoopSettings, detections
from nas_engine.streaming.scores import stream_scores
from nas_engine.streaming.values import SoundEvent, StreamScores
from tests.nas_engine.streaming.made import made_clips, random_events, random_outputs, scores_of, small_listener
from tests.nas_engine.streaming.test_matching import plainly_matched

SETTINGS = LoopSettings(hop_s=0.5, refractory_s=1.0, default_threshold=0.6)


def random_streams(count: int, seed: int) -> list[StreamScores]:
    rng = np.random.default_rng(seed)
    return [
        scores_of(random_outputs(100, rng), random_events(50.0, int(rng.integers(0, 6)), rng), name=f"recording {i}")
        for i in range(count)
    ]


@pytest.mark.parametrize("count", [3, 4, 12])
def test_rates_and_latencies_are_those_of_the_plain_matching(count: int) -> None:
    streams = random_streams(count, seed=count)
    result = measure(streams, SETTINGS, collar_s=1.0)
    plain = [plainly_matched(list(s.events), list(detections(s, SETTINGS)), 1000) for s in streams]
    hours = sum(stream.duration_s for stream in streams) / 3600
    assert result.hours == pytest.approx(hours)
    for one in result.classes:
        latencies = sorted(ms / 1e3 for hits, _, _ in plain for (label, _), ms in hits.items() if label == one.label)
        misses = sum(label == one.label for _, missed, _ in plain for label, _ in missed)
        alarms = sum(label == one.label for _, _, found in plain for label, _ in found)
        assert (one.hits, one.events, one.false_alarms) == (len(latencies), len(latencies) + misses, alarms)
        assert one.miss_rate == pytest.approx(misses / one.events)
        assert one.false_alarms_per_hour == pytest.approx(alarms / hours)
        assert one.latency_median_s == latencies[(len(latencies) - 1) // 2]
        assert one.latency_90_s == latencies[int(np.ceil(0.9 * len(latencies))) - 1]
        assert one.miss_rate_interval is not None
        assert one.miss_rate_interval.includes(one.miss_rate)
        assert one.false_alarms_interval.includes(one.false_alarms_per_hour)
    assert StreamMeasures.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_files_of_background_count_as_hours() -> None:
    streams = random_streams(2, seed=0)
    silence = replace(streams[0], name="night", outputs=np.full((100, 3), -128, np.int8), events=(), duration_s=3600.0)
    alone, more = measure(streams, SETTINGS), measure([*streams, silence], SETTINGS)
    assert more.hours == alone.hours + 1.0
    assert more.false_alarms_per_hour * more.hours == pytest.approx(alone.false_alarms_per_hour * alone.hours)
    assert more.miss_rate == alone.miss_rate


def test_a_class_without_events_has_false_alarms_and_no_miss_rate() -> None:
    outputs = np.full((20, 3), 127, np.int8)
    (dog, siren) = measure([scores_of(outputs, (SoundEvent(2.0, 3.0, "dog"),))], SETTINGS).classes
    assert (dog.miss_rate, siren.miss_rate, siren.miss_rate_interval, siren.latency_median_s) == (0.0, None, None, None)
    assert siren.false_alarms > 0


def test_events_of_classes_that_the_loop_does_not_detect_are_not_counted() -> None:
    stream = scores_of(np.zeros((20, 3), np.int8), (SoundEvent(2.0, 3.0, "negative"), SoundEvent(2.0, 3.0, "whale")))
    assert (measure([stream], SETTINGS).events, measure([stream], SETTINGS).miss_rate) == (0, None)


def test_streams_need_names_of_their_own() -> None:
    for streams in ([], random_streams(1, 0) * 2):
        with pytest.raises(ValueError, match="name of its own"):
            measure(streams, SETTINGS)


def test_no_false_alarm_in_one_hour_leaves_up_to_3_7_an_hour() -> None:
    interval = false_alarm_interval([0] * 60, [1 / 60] * 60, 0)
    assert (interval.low, interval.high) == (0.0, pytest.approx(3.689, abs=1e-3))
    three = false_alarm_interval([3] + [0] * 59, [1 / 60] * 60, 0)
    assert (three.low, three.high) == (pytest.approx(0.6187, abs=1e-4), pytest.approx(8.7673, abs=1e-4))


@pytest.mark.slow
def test_intervals_of_false_alarms_hold_the_true_rate_about_as_often_as_they_claim() -> None:
    """Alarms come in bursts, so that a Poisson interval of all would be too short: 20 recordings of 0.1 to 1 h."""
    rng, held = np.random.default_rng(0), {"ours": 0, "poisson": 0}
    for _ in range(200):
        hours = rng.uniform(0.1, 1.0, 20)
        alarms = rng.poisson(20.0 * hours * rng.gamma(2.0, 0.5, 20))
        held["ours"] += false_alarm_interval(alarms.tolist(), hours.tolist(), 0).includes(20.0)
        half = 1.96 * np.sqrt(alarms.sum()) / hours.sum()
        held["poisson"] += abs(alarms.sum() / hours.sum() - 20.0) <= half
    assert held["ours"] >= 0.89 * 200  # few skewed recordings: a bootstrap claims 95 % and holds some less
    assert held["poisson"] < 0.7 * 200


def test_the_same_seed_gives_the_same_intervals_and_units_cover_all_hours() -> None:
    streams = random_streams(3, 5)
    assert measure(streams, SETTINGS, seed=1).classes == measure(streams, SETTINGS, seed=1).classes
    for by_segment in (True, False):
        assert sum(hours_of_units(streams, by_segment).values()) == pytest.approx(sum(one.hours for one in streams))
    whole = replace(streams[0], duration_s=120.0)
    assert unit_of_time(whole, 120.0, True) in hours_of_units([whole], True)


def test_events_cut_from_one_recording_are_one_unit_so_that_the_interval_is_wide() -> None:
    outputs = np.full((200, 3), -128, np.int8)
    outputs[:100, 0] = 127
    onsets = np.arange(2.0, 98.0, 4.0)
    apart = tuple(SoundEvent(float(on), float(on) + 0.5, "dog", f"r{on}") for on in onsets)
    two = tuple(replace(event, source="first half" if event.onset_s < 50 else "second half") for event in apart)
    settings = replace(SETTINGS, default_threshold=0.5)
    narrow, wide = (measure([scores_of(outputs, events)], settings, 0.0).classes[0] for events in (apart, two))
    assert narrow.miss_rate == wide.miss_rate
    assert narrow.miss_rate_interval is not None
    assert wide.miss_rate_interval is not None
    assert wide.miss_rate_interval.low < narrow.miss_rate_interval.low
    assert wide.miss_rate_interval.high > narrow.miss_rate_interval.high


def test_noise_levels_are_streams_of_the_same_events_at_other_ratios() -> None:
    network, loop = small_listener(), LoopSettings(hop_s=0.5, default_threshold=0.3)
    composition = Composition(duration_s=60.0, events_per_hour=360.0, shortest_gap_s=1.0)
    levels = measure_in_noise(
        made_clips(np.random.default_rng(0)),
        [],
        composition,
        [30.0, 0.0],
        lambda s: stream_scores(s, network, loop),
        loop,
    )
    assert [level.snr_db for level in levels] == [30.0, 0.0]
    events = [
        sorted(
            (e.label, e.onset_s)
            for m in level.measures.matchings.values()
            for e in (*m.misses, *(h.event for h in m.hits))
        )
        for level in levels
    ]
    assert events[0] == events[1]
    assert len(events[0]) == 6
    assert "pink noise" in levels[0].background


def test_the_same_hour_at_three_noise_levels_leaves_as_much_open_as_one_hour() -> None:
    silent = replace(random_streams(1, 0)[0], outputs=np.full((100, 3), -128, np.int8), events=(), duration_s=3600.0)
    one = measure([silent], SETTINGS).false_alarms_interval
    levels = [replace(silent, name=f"at {level} dB", unit="stream 1") for level in range(3)]
    three = measure(levels, SETTINGS)
    assert three.hours == pytest.approx(3.0)
    assert three.false_alarms_interval.high == pytest.approx(one.high)
    assert one.high == pytest.approx(3.689, abs=1e-3)
    assert measure([replace(one, unit="") for one in levels], SETTINGS).false_alarms_interval.high < one.high / 2


def test_copies_of_one_stream_are_one_unit_and_never_ten_recordings() -> None:
    [stream] = random_streams(1, 3)
    copies = [replace(stream, name=f"at {level} dB", unit="stream 1", duration_s=600.0) for level in range(12)]
    alone, many = measure(copies[:1], SETTINGS), measure(copies, SETTINGS)
    assert len(hours_of_units(copies, True)) == 10
    for one, same in zip(alone.classes, many.classes, strict=True):
        assert same.false_alarms == 12 * one.false_alarms
        assert same.miss_rate == pytest.approx(one.miss_rate)
        width = one.false_alarms_interval.high - one.false_alarms_interval.low
        assert same.false_alarms_interval.high - same.false_alarms_interval.low == pytest.approx(width, rel=0.05)


def test_events_of_clips_of_unknown_recordings_are_units_by_clip() -> None:
    """Three of ten clips are always missed, in 18 placements each: the interval is that of ten clips, not of 180."""
    rng = np.random.default_rng(0)
    clips = [SourceClip(rng.normal(0, 0.1, 16_000).astype(np.float32), "dog") for _ in range(10)]
    stream = compose("s", clips, [], Composition(duration_s=1800.0, events_per_hour=360.0, shortest_gap_s=1.0))
    assert stream.layout is not None
    sounds = [placed.sound for placed in stream.layout.events]
    assert len({event.source for event in stream.events}) == 10
    interval = miss_rate_interval([sound < 3 for sound in sounds], [event.source for event in stream.events], 0)
    assert interval is not None
    assert interval.low < 0.15
    assert interval.high > 0.6
