"""Parts of long recordings, cut out before they are decoded as clips are."""

import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_engine.audio.containers import open_sound
from nas_engine.audio.decode import HIGHEST_RATE_HZ, LONGEST_SECONDS, ClipProblem

_BLOCK_VALUES = 1 << 22


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
            sound.seek(first)
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
