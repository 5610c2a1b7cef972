"""Features of any kind of front end: of whole clips, and of continuous sound in pieces."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, log_mel
from nas_engine.audio.frontends.kinds import LIBROSA, MICRO
from nas_engine.audio.frontends.librosa_mel import librosa_frames, librosa_log_mel
from nas_engine.audio.frontends.micro import MicroStream, micro_log_mel

_FULL_SCALE = 32768.0
_CLIPS = {LIBROSA: librosa_log_mel, MICRO: micro_log_mel}


def compute_features(samples: NDArray[np.float32], config: FrontendConfig) -> NDArray[np.float32]:
    """Features [frames_total, mel_bins], float32, not normalised, of a clip's samples [n] in -1..1.

    A front end with state starts from zero. Raises ValueError for samples of more than one axis.
    """
    if samples.ndim != 1:
        raise ValueError(f"compute_features takes mono samples [n], not shape {samples.shape}")
    return _CLIPS.get(config.kind, log_mel)(samples, config)


class FeatureStream(Protocol):
    """Front end of continuous sound. It knows of no end, and so gives no frame that needs padding there."""

    def push(self, pcm: NDArray[np.int16]) -> NDArray[np.float32]:
        """Features float32 [frames, mel_bins], frames >= 0, that the next samples [n], 16-bit, complete."""


def feature_stream(config: FrontendConfig) -> FeatureStream:
    """A stream's front end at its beginning. However the sound is cut, the frames are those of `compute_features`.

    The exception are the last frames of a centred front end (`librosa`), which are padded with zeros in a clip alone.
    """
    return MicroStream(config) if config.facts.keeps_state else FrameStream(config)


class FrameStream:
    """A front end without state: keeps the samples that later frames need.

    Another one made with its `waiting` goes on where it stopped; without, the sound begins. Raises ValueError for a
    kind that keeps state.
    """

    def __init__(self, config: FrontendConfig, waiting: NDArray[np.int16] | None = None) -> None:
        if config.facts.keeps_state:
            raise ValueError(
                f"{config.facts.title} keeps a state that cannot be stored: sound that comes in pieces cannot be heard."
            )
        self._config = config
        self._is_centred = config.kind == LIBROSA
        self._length = config.fft_size if self._is_centred else config.window_samples
        before = np.zeros(config.fft_size // 2 if self._is_centred else 0, np.int16)
        self._waiting = before if waiting is None else waiting

    @property
    def waiting(self) -> NDArray[np.int16]:
        """Samples [n], 16-bit, that later frames begin with; zeros before the sound are among them."""
        return self._waiting

    def push(self, pcm: NDArray[np.int16]) -> NDArray[np.float32]:
        """Features float32 [frames, mel_bins], frames >= 0, that the next samples [n], 16-bit, complete."""
        hop = self._config.hop_samples
        self._waiting = np.concatenate([self._waiting, pcm])
        count = 1 + (len(self._waiting) - self._length) // hop
        if count < 1:
            return np.zeros((0, self._config.mel_bins), np.float32)
        samples = self._waiting[: (count - 1) * hop + self._length] / _FULL_SCALE
        self._waiting = self._waiting[count * hop :]
        if self._is_centred:
            return librosa_frames(samples, self._config)
        return log_mel(samples.astype(np.float32), self._config)
