"""TFLite Micro's audio front end, as built by pymicro-features: its own C++ code, in integers, with state.

Steps of each frame (tensorflow/lite/experimental/microfrontend/lib): window, FFT, mel filters, square root, noise
suppression (subtracts a smoothed estimate of each mel bin, leaves at least 5 % of it), PCAN gain control, logarithm.
The noise estimate starts from zero: the first frames of whatever begins are not suppressed.
"""

import numpy as np
from numpy.typing import NDArray
from pymicro_features import MicroFrontend

from nas_engine.audio.frontend import FrontendConfig

_FULL_SCALE = 32768.0


class MicroStream:
    """One run of the front end. It takes sound of any length in pieces, and keeps its state from one to the next."""

    def __init__(self, config: FrontendConfig) -> None:
        self._config = config
        self._frontend = MicroFrontend()
        self._waiting = np.zeros(0, np.int16)

    def push(self, pcm: NDArray[np.int16]) -> NDArray[np.float32]:
        """Features of the frames that the next samples [n], 16-bit, complete: float32 [frames, mel_bins], from 0 on."""
        hop = self._config.hop_samples  # the library reads exactly one hop at each call
        samples = np.concatenate([self._waiting, pcm]).astype("<i2")
        used = len(samples) // hop * hop
        outputs = [self._frontend.process_samples(samples[at : at + hop].tobytes()) for at in range(0, used, hop)]
        self._waiting = samples[used:].astype(np.int16)
        rows = [output.features for output in outputs if output.features]
        return np.array(rows, np.float32).reshape(-1, self._config.mel_bins)


def micro_log_mel(samples: NDArray[np.float32], config: FrontendConfig) -> NDArray[np.float32]:
    """Features float32 [1 + (n - window) // hop, mel_bins] of samples [n] in -1..1, with a state of its own.

    Samples are rounded to 16 bits; sound shorter than one window is padded with zeros.
    """
    pcm = np.clip(np.rint(samples.astype(np.float64) * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
    missing = max(0, config.window_samples - pcm.size)
    return MicroStream(config).push(np.pad(pcm, (0, missing)))
