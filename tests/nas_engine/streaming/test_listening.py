"""Sound in pieces: features, outputs and times are bit-equal with those of the whole recording."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.audio.frontend import log_mel
from nas_engine.streaming.listening import Heard, HeardSoFar, hear
from nas_engine.streaming.loop import LoopSettings, detections
from nas_engine.streaming.scores import ListeningNetwork, stream_scores
from nas_engine.streaming.values import Stream
from tests.nas_engine.streaming.made import small_listener
from tests.nas_engine.streaming.test_scores import RATE, sound


def heard_in_pieces(
    stream: Stream, lengths: list[int], network: ListeningNetwork, loop: LoopSettings
) -> tuple[list[Heard], HeardSoFar]:
    """The stream in pieces of these lengths and the rest; the state goes through bytes, as it does in the database."""
    edges = [0, *np.cumsum(lengths).clip(max=len(stream.samples)).tolist(), len(stream.samples)]
    state, heard = b"", []
    for start, end in itertools.pairwise(edges):
        one, kept = hear(stream.samples[start:end], HeardSoFar.from_bytes(state), network, loop)
        heard.append(one)
        state = kept.to_bytes()
    return heard, HeardSoFar.from_bytes(state)


@given(st.lists(st.integers(0, 9_000), max_size=30), st.sampled_from([0.02, 0.1, 0.66, 3.0]))
@settings(max_examples=25, deadline=None)
def test_pieces_of_any_length_give_what_the_whole_recording_gives(lengths: list[int], hop_s: float) -> None:
    network, stream = small_listener(), sound(9.0)
    loop = LoopSettings(hop_s=hop_s, gain_db=3.0)
    heard, so_far = heard_in_pieces(stream, lengths, network, loop)
    whole = stream_scores(stream, network, loop)
    outputs = np.concatenate([one.scores.outputs for one in heard])
    np.testing.assert_array_equal(outputs, whole.outputs)
    np.testing.assert_array_equal(np.concatenate([one.scores.times_ms for one in heard]), whole.times_ms)
    assert sum(one.scores.saturated_samples for one in heard) == whole.saturated_samples
    assert so_far.windows == len(whole.outputs)
    assert so_far.samples / RATE == heard[-1].scores.duration_s == whole.duration_s
    assert len(np.unique(outputs, axis=0)) > 1


def test_features_of_half_second_pieces_are_those_of_the_whole_recording() -> None:
    network, stream = small_listener(), sound(7.3)
    heard, _ = heard_in_pieces(stream, [RATE // 2] * 14, network, LoopSettings())
    features = np.concatenate([one.features for one in heard])
    np.testing.assert_array_equal(features, log_mel((stream.samples / 32768).astype(np.float32), network.config))


def test_detections_of_pieces_are_those_of_the_whole_recording() -> None:
    network, stream = small_listener(), sound(30.0)
    loop = LoopSettings(hop_s=0.1, default_threshold=0.3, smoothing_windows=2)
    heard, _ = heard_in_pieces(stream, [RATE // 2] * 60, network, loop)
    whole = stream_scores(stream, network, loop)
    outputs = np.concatenate([one.scores.outputs for one in heard])
    np.testing.assert_array_equal(outputs, whole.outputs)
    assert detections(whole, loop)


def test_the_state_is_small_and_anything_else_is_no_state() -> None:
    network = small_listener()
    _, so_far = heard_in_pieces(sound(20.0), [8_000] * 30, network, LoopSettings(hop_s=1.0))
    frames = network.config.frames * network.config.mel_bins
    assert len(so_far.to_bytes()) < 2 * (network.config.window_samples + network.config.hop_samples) + frames + 64
    with pytest.raises(ValueError, match="no state of a loop"):
        HeardSoFar.from_bytes(b"abc")
