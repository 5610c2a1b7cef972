"""Outputs of an int8 network for every window of a stream: features once per frame, windows as views of them.

A window is the network's whole input, `frames` frames. The first one ends when that many frames have been heard; a
stream that is shorter has none. Nothing is repeated, cut or chosen by its loudness, as clips are (`audio.frontend`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, Normalisation
from nas_engine.evaluation_result import Runtime
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.network.runtimes import predict_quantised
from nas_engine.network.tflite import quantised_levels
from nas_engine.streaming.features import Gain, feature_blocks
from nas_engine.streaming.hop import frames_of_hop
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.values import SoundEvent, SoundStream, StreamScores

WINDOWS_AT_ONCE = 256
"""Windows that one call of the interpreter is made for: 2 MB of inputs at 196 x 40."""

Levels = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class ListeningNetwork:
    """An int8 .tflite file with what its inputs and outputs mean. Raises ValueError where they do not fit together."""

    content: bytes
    config: FrontendConfig
    normalisation: Normalisation
    classes: tuple[str, ...]
    runtime: Runtime = "xnnpack"

    def __post_init__(self) -> None:
        source, sink = input_and_output(self.content)
        inputs = self.config.frames * self.config.mel_bins
        if int(np.prod(source.shape)) != inputs:
            raise ValueError(
                f"The network takes inputs of shape {source.shape}, and its front end gives {self.config.frames} "
                f"frames of {self.config.mel_bins} mel bins: use the front end of the network's data set."
            )
        if sink.shape[-1] != len(self.classes):
            raise ValueError(f"The network has {sink.shape[-1]} outputs for {len(self.classes)} classes.")


def stream_scores(stream: SoundStream, network: ListeningNetwork, settings: LoopSettings) -> StreamScores:
    """Outputs of the network for the windows of a stream, one every `settings.hop_s`, in memory of a block of sound.

    Raises ValueError for a hop that is not a whole number of the front end's hops.
    """
    gain = Gain(settings.gain_db)
    blocks = feature_blocks(gain.apply(stream.blocks()), network.config)
    scores = feature_scores(stream.name, blocks, stream.duration_s, stream.events, network, settings)
    return replace(scores, saturated_samples=gain.saturated_samples)


def feature_scores(
    name: str,
    blocks: Iterable[NDArray[np.float32]],
    duration_s: float,
    events: tuple[SoundEvent, ...],
    network: ListeningNetwork,
    settings: LoopSettings,
) -> StreamScores:
    """`stream_scores` of a stream whose features are known: float32 [n, mel_bins] in blocks, not normalised."""
    config = network.config
    hop = frames_of_hop(settings.hop_s, config)
    frames = (quantised_levels(network.content, network.normalisation.apply(features)) for features in blocks)
    outputs = [
        predict_quantised(network.runtime, network.content, windows) for windows in _windows(frames, config.frames, hop)
    ]
    _, sink = input_and_output(network.content)
    return StreamScores(
        name=name,
        classes=network.classes,
        outputs=np.concatenate([np.zeros((0, len(network.classes)), np.int8), *outputs]),
        first_s=config.seconds,
        hop_s=hop * config.hop_samples / config.sample_rate_hz,
        duration_s=duration_s,
        events=events,
        scale=sink.scale,
        zero_point=sink.zero_point,
    )


def _windows(blocks: Iterator[Levels], frames: int, hop: int) -> Iterator[Levels]:
    """Windows [n, frames, mel_bins] of frames [n, mel_bins] that come in blocks, `hop` frames apart."""
    waiting, skip = None, 0
    for block in blocks:
        waiting = block if waiting is None else np.concatenate([waiting, block])
        while True:
            passed = min(skip, len(waiting))
            waiting, skip = waiting[passed:], skip - passed
            count = min(WINDOWS_AT_ONCE, 1 + (len(waiting) - frames) // hop) if len(waiting) >= frames else 0
            if count == 0:
                break
            views = np.lib.stride_tricks.sliding_window_view(waiting, frames, axis=0)[::hop][:count]
            yield np.ascontiguousarray(views.transpose(0, 2, 1))
            skip = count * hop
