"""The always-on loop on sound that comes in pieces: what has been heard so far is a small state between them.

The state is what a device keeps as well: samples that later frames begin with, and the frames that coming windows
need, as int8 levels of the network's input. Whatever the lengths of the pieces, outputs and features are bit-equal to
those of `scores.stream_scores` and `audio.frontends.features.feature_stream` on the whole sound. A front end with a
state of its own (`FrontendKind.keeps_state`) is refused: what it keeps cannot be taken out of it.
"""

import struct
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontends.features import FrameStream
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.network.runtimes import predict_quantised
from nas_engine.network.tflite import quantised_levels
from nas_engine.streaming.features import Gain
from nas_engine.streaming.hop import frames_of_hop
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.scores import Levels, ListeningNetwork
from nas_engine.streaming.values import StreamScores

_HEADER = struct.Struct("<5I")


@dataclass(frozen=True, slots=True, eq=False)
class HeardSoFar:
    """What is kept between pieces: `waiting` int16 [n] samples, `levels` int8 [k, mel_bins] frames of coming windows.

    `waiting` are those that later frames begin with, after the gain, and zeros before the sound of a centred front end.
    `skip` frames that are still to come belong to no window (where the hop is longer than a window); `windows` have
    been scored and `samples` were heard.
    """

    waiting: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    levels: Levels = field(default_factory=lambda: np.zeros((0, 1), np.int8))
    skip: int = 0
    windows: int = 0
    samples: int = 0

    def to_bytes(self) -> bytes:
        """At most some 10 kB at 196 x 40; `from_bytes` is the inverse."""
        header = _HEADER.pack(len(self.waiting), self.levels.shape[1], self.skip, self.windows, self.samples)
        return header + self.waiting.astype("<i2").tobytes() + self.levels.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The state of `to_bytes`; no bytes are the state before any sound. Raises ValueError for anything else."""
        if not content:
            return cls()
        try:
            waiting, mel_bins, skip, windows, samples = _HEADER.unpack_from(content)
            end = _HEADER.size + 2 * waiting
            kept = np.frombuffer(content[_HEADER.size : end], "<i2").astype(np.int16)
            levels = np.frombuffer(content[end:], np.int8).reshape(-1, mel_bins)
        except struct.error as error:
            raise ValueError(f"this is no state of a loop: {error}") from error
        return cls(kept, levels, skip, windows, samples)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What one piece gave: new `features` float32 [n, mel_bins] and the `scores` of the windows that end in it.

    `scores.first_s` is when the first of these windows ends; `scores.duration_s` is all that was heard so far.
    """

    features: NDArray[np.float32]
    scores: StreamScores


def hear(
    samples: NDArray[np.int16], so_far: HeardSoFar, network: ListeningNetwork, settings: LoopSettings
) -> tuple[Heard, HeardSoFar]:
    """Hear one more piece, int16 [n] at 16 kHz with n >= 0; what it gave, and the state for the next one.

    Raises ValueError for a hop that is not a whole number of the front end's hops, and a front end that keeps state.
    """
    config = network.config
    hop = frames_of_hop(settings.hop_s, config)
    gain = Gain(settings.gain_db)
    (louder,) = gain.apply([samples])
    frontend = FrameStream(config, so_far.waiting if so_far.samples else None)
    features = frontend.push(louder)
    levels = so_far.levels.reshape(-1, config.mel_bins)
    if len(features):
        new = quantised_levels(network.content, network.normalisation.apply(features))
        levels = np.concatenate([levels, new.reshape(-1, config.mel_bins)])
    windows, levels, skip = _windows(levels, so_far.skip, config.frames, hop)
    _, sink = input_and_output(network.content)
    hop_s = hop * config.hop_samples / config.sample_rate_hz
    heard = so_far.samples + len(samples)
    scores = StreamScores(
        name="sound heard",
        classes=network.classes,
        outputs=_outputs(network, windows),
        first_s=config.seconds + so_far.windows * hop_s,
        hop_s=hop_s,
        duration_s=heard / config.sample_rate_hz,
        scale=sink.scale,
        zero_point=sink.zero_point,
        saturated_samples=gain.saturated_samples,
    )
    return Heard(features, scores), HeardSoFar(frontend.waiting, levels, skip, so_far.windows + len(windows), heard)


def _windows(levels: Levels, skip: int, frames: int, hop: int) -> tuple[Levels, Levels, int]:
    """Complete windows [n, frames, mel_bins] of levels [k, mel_bins], what coming ones need, and frames to skip."""
    passed = min(skip, len(levels))
    levels, skip = levels[passed:], skip - passed
    count = 1 + (len(levels) - frames) // hop if len(levels) >= frames else 0
    if count == 0:
        return np.zeros((0, frames, levels.shape[1]), np.int8), levels, skip
    views = np.lib.stride_tricks.sliding_window_view(levels, frames, axis=0)[::hop][:count]
    used = min(count * hop, len(levels))
    return np.ascontiguousarray(views.transpose(0, 2, 1)), levels[used:], count * hop - used


def _outputs(network: ListeningNetwork, windows: Levels) -> NDArray[np.int8]:
    if not len(windows):
        return np.zeros((0, len(network.classes)), np.int8)
    return predict_quantised(network.runtime, network.content, windows)
