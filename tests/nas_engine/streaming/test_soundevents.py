"""Streams of real clips."""

import csv
from pathlib import Path

import numpy as np
import pytest

from nas_engine.audio.decode import decode
from nas_engine.audio.frontend import FrontendConfig, log_mel
from nas_engine.streaming.composing import Composition, SourceClip, active_part, compose
from nas_engine.streaming.evaluation.noise import measure_in_noise
from nas_engine.streaming.features import feature_blocks
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.scores import stream_scores
from tests.nas_engine.streaming.made import small_listener


def clips_of(folder: Path, split: str, each: int) -> list[SourceClip]:
    """The first clips of each class of a split."""
    with (folder / "clips.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    labels = sorted({row["class"] for row in rows})
    chosen = [row for label in labels for row in [one for one in rows if one["class"] == label][:each]]
    return [SourceClip(decode(folder / row["path"]), row["class"], row["source_group"]) for row in chosen]


@pytest.mark.slow
def test_streams_of_real_clips_have_their_events_at_the_stated_ratio(sound_events: Path) -> None:
    clips = clips_of(sound_events, "eval", 8)
    events = [clip for clip in clips if clip.label != "negative"]
    background = [clip.samples for clip in clips if clip.label == "negative"]
    composition = Composition(duration_s=600.0, events_per_hour=240.0, snr_db=6.0, seed=3)
    stream = compose("eval", events, background, composition)
    assert len(stream.events) == 40
    assert {event.source for event in stream.events} <= {clip.source for clip in events}
    assert all(0.02 <= event.offset_s - event.onset_s <= 5.0 for event in stream.events)
    assert all(active_part(clip.samples)[1] <= len(clip.samples) for clip in clips)
    alone = compose("b", [], background, Composition(duration_s=600.0, events_per_hour=0.0, snr_db=6.0, seed=3))
    scale = 10 ** (stream.scaled_db / 20)
    noise_power = np.mean((alone.samples / 32768 * scale) ** 2)
    for event in stream.events:
        span = slice(round(event.onset_s * 16_000), round(event.offset_s * 16_000))
        sound = (stream.samples[span] - alone.samples[span] * scale) / 32768
        power = active_part(sound.astype(np.float32))[2]
        assert 10 * np.log10(power / noise_power) == pytest.approx(6.0, abs=0.6)  # rounding to 16 bits, crossfades
    frames = np.concatenate(list(feature_blocks(stream.blocks(), FrontendConfig())))
    np.testing.assert_array_equal(frames, log_mel((stream.samples / 32768).astype(np.float32), FrontendConfig()))


@pytest.mark.slow
def test_real_clips_are_measured_in_noise(sound_events: Path) -> None:
    clips = [SourceClip(clip.samples, "dog", clip.source) for clip in clips_of(sound_events, "test", 2)]
    loop = LoopSettings(hop_s=0.5, default_threshold=0.34)
    levels = measure_in_noise(
        clips, [], Composition(duration_s=120.0, events_per_hour=240.0), [20.0, 0.0],
        lambda stream: stream_scores(stream, small_listener(), loop), loop,
    )  # fmt: skip
    for level in levels:
        (dog, _) = level.measures.classes
        assert (dog.events, level.measures.hours) == (8, pytest.approx(120 / 3600))
