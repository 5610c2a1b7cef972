"""Features of continuous sound, block by block, each frame once and bit-equal with those of the whole sound.

Level: a clip keeps the level of its file (`audio.decode` scales down only what lies beyond full scale), and so does a
stream, whatever its peak. The loop may apply one fixed gain to all of it; what this brings beyond full scale saturates,
as in a converter.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.frontends.features import feature_stream
from nas_engine.streaming.values import FULL_SCALE, pcm16


def feature_blocks(blocks: Iterable[NDArray[np.int16]], config: FrontendConfig) -> Iterator[NDArray[np.float32]]:
    """Frames float32 [n, mel_bins] of 16-bit samples that come in blocks, as soon as each is complete.

    Together they are the features of all samples (`compute_features`); sound shorter than one window gives no frame.
    Memory is that of a block.
    """
    stream = feature_stream(config)
    for block in blocks:
        if len(frames := stream.push(block)):
            yield frames


class Gain:
    """Fixed gain on 16-bit samples. `saturated_samples` counts those that it brought to full scale."""

    def __init__(self, decibels: float) -> None:
        self._factor = 10.0 ** (decibels / 20.0)
        self.saturated_samples = 0

    def apply(self, blocks: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.int16]]:
        """The blocks with the gain, rounded to 16 bits; 0 dB leaves them as they are."""
        for block in blocks:
            if self._factor == 1.0:
                yield block
                continue
            louder = block * (self._factor / FULL_SCALE)
            self.saturated_samples += int(np.sum((louder < -1.0) | (louder > (FULL_SCALE - 1) / FULL_SCALE)))
            yield pcm16(louder)
