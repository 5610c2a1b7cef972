"""Earshot's own front end, log-mel spectrograms of samples in numpy alone, and the parameters of any front end.

It is small on purpose: a deployed network needs the same features on a phone or a microcontroller, so every constant is
in `FrontendConfig`, and `export_frontend` writes all of them.

Paper, section 4: "The log-mel spectrogram of the data are computed"; section 3.4 and Table 2 give the 196 x 40 input.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontends.kinds import EARSHOT, FrontendKind, kind_of

VERSION = 1
MEL_WEIGHT_DECIMALS = 6
CROP_SHARE = 0.99

_STEPS = (
    "samples: mono, sample_rate_hz, full scale = -1..1 (16-bit PCM / 32768)",
    "if there are fewer than window_samples samples, append zeros up to window_samples",
    "frame t = samples[t*hop_samples : t*hop_samples + window_samples], t = 0 .. (n - window_samples) // hop_samples",
    "hann[i] = 0.5 - 0.5*cos(2*pi*i/window_samples), i = 0 .. window_samples-1; window = hann * 2 / sum(hann)",
    "power[t] = abs(rfft(frame[t] * window, fft_size))**2, in float64 (zeros are appended up to fft_size)",
    "log_mel[t] = ln(power[t] @ mel_matrix + log_offset)",
    "crop to `frames` frames (see crop), giving [frames, mel_bins]",
    "input = (log_mel - mean) / std for each mel bin",
)
_CROP = (
    "T = number of log_mel frames. If T <= frames: start = 0. Otherwise energy[s] = sum of exp(log_mel) over the "
    "frames s .. s+frames-1 and all bins, for s = 0 .. T-frames; loud = all s with energy[s] >= crop_share * "
    "max(energy), ascending; start = loud[(len(loud)-1) // 2]. Take frames (start + i) mod T for i = 0 .. frames-1, "
    "so a short clip is repeated from its beginning."
)


@dataclass(frozen=True, slots=True)
class FrontendConfig:
    """Parameters of the front end; equal configs give equal features. Raises ValueError naming the wrong one.

    `*_samples`, `fft_size`: samples; `*_hz`: hertz; `log_offset`: power; `frames`: frames of a network input. `kind`:
    a name of `nas_engine.audio.frontends.kinds`; the defaults of its other fields are those of `of_kind`.
    """

    version: int = VERSION
    sample_rate_hz: int = 16_000
    window_samples: int = 400
    hop_samples: int = 320
    fft_size: int = 512
    mel_bins: int = 40
    mel_low_hz: float = 60.0
    mel_high_hz: float = 7600.0
    log_offset: float = 1e-6
    frames: int = 196
    kind: str = EARSHOT

    def __post_init__(self) -> None:
        if self.version != VERSION:
            raise ValueError(f"front end version {self.version} is unknown; this Earshot computes version {VERSION}")
        for name in ("sample_rate_hz", "window_samples", "hop_samples", "fft_size", "mel_bins", "frames"):
            if getattr(self, name) < 1:
                raise ValueError(f"front end: {name} must be at least 1, not {getattr(self, name)}")
        if self.fft_size < self.window_samples:
            raise ValueError(f"front end: fft_size {self.fft_size} is below window_samples {self.window_samples}")
        if not 0 <= self.mel_low_hz < self.mel_high_hz <= self.sample_rate_hz / 2:
            raise ValueError(
                f"front end: need 0 <= mel_low_hz < mel_high_hz <= {self.sample_rate_hz / 2:g}, "
                f"not {self.mel_low_hz:g} and {self.mel_high_hz:g}"
            )
        if self.log_offset <= 0:
            raise ValueError(f"front end: log_offset must be above 0, not {self.log_offset}")
        for name in sorted(self.facts.fixed):
            if getattr(self, name) != (fixed := (self.facts.defaults or {})[name]):
                raise ValueError(f"front end: {name} of {self.facts.title} is {fixed:g}, not {getattr(self, name):g}")

    @classmethod
    def of_kind(cls, kind: str = EARSHOT, **chosen: Any) -> Self:
        """Parameters of a front end by its kind's defaults, except for those that are `chosen`. Errors as above."""
        return cls(**{**(kind_of(kind).defaults or {}), **chosen, "kind": kind})

    @property
    def facts(self) -> FrontendKind:
        """What is true of all front ends of this kind."""
        return kind_of(self.kind)

    @property
    def seconds(self) -> float:
        """Length in seconds of the sound that one network input covers."""
        return ((self.frames - 1) * self.hop_samples + self.window_samples) / self.sample_rate_hz

    @property
    def hash(self) -> str:
        """64 hex digits: SHA-256 of the canonical JSON."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """All fields by name; `kind` only where it is not Earshot's own, so that hashes from before it are kept."""
        values = asdict(self)
        return {name: value for name, value in values.items() if (name, value) != ("kind", EARSHOT)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of `to_json`. Raises ValueError naming keys that are missing or unknown."""
        known = {field.name for field in fields(cls)}
        if wrong := known.symmetric_difference({"kind", *values}):
            raise ValueError(f"front end: missing or unknown keys: {', '.join(sorted(wrong))}")
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and standard deviation of each mel bin over all training frames, float32 [mel_bins] each."""

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    def to_json(self) -> dict[str, list[float]]:
        """Both arrays as lists of `mel_bins` numbers."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Inverse of `to_json`; other keys are ignored."""
        return cls(np.array(values["mean"], np.float32), np.array(values["std"], np.float32))

    def apply(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features [..., mel_bins] standardised to zero mean and unit deviation."""
        result: NDArray[np.float32] = (features - self.mean) / self.std
        return result


@dataclass(frozen=True, slots=True)
class Band:
    """Nonzero part of one column of the mel matrix: `weights` from row `first_bin` on."""

    first_bin: int
    weights: NDArray[np.float64]


def htk_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """The HTK mel scale of frequencies in hertz."""
    result: NDArray[np.float64] = 2595.0 * np.log10(1.0 + hertz / 700.0)
    return result


@lru_cache(maxsize=8)
def mel_matrix(config: FrontendConfig) -> NDArray[np.float64]:
    """Mel filters [fft_size / 2 + 1, mel_bins]: triangles of height 1, linear and equally spaced in mel (as in YAMNet).

    Weights are rounded to six decimals, so that exported and computed numbers are equal. Raises ValueError where a mel
    bin is narrower than a spectral bin.
    """
    hertz = np.arange(config.fft_size // 2 + 1, dtype=np.float64) * (config.sample_rate_hz / config.fft_size)
    bins = htk_mel(hertz)[:, np.newaxis]
    low, high = htk_mel(np.array([config.mel_low_hz, config.mel_high_hz]))
    edges = np.linspace(low, high, config.mel_bins + 2)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights: NDArray[np.float64] = np.round(np.clip(np.minimum(rising, falling), 0.0, None), MEL_WEIGHT_DECIMALS)
    if not weights.any(axis=0).all():
        empty = int(np.flatnonzero(~weights.any(axis=0))[0])
        raise ValueError(f"front end: mel bin {empty} is narrower than a spectral bin; raise fft_size or mel_low_hz")
    weights.setflags(write=False)
    return weights


@lru_cache(maxsize=8)
def _bands(config: FrontendConfig) -> tuple[Band, ...]:
    bands = []
    for column in mel_matrix(config).T:
        used = np.flatnonzero(column)
        bands.append(Band(int(used[0]), column[used[0] : used[-1] + 1].copy()))
    return tuple(bands)


@lru_cache(maxsize=8)
def _window(config: FrontendConfig) -> NDArray[np.float64]:
    """Periodic Hann, scaled so that a sine of amplitude 1 gives a spectral peak of magnitude 1."""
    phase = 2.0 * np.pi * np.arange(config.window_samples) / config.window_samples
    hann = 0.5 - 0.5 * np.cos(phase)
    window: NDArray[np.float64] = hann * (2.0 / hann.sum())
    return window


def log_mel(samples: NDArray[np.float32], config: FrontendConfig) -> NDArray[np.float32]:
    """Natural-log mel power [frames_total, mel_bins], float32, of samples [n] in -1..1.

    frames_total = 1 + (n - window) // hop; sound shorter than one window is padded with zeros. The transform runs in
    float64: in float32 its rounding noise is visible where a loud tone is next to silence. Raises ValueError for
    samples of more than one axis, and for a front end of another kind (`frontends.features.compute_features`).
    """
    _require_ours(config)
    if samples.ndim != 1:
        raise ValueError(f"log_mel takes mono samples [n], not shape {samples.shape}")
    missing = max(0, config.window_samples - samples.size)
    padded = np.pad(samples.astype(np.float64), (0, missing))
    frames = np.lib.stride_tricks.sliding_window_view(padded, config.window_samples)[:: config.hop_samples]
    spectrum = np.fft.rfft(frames * _window(config), config.fft_size, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = np.stack([_weighted_sum(power, band) for band in _bands(config)], axis=1)
    result: NDArray[np.float32] = np.log(mel + config.log_offset).astype(np.float32)
    return result


def _weighted_sum(power: NDArray[np.float64], band: Band) -> NDArray[np.float64]:
    """One column of `power @ mel_matrix`. Not a matrix product: on small ones BLAS threads contend for cores."""
    result: NDArray[np.float64] = (power[:, band.first_bin : band.first_bin + len(band.weights)] * band.weights).sum(1)
    return result


def evaluation_start(features: NDArray[np.float32], config: FrontendConfig) -> int:
    """First frame of the window of a clip that is evaluated; `features` [frames_total, mel_bins].

    Of all windows with at least 99 % of the loudest window's energy, the middle one: it contains a short event whole
    and away from the edges, where several windows are equally loud.
    """
    if len(features) <= config.frames:
        return 0
    frame_energy = np.exp(features.astype(np.float64) * config.facts.nepers_per_unit).sum(axis=1)
    totals = np.concatenate([[0.0], np.cumsum(frame_energy)])
    energy = totals[config.frames :] - totals[: -config.frames]
    loud = np.flatnonzero(energy >= CROP_SHARE * energy.max())
    return int(loud[(len(loud) - 1) // 2])


def evaluation_crop(features: NDArray[np.float32], config: FrontendConfig) -> NDArray[np.float32]:
    """Network input [frames, mel_bins], not normalised, of a clip's features [frames_total, mel_bins].

    Long clips: the window of `evaluation_start`. Short clips are repeated from their start until the input is full.
    """
    start = evaluation_start(features, config)
    result: NDArray[np.float32] = features[(start + np.arange(config.frames)) % len(features)]
    return result


def export_frontend(config: FrontendConfig, normalisation: Normalisation) -> dict[str, Any]:
    """Content of frontend.json, sufficient to compute network inputs without Earshot.

    Parameters, the steps in words, the mel matrix, the crop rule and the normalisation. Raises ValueError for a front
    end of another kind.
    """
    _require_ours(config)
    return {
        "format": "earshot-frontend",
        "hash": config.hash,
        "parameters": config.to_json(),
        "steps": list(_STEPS),
        "mel_scale": "HTK: mel = 2595*log10(1 + hz/700); triangles of height 1 with edges equally spaced in mel",
        "mel_matrix": {
            "shape": [config.fft_size // 2 + 1, config.mel_bins],
            "layout": "all zero but mel_matrix[first_bin + i, m] = weights[i] for the m-th entry of bands",
            "bands": [{"first_bin": band.first_bin, "weights": band.weights.tolist()} for band in _bands(config)],
        },
        "crop": _CROP,
        "crop_share": CROP_SHARE,
        **normalisation.to_json(),
        "input_shape": [config.frames, config.mel_bins],
    }


def _require_ours(config: FrontendConfig) -> None:
    if config.kind != EARSHOT:
        raise ValueError(f"front end: {config.facts.title} is none of Earshot's own, and has features of its own")
