"""Parts of long recordings, cut out before they are decoded as clips are."""

import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_engine.audio.containers.opening import open_sound
from nas_engine.audio.decode import HIGHEST_RATE_HZ, LONGEST_SECONDS, ClipProblem

_BLOCK_VALUES = 1 << 22
# Frames of MP3 keep data in the frames before them, up to 255 bytes at as little as 11 a frame of 576 samples. After a
# seek libsndfile 1.2.2 decodes without these: behind silence up to 45 ms are damaged (findings/mp3_seek_after_silence).
_MP3_BEFORE = 32 * 1152


def cut(path: Path, start_s: float, end_s: float) -> bytes:
    """The part of a sound file from `start_s` to `end_s` (seconds) as a mono WAV file, at most 30 s and a moment.

    Channels are averaged. Raises ClipProblem where the part begins behind the end, or the file cannot be read at any
    place, and OSError where it cannot be opened.
    """
    try:
        with open_sound(path) as sound:
            rate_hz = sound.samplerate
            first, last = round(start_s * rate_hz), round(end_s * rate_hz)
            if first >= sound.frames:
                raise _outside(start_s, sound.frames / rate_hz)
            _go_to(sound, first)
            longest = int((LONGEST_SECONDS + 1.0) * min(rate_hz, HIGHEST_RATE_HZ))
            samples = _mono(sound, min(last - first, longest))
            if not len(samples):
                raise _outside(start_s, None)
            return _wav(samples, rate_hz)
    except soundfile.LibsndfileError as error:
        reason = str(error.error_string).rstrip(".")
        raise ClipProblem(
            "unreadable", f"No part of it can be read ({reason}): convert the recording to WAV or FLAC."
        ) from error


def _go_to(sound: soundfile.SoundFile, first: int) -> None:
    """Seek so that what is read next are the samples that a reader of the whole file has from `first` on."""
    before = min(first, _MP3_BEFORE) if sound.format == "MP3" else 0
    sound.seek(first - before)
    if before:
        sound.read(before, dtype="float32")


def _outside(start_s: float, seconds: float | None) -> ClipProblem:
    lasts = "ends before" if seconds is None else f"lasts {seconds:.2f} s"
    message = f"It begins at {start_s:g} s, and the recording {lasts}: correct the list."
    return ClipProblem("segment_outside", message)


def _mono(file: soundfile.SoundFile, frames: int) -> NDArray[np.float32]:
    """Mean of the channels [n] of at most `frames` frames, read in blocks so that many channels need no memory."""
    parts, step = [np.zeros(0, np.float32)], max(1, _BLOCK_VALUES // file.channels)
    while frames > 0:
        block = file.read(min(frames, step), dtype="float32", always_2d=True)
        if not len(block):
            break
        parts.append(block.mean(axis=1, dtype=np.float32))
        frames -= len(block)
    return np.concatenate(parts)


def _wav(samples: NDArray[np.float32], rate_hz: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate_hz, format="WAV", subtype="FLOAT")
    return buffer.getvalue()
