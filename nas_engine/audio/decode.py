"""Decoding of sound files to mono samples at one rate."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from nas_engine.audio.containers.opening import FORMATS, first_bytes, open_sound, stated_bytes
from nas_engine.errors import BadDataset

LONGEST_SECONDS = 30.0
SHORTEST_SECONDS = 0.1
COMPLETE_SHARE = 0.95  # MP3 headers only estimate the length
_QUIETEST = 1.0 / 32768.0  # one step of 16-bit audio
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 1_000, 768_000
MOST_VALUES = 100_000_000  # samples of all channels: 30 s of 64 channels at 48 kHz
_VALUES_AT_ONCE = 1 << 20
UNKNOWN_FRAMES = 1 << 62  # libsndfile's count of a streamed FLAC is the largest number


class ClipProblem(BadDataset):
    """One clip cannot be used; `kind` groups such problems, the message holds the reason and the remedy."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class DecodedClip:
    """`samples` float32 [n] in -1..1; `cut_from_seconds`: length of a file of more than 30 s, infinite if unknown."""

    samples: NDArray[np.float32]
    cut_from_seconds: float | None = None


def decode(source: Path | bytes, sample_rate_hz: int = 16_000) -> NDArray[np.float32]:
    """Samples float32 [n] in -1..1 of a file of `containers.FORMATS`. Raises ClipProblem if it cannot be used."""
    return decode_clip(source, sample_rate_hz).samples


def decode_clip(source: Path | bytes, sample_rate_hz: int = 16_000) -> DecodedClip:
    """As `decode`, with the length of a sound that was cut to its first 30 seconds.

    Channels are averaged. Sound beyond full scale (float files, MP3 overshoot) is scaled down to it. Raises ClipProblem
    for an unreadable, truncated, silent, too short or not finite sound, and, before it is decoded, for one of more
    than `MOST_VALUES`; OSError where the file cannot be opened.
    """
    mono, rate_hz, cut_from_seconds = _read(source)
    if not np.isfinite(mono).all():
        raise ClipProblem("not_finite", "It holds NaN or infinite samples. Export it again as 16-bit WAV or FLAC.")
    if len(mono) < SHORTEST_SECONDS * rate_hz:
        seconds = len(mono) / rate_hz
        raise ClipProblem("too_short", f"It lasts {seconds:.3f} s; at least {SHORTEST_SECONDS} s are needed.")
    samples = soxr.resample(mono, rate_hz, sample_rate_hz, quality="HQ") if rate_hz != sample_rate_hz else mono
    peak = float(np.abs(samples).max())
    if peak < _QUIETEST:
        raise ClipProblem("silent", "It is silent from beginning to end. Record it again or leave it out.")
    scaled = (samples / max(peak, 1.0)).astype(np.float32)
    return DecodedClip(scaled, cut_from_seconds)


def _read(source: Path | bytes) -> tuple[NDArray[np.float32], int, float | None]:
    """Samples [n], the mean of channels; their rate in hertz; the full length in seconds if not all was read."""
    head, size = first_bytes(source)
    if not size:
        raise ClipProblem("empty", "The file is empty (0 bytes). Copy it again or leave it out.")
    stated = stated_bytes(head)
    if stated and size < COMPLETE_SHARE * stated:
        raise _cut_short(size / stated)  # libsndfile reads the rest without an error
    try:
        with open_sound(source) as sound:
            rate_hz, frames = int(sound.samplerate), int(sound.frames)
            wanted = min(frames, int(LONGEST_SECONDS * rate_hz))
            _check_bounds(rate_hz, int(sound.channels), wanted / rate_hz)
            samples = _mean_of_channels(sound, wanted)
            longer = frames > wanted and len(sound.read(1)) == 1
    except soundfile.LibsndfileError as error:
        reason = str(error.error_string).rstrip(".")
        raise ClipProblem(
            "unreadable",
            f"It cannot be read as {FORMATS} ({reason}). It is damaged or of another format: "
            "convert it to WAV or FLAC, or leave it out.",
        ) from error
    if frames < UNKNOWN_FRAMES and len(samples) < COMPLETE_SHARE * wanted:
        raise _cut_short(len(samples) / wanted)
    if not longer:
        return samples, rate_hz, None
    return samples, rate_hz, frames / rate_hz if frames < UNKNOWN_FRAMES else math.inf


def _check_bounds(rate_hz: int, channels: int, seconds: float) -> None:
    """Raise ClipProblem, before anything is decoded, for what no recording has or no memory holds."""
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise ClipProblem(
            "unusual_rate",
            f"Its header states {rate_hz:,} samples per second; {LOWEST_RATE_HZ:,} to {HIGHEST_RATE_HZ:,} are read. "
            "Export it again as WAV or FLAC with its true rate.",
        )
    values = rate_hz * channels * seconds
    if values > MOST_VALUES:
        raise ClipProblem(
            "too_much",
            f"Its {channels} channels of {rate_hz:,} samples per second are {values / 1e6:,.0f} million values in "
            f"{seconds:.1f} s; at most {MOST_VALUES / 1e6:,.0f} million are decoded. Mix it down to mono.",
        )


def _mean_of_channels(sound: soundfile.SoundFile, wanted: int) -> NDArray[np.float32]:
    """First `wanted` samples [n], or fewer where the sound ends before, in memory for one channel."""
    at_once = max(1, _VALUES_AT_ONCE // sound.channels)
    parts = [np.zeros(0, np.float32)]
    while wanted > 0:
        channels = sound.read(min(wanted, at_once), dtype="float32", always_2d=True)
        if not len(channels):
            break
        parts.append(channels.mean(axis=1, dtype=np.float32))
        wanted -= len(channels)
    return np.concatenate(parts)


def _cut_short(share: float) -> ClipProblem:
    return ClipProblem("truncated", f"The file is cut short: {share:.0%} of its sound is there. Copy it again.")
