"""Streams put together: rates, ratios, gaps, and that the same seed gives the same stream."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from nas_engine.errors import BadDataset
from nas_engine.streaming.composing import ComposedStream, Composition, SourceClip, active_part, compose
from tests.nas_engine.streaming.made import made_clips

RATE = 16_000
COMPOSITION = Composition(duration_s=120.0, events_per_hour=300.0, snr_db=10.0, shortest_gap_s=3.0, seed=7)


@pytest.fixture(scope="module")
def clips() -> list[SourceClip]:
    return made_clips(np.random.default_rng(0))


@pytest.fixture(scope="module")
def background() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(0, level, 8 * RATE).astype(np.float32) for level in (0.001, 0.3)]


def power(samples: np.ndarray) -> float:
    return float(np.mean((samples / 32768.0) ** 2))


def background_alone(composed: ComposedStream, background: list[np.ndarray], composition: Composition) -> np.ndarray:
    """The same background without events, at the scale of `composed`."""
    alone = compose("b", [], background, replace(composition, events_per_hour=0.0))
    return alone.samples * 10 ** (composed.scaled_db / 20)


def test_the_stream_has_the_stated_number_of_events_every_class_equally_often(clips: list[SourceClip]) -> None:
    stream = compose("s", clips, [], COMPOSITION)
    assert (stream.duration_s, len(stream.events)) == (120.0, 10)
    assert [sum(event.label == label for event in stream.events) for label in ("dog", "siren")] == [5, 5]
    assert len({event.source for event in stream.events}) == 6


def test_events_begin_and_end_with_the_active_part_of_their_clips(clips: list[SourceClip]) -> None:
    for clip in clips:
        assert active_part(clip.samples)[:2] == (3_200, 9_600)
    for event in compose("s", clips, [], COMPOSITION).events:
        assert event.offset_s - event.onset_s == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(20))
def test_gaps_are_never_shorter_than_stated(clips: list[SourceClip], seed: int) -> None:
    composition = replace(COMPOSITION, events_per_hour=750.0, seed=seed)  # 25 events of 1 to 1.5 s
    stream = compose("s", clips, [], composition)
    length = {clip.source: len(clip.samples) / RATE for clip in clips}
    spans = [(event.onset_s - 0.2, event.onset_s - 0.2 + length[event.source]) for event in stream.events]
    assert len(spans) == 25
    assert spans[0][0] >= 3.0 - 1e-9
    assert spans[-1][1] <= 117.0 + 1e-9
    assert all(after[0] - before[1] >= 3.0 - 1e-9 for before, after in pairwise(spans))


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 10.0, 30.0])
def test_the_ratio_of_powers_is_the_stated_one(
    clips: list[SourceClip], background: list[np.ndarray], snr_db: float
) -> None:
    composition = replace(COMPOSITION, snr_db=snr_db)
    stream = compose("s", clips, background, composition)
    noise = background_alone(stream, background, composition)
    event_powers, ratios = [], []
    for event in stream.events:
        span = slice(round(event.onset_s * RATE), round(event.offset_s * RATE))
        event_powers.append(power(stream.samples[span] - noise[span]))
        ratios.append(10 * np.log10(event_powers[-1] / power(noise)))
    np.testing.assert_allclose(ratios, snr_db, atol=0.1)  # crossfades take some hundredths of a dB of the background
    assert np.ptp(10 * np.log10(event_powers)) < 0.05  # every event has one level, whatever that of its clip


def test_what_would_clip_is_scaled_as_a_whole_and_stated(clips: list[SourceClip], background: list[np.ndarray]) -> None:
    quiet = compose("s", clips, background, replace(COMPOSITION, event_dbfs=-30.0))
    loud = compose("s", clips, background, replace(COMPOSITION, event_dbfs=-6.0))
    assert quiet.scaled_db == 0.0 > loud.scaled_db
    assert np.abs(loud.samples.astype(int)).max() == 32767
    np.testing.assert_allclose(loud.samples * 10 ** ((-24 - loud.scaled_db) / 20), quiet.samples, atol=1.0)


def test_the_same_seed_gives_the_same_stream_and_other_ratios_the_same_events(clips: list[SourceClip]) -> None:
    stream = compose("s", clips, [], COMPOSITION)
    np.testing.assert_array_equal(compose("s", clips, [], COMPOSITION).samples, stream.samples)
    assert compose("s", clips, [], replace(COMPOSITION, snr_db=0.0)).events == stream.events
    assert compose("s", clips, [], replace(COMPOSITION, seed=8)).events != stream.events


def test_what_lies_behind_the_events_is_stated(clips: list[SourceClip], background: list[np.ndarray]) -> None:
    assert compose("s", clips, background, COMPOSITION).background == "2 background sounds"
    assert "generated pink noise" in compose("s", clips, [], COMPOSITION).background
    silent = [np.zeros(RATE, np.float32)]
    assert "generated pink noise" in compose("s", clips, silent, COMPOSITION).background


def test_background_clips_of_any_level_lie_at_one_level(clips: list[SourceClip], background: list[np.ndarray]) -> None:
    stream = compose("s", [], background, replace(COMPOSITION, events_per_hour=0.0))
    seconds = (stream.samples[: 120 * RATE].reshape(120, RATE) / 32768.0) ** 2
    assert 10 * np.log10(seconds.mean(axis=1)) == pytest.approx(-30.0, abs=0.6)


def test_events_that_do_not_fit_and_clips_that_are_silent_are_named(clips: list[SourceClip]) -> None:
    with pytest.raises(BadDataset, match="lower the rate or the gap"):
        compose("s", clips, [], replace(COMPOSITION, events_per_hour=3600.0))
    with pytest.raises(BadDataset, match="not silent"):
        compose("s", [SourceClip(np.zeros(RATE, np.float32), "dog")], [], COMPOSITION)
    for wrong in ({"duration_s": 0.0}, {"events_per_hour": -1.0}, {"snr_db": float("nan")}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            replace(COMPOSITION, **wrong)
