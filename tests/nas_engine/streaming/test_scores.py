"""Features and scores of streams: bit-equal with those of each window by itself."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.audio.frontend import FrontendConfig, log_mel
from nas_engine.audio.frontends.features import compute_features
from nas_engine.network.runtimes import predict
from nas_engine.streaming import scores
from nas_engine.streaming.features import Gain, feature_blocks
from nas_engine.streaming.hop import frames_of_hop
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.scores import ListeningNetwork, stream_scores
from nas_engine.streaming.values import SoundEvent, Stream
from tests.nas_engine.streaming.made import CLASSES, small_listener

RATE = 16_000


def sound(seconds: float, seed: int = 0) -> Stream:
    rng = np.random.default_rng(seed)
    loud = np.repeat(rng.uniform(0, 3000, math.ceil(seconds * 10)), RATE // 10)[: round(seconds * RATE)]
    samples = (rng.normal(0, 1, len(loud)) * loud).clip(-32768, 32767).astype(np.int16)
    return Stream("sound", samples, (SoundEvent(0.5, 1.0, "dog"),))


@pytest.mark.parametrize("kind", ["librosa", "micro"])
def test_front_ends_from_elsewhere_hear_a_stream_as_they_hear_a_clip(kind: str) -> None:
    """All but the last frames of a centred one, which a clip alone is padded for."""
    config = FrontendConfig.of_kind(kind)
    samples = sound(3.0).samples
    frames = np.concatenate(list(feature_blocks(np.array_split(samples, 7), config)))
    whole = compute_features((samples / 32768).astype(np.float32), config)
    assert len(whole) - 2 <= len(frames) <= len(whole)
    assert np.array_equal(frames, whole[: len(frames)])


@given(st.lists(st.integers(0, 3_000), max_size=12), st.integers(0, 20_000))
@settings(max_examples=60, deadline=None)
def test_frames_of_blocks_of_any_length_are_bit_equal_with_those_of_the_whole_sound(cuts: list[int], rest: int) -> None:
    config = FrontendConfig()
    edges = np.cumsum([0, *cuts, rest])
    samples = np.random.default_rng(0).integers(-32768, 32767, edges[-1], dtype=np.int16)
    blocks = [samples[a:b] for a, b in itertools.pairwise(edges)]
    frames = np.concatenate([np.zeros((0, 40), np.float32), *feature_blocks(blocks, config)])
    if len(samples) < config.window_samples:
        assert len(frames) == 0
    else:
        np.testing.assert_array_equal(frames, log_mel((samples / 32768).astype(np.float32), config))


@pytest.mark.parametrize(("seconds", "hop_s"), [(0.3, 0.1), (0.42, 0.1), (1.0, 0.02), (23.7, 0.1), (31.0, 0.66)])
def test_scores_are_bit_equal_with_those_of_each_window_by_itself(
    seconds: float, hop_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "WINDOWS_AT_ONCE", 7)
    network, stream = small_listener(), sound(seconds)
    result = stream_scores(stream, network, LoopSettings(hop_s=hop_s))
    config = network.config
    window, hop = round(config.seconds * RATE), round(hop_s * RATE)
    expected = []
    for start in range(0, len(stream.samples) - window + 1, hop):
        heard = (stream.samples[start : start + window] / 32768).astype(np.float32)
        inputs = network.normalisation.apply(log_mel(heard, config))[np.newaxis]
        expected.append(predict("xnnpack", network.content, inputs)[0])
        time_ms = round((start + window) / RATE * 1000)
        assert result.times_ms[len(expected) - 1] == time_ms
    assert len(result.outputs) == len(expected)
    np.testing.assert_array_equal(result.outputs, np.array(expected, np.int8).reshape(-1, len(CLASSES)))
    assert (result.duration_s, result.events) == (stream.duration_s, stream.events)
    assert len(expected) < 2 or len(np.unique(result.outputs, axis=0)) > 1, "the network answers everything alike"


def test_sound_shorter_than_a_window_has_no_scores() -> None:
    network = small_listener()
    window = round(network.config.seconds * RATE)
    for samples, windows in ((0, 0), (100, 0), (window - 1, 0), (window, 1)):
        stream = Stream("short", np.ones(samples, np.int16))
        assert stream_scores(stream, network, LoopSettings()).outputs.shape == (windows, 3)


def test_the_level_of_a_stream_is_left_as_it_is_but_for_the_gain_of_the_loop() -> None:
    network, stream = small_listener(), sound(8.0)
    quiet = replace(stream, samples=stream.samples // 4 * 2)
    plain = stream_scores(quiet, network, LoopSettings(hop_s=0.1))
    louder = stream_scores(quiet, network, LoopSettings(hop_s=0.1, gain_db=20 * math.log10(2)))
    twice = stream_scores(replace(quiet, samples=quiet.samples * 2), network, LoopSettings(hop_s=0.1))
    np.testing.assert_array_equal(louder.outputs, twice.outputs)
    assert (louder.outputs != plain.outputs).any()


def test_gain_saturates_and_counts_what_it_brought_to_full_scale() -> None:
    gain = Gain(20.0)
    (louder,) = gain.apply([np.array([1, -3276, 3276, 3277, -3277, 32767, -32768], np.int16)])
    assert louder.tolist() == [10, -32760, 32760, 32767, -32768, 32767, -32768]
    assert gain.saturated_samples == 4


def test_a_hop_that_is_no_multiple_of_the_front_ends_is_named() -> None:
    assert frames_of_hop(0.5, FrontendConfig()) == 25
    for wrong in (0.01, 0.5001, 0.0):
        with pytest.raises(ValueError, match="no multiple"):
            frames_of_hop(wrong, FrontendConfig())


def test_a_network_and_a_front_end_that_do_not_fit_are_named() -> None:
    network = small_listener()
    with pytest.raises(ValueError, match="mel bins"):
        ListeningNetwork(network.content, FrontendConfig(), network.normalisation, CLASSES)
    with pytest.raises(ValueError, match="3 outputs for 2 classes"):
        replace(network, classes=("a", "b"))
