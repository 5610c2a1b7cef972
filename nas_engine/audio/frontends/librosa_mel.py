"""librosa's mel spectrogram in decibels, with the defaults of librosa 0.11.0, in NumPy.

`librosa.feature.melspectrogram` (Slaney's mel scale and norm, centred frames, zeros around the sound) and
`librosa.power_to_db(amin=1e-10, top_db=None)`. Two of librosa's defaults are left out: its sample rate and lengths for
music, which a dataset states itself, and `top_db`, which depends on the loudest frame of the whole clip: no stream
knows it.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig

_LINEAR_MELS_PER_HZ = 3.0 / 200.0
_LOG_FROM_HZ = 1000.0
_LOG_STEP = np.log(6.4) / 27.0


def slaney_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale of frequencies in hertz: linear below 1 kHz, logarithmic above (Auditory Toolbox)."""
    above = np.log(np.maximum(hertz, _LOG_FROM_HZ) / _LOG_FROM_HZ) / _LOG_STEP
    result: NDArray[np.float64] = np.minimum(hertz, _LOG_FROM_HZ) * _LINEAR_MELS_PER_HZ + above
    return result


def _slaney_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of `slaney_mel`."""
    log_from = _LOG_FROM_HZ * _LINEAR_MELS_PER_HZ
    linear = np.minimum(mel, log_from) / _LINEAR_MELS_PER_HZ
    result: NDArray[np.float64] = linear * np.exp(_LOG_STEP * np.maximum(mel - log_from, 0.0))
    return result


@lru_cache(maxsize=8)
def librosa_mel_matrix(config: FrontendConfig) -> NDArray[np.float64]:
    """Mel filters [fft_size // 2 + 1, mel_bins]: triangles straight in hertz, each of area 1 (norm 'slaney').

    Raises ValueError where a mel bin is narrower than a spectral bin.
    """
    hertz = np.linspace(0.0, config.sample_rate_hz / 2, config.fft_size // 2 + 1)[:, np.newaxis]
    low, high = slaney_mel(np.array([config.mel_low_hz, config.mel_high_hz]))
    edges = _slaney_hertz(np.linspace(low, high, config.mel_bins + 2))
    rising = (hertz - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - hertz) / np.diff(edges)[1:]
    weights: NDArray[np.float64] = np.clip(np.minimum(rising, falling), 0.0, None) * (2.0 / (edges[2:] - edges[:-2]))
    if not weights.any(axis=0).all():
        empty = int(np.flatnonzero(~weights.any(axis=0))[0])
        raise ValueError(f"front end: mel bin {empty} is narrower than a spectral bin; take fewer mel bins")
    weights.setflags(write=False)
    return weights


@lru_cache(maxsize=8)
def _window(config: FrontendConfig) -> NDArray[np.float64]:
    """Periodic Hann window in the middle of fft_size samples."""
    length = config.window_samples
    hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    before = (config.fft_size - length) // 2
    return np.pad(hann, (before, config.fft_size - length - before))


def librosa_frames(padded: NDArray[np.float64], config: FrontendConfig) -> NDArray[np.float32]:
    """Mel power in dB, float32 [1 + (n - fft_size) // hop_samples, mel_bins], of samples [n], n >= fft_size, in -1..1.

    Nothing is padded: frame t is samples[t * hop_samples : t * hop_samples + fft_size].
    """
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.fft_size)[:: config.hop_samples]
    spectrum = np.fft.rfft(frames * _window(config), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    # np.einsum without `optimize` calls no BLAS, whose threads contend for cores on small matrices.
    mel = np.einsum("tf,fm->tm", power, librosa_mel_matrix(config))
    result: NDArray[np.float32] = (10.0 * np.log10(np.maximum(config.log_offset, mel))).astype(np.float32)
    return result


def librosa_log_mel(samples: NDArray[np.float32], config: FrontendConfig) -> NDArray[np.float32]:
    """Mel power in dB, float32 [1 + n // hop_samples, mel_bins], of samples [n] in -1..1, as librosa gives for a clip.

    Frame t is centred on sample t * hop_samples; around the sound are fft_size // 2 zeros.
    """
    return librosa_frames(np.pad(samples.astype(np.float64), config.fft_size // 2), config)
