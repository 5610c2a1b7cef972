"""Sound in pieces: features, outputs and times are bit-equal with those of the whole recording."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.audio.frontend import FrontendConfig, Normalisation
from nas_engine.audio.frontends.features import compute_features, feature_stream
from nas_engine.audio.frontends.kinds import KINDS
from nas_engine.network.untrained import untrained_files
from nas_engine.streaming.listening import Heard, HeardSoFar, hear
from nas_engine.streaming.loop import LoopSettings, detections
from nas_engine.streaming.scores import ListeningNetwork, stream_scores
from nas_engine.streaming.values import Stream
from tests.nas_engine.streaming.made import CLASSES, small_listener
from tests.nas_engine.streaming.test_scores import RATE, sound

STORABLE = [name for name, kind in KINDS.items() if not kind.keeps_state]


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


@pytest.mark.parametrize("kind", STORABLE)
@given(lengths=st.lists(st.integers(0, 9_000), max_size=30), hop_s=st.sampled_from([0.02, 0.1, 0.66, 3.0]))
@settings(max_examples=25, deadline=None)
def test_pieces_of_any_length_give_what_the_whole_recording_gives(kind: str, lengths: list[int], hop_s: float) -> None:
    network, stream = small_listener(kind), sound(9.0)
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


@pytest.mark.parametrize("kind", STORABLE)
@pytest.mark.parametrize("length", [160, 250, RATE // 2])
def test_features_of_pieces_are_those_of_the_whole_recording(kind: str, length: int) -> None:
    network, stream = small_listener(kind), sound(7.3)
    heard, _ = heard_in_pieces(stream, [length] * (len(stream.samples) // length), network, LoopSettings())
    features = np.concatenate([one.features for one in heard])
    np.testing.assert_array_equal(features, feature_stream(network.config).push(stream.samples))
    whole = compute_features((stream.samples / 32768).astype(np.float32), network.config)
    np.testing.assert_array_equal(features, whole[: len(features)])
    assert len(whole) - len(features) <= 1, "but for the frame that a clip's end is padded for"


def test_a_front_end_whose_state_cannot_be_stored_is_refused() -> None:
    config = FrontendConfig.of_kind("micro", frames=4)
    architecture = Architecture(Stem(4, 40, "2d"), (Block("kxk", 3, 8, (2, 2)),), Head(len(CLASSES), hidden_units=8))
    normalisation = Normalisation(np.zeros(40, np.float32), np.ones(40, np.float32))
    network = ListeningNetwork(untrained_files(architecture)[1], config, normalisation, CLASSES)
    with pytest.raises(ValueError, match="keeps a state that cannot be stored"):
        hear(sound(0.5).samples, HeardSoFar(), network, LoopSettings())


def test_detections_of_pieces_are_those_of_the_whole_recording() -> None:
    network, stream = small_listener(), sound(30.0)
    loop = LoopSettings(hop_s=0.1, default_threshold=0.3, smoothing_windows=2)
    heard, _ = heard_in_pieces(stream, [RATE // 2] * 60, network, loop)
    whole = stream_scores(stream, network, loop)
    outputs = np.concatenate([one.scores.outputs for one in heard])
    np.testing.assert_array_equal(outputs, whole.outputs)
    assert detections(whole, loop)


@pytest.mark.parametrize("kind", STORABLE)
def test_the_state_is_small_and_anything_else_is_no_state(kind: str) -> None:
    network = small_listener(kind)
    _, so_far = heard_in_pieces(sound(20.0), [8_000] * 30, network, LoopSettings(hop_s=1.0))
    frames = network.config.frames * network.config.mel_bins
    assert len(so_far.to_bytes()) < 2 * (network.config.fft_size + network.config.hop_samples) + frames + 64
    with pytest.raises(ValueError, match="no state of a loop"):
        HeardSoFar.from_bytes(b"abc")
