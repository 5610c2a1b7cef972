"""Decoding of sound files to mono samples at one rate."""

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from nas_engine.errors import BadDataset

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff"})
LONGEST_SECONDS = 30.0
SHORTEST_SECONDS = 0.1
_COMPLETE_SHARE = 0.95  # MP3 headers only estimate the length
_QUIETEST = 1.0 / 32768.0  # one step of 16-bit audio
_UNKNOWN_LENGTH = 0xFFFFFFFF  # written into a WAV header by programs that stream


class ClipProblem(BadDataset):
    """One clip cannot be used; `kind` groups such problems, the message holds the reason and the remedy."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class DecodedClip:
    """`samples` float32 [n] in -1..1; `cut_from_seconds` is the file's length if it was longer than 30 s."""

    samples: NDArray[np.float32]
    cut_from_seconds: float | None = None


def decode(source: Path | bytes, sample_rate_hz: int = 16_000) -> NDArray[np.float32]:
    """Samples float32 [n] in -1..1 of a WAV, FLAC, Ogg, MP3 or AIFF file. Raises ClipProblem if it cannot be used."""
    return decode_clip(source, sample_rate_hz).samples


def decode_clip(source: Path | bytes, sample_rate_hz: int = 16_000) -> DecodedClip:
    """As `decode`, with the length of a sound that was cut to its first 30 seconds.

    Channels are averaged. Sound beyond full scale (float files, MP3 overshoot) is scaled down to it. Raises ClipProblem
    for an unreadable, truncated, silent, too short or not finite sound, and OSError where the file cannot be opened.
    """
    channels, rate_hz, cut_from_seconds = _read(source)
    mono = channels.mean(axis=1, dtype=np.float32)
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
    """Samples [n, channels], their rate in hertz, and the full length in seconds if not all was read."""
    if not (len(source) if isinstance(source, bytes) else source.stat().st_size):
        raise ClipProblem("empty", "The file is empty (0 bytes). Copy it again or leave it out.")
    _reject_cut_wav(source)
    try:
        with soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            wanted = min(file.frames, int(LONGEST_SECONDS * file.samplerate))
            samples: NDArray[np.float32] = file.read(wanted, dtype="float32", always_2d=True)
            rate_hz, frames = int(file.samplerate), int(file.frames)
    except soundfile.LibsndfileError as error:
        reason = str(error.error_string).rstrip(".")
        raise ClipProblem(
            "unreadable",
            f"It cannot be read as WAV, FLAC, Ogg or MP3 ({reason}). It is damaged or of another format: "
            "convert it to WAV or FLAC, or leave it out.",
        ) from error
    if len(samples) < _COMPLETE_SHARE * wanted:
        raise _cut_short(len(samples) / wanted)
    return samples, rate_hz, frames / rate_hz if frames > wanted else None


def _reject_cut_wav(source: Path | bytes) -> None:
    """Raise ClipProblem for a truncated WAV file, of which libsndfile reads the rest without an error."""
    if isinstance(source, bytes):
        head, size = source[:12], len(source)
    else:
        with source.open("rb") as file:
            head = file.read(12)
        size = source.stat().st_size
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return
    (declared,) = struct.unpack("<I", head[4:8])
    if declared != _UNKNOWN_LENGTH and size < _COMPLETE_SHARE * (declared + 8):
        raise _cut_short(size / (declared + 8))


def _cut_short(share: float) -> ClipProblem:
    return ClipProblem("truncated", f"The file is cut short: {share:.0%} of its sound is there. Copy it again.")
