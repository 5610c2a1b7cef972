"""Long recordings as streams: read as they are, in blocks, whatever their length.

Unlike clips (`audio.decode`) they are not cut at 30 s, not scaled by their peak, and no stretch of them is chosen. A
float file beyond full scale saturates, as a 16-bit converter does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from nas_engine.audio.containers.opening import FORMATS, first_bytes, holds_sound, open_sound, stated_bytes
from nas_engine.audio.decode import COMPLETE_SHARE, HIGHEST_RATE_HZ, LOWEST_RATE_HZ, UNKNOWN_FRAMES, ClipProblem
from nas_engine.errors import BadDataset
from nas_engine.streaming.values import BLOCK_S, FULL_SCALE, SoundEvent, pcm16

_VALUES_AT_ONCE = 1 << 20
_PIECE_S = 30.0


@dataclass(frozen=True, slots=True)
class RecordedStream:
    """A sound file of any length as a stream; `open_recording` makes one. Its sound is read when it is used."""

    path: Path
    name: str
    duration_s: float
    events: tuple[SoundEvent, ...] = ()
    sample_rate_hz: int = 16_000

    def blocks(self) -> Iterator[NDArray[np.int16]]:
        """All samples, 16-bit mono, in blocks of about `BLOCK_S` seconds. Raises as `sound_blocks` does."""
        return sound_blocks(self.path, self.sample_rate_hz)


def open_recording(path: Path, events: tuple[SoundEvent, ...] = (), name: str = "") -> RecordedStream:
    """The recording at `path` with its events. Decodes it once, for its length and to find faults before they cost.

    Raises ClipProblem where it cannot be read or an event lies outside of it, OSError where it cannot be opened.
    """
    duration_s = sum(len(block) for block in sound_blocks(path)) / 16_000
    for event in events:
        if event.onset_s >= duration_s:
            raise ClipProblem(
                "event_outside",
                f"{path.name}: '{event.label}' begins at {event.onset_s:g} s, and the recording lasts {duration_s:.3f} "
                "s: correct the list.",
            )
    ended = tuple(_within(event, duration_s) for event in events)
    return RecordedStream(path, name or path.name, duration_s, ended)


def _within(event: SoundEvent, duration_s: float) -> SoundEvent:
    return SoundEvent(event.onset_s, min(event.offset_s, duration_s), event.label, event.source)


def background_sounds(folder: Path) -> tuple[NDArray[np.float32], ...]:
    """All sounds below `folder`, float32 [n] at 16 kHz, in pieces of at most 30 s, to put streams together over them.

    Raises BadDataset where there is none, and ClipProblem for one that cannot be read.
    """
    files = [path for path in sorted(folder.rglob("*")) if holds_sound(path)]
    if not files:
        raise BadDataset(f"There is no sound ({FORMATS}) in '{folder.name}': put recordings of the background there.")
    step = int(_PIECE_S * 16_000)
    pieces = []
    for path in files:
        samples = np.concatenate([np.zeros(0, np.int16), *sound_blocks(path)])
        pieces += [(samples[at : at + step] / FULL_SCALE).astype(np.float32) for at in range(0, len(samples), step)]
    return tuple(pieces)


def sound_blocks(path: Path, sample_rate_hz: int = 16_000, name: str = "") -> Iterator[NDArray[np.int16]]:
    """Samples of a sound file, 16-bit mono at `sample_rate_hz`, in blocks [n] of about `BLOCK_S` seconds.

    Channels are averaged. Raises ClipProblem for a file that is empty, unreadable, cut short or not finite, by `name`
    or else that of the file, and OSError where it cannot be opened.
    """
    name = name or path.name
    head, size = first_bytes(path)
    if not size:
        raise ClipProblem("empty", f"{name}: the file is empty (0 bytes). Copy it again or leave it out.")
    stated = stated_bytes(head)
    if stated and size < COMPLETE_SHARE * stated:
        raise _cut_short(name, size / stated)
    try:
        with open_sound(path) as sound:
            yield from _resampled(sound, name, sample_rate_hz)
    except soundfile.LibsndfileError as error:
        reason = str(error.error_string).rstrip(".")
        raise ClipProblem(
            "unreadable", f"{name}: it cannot be read as {FORMATS} ({reason}). Convert it to WAV or FLAC."
        ) from error


def _cut_short(name: str, share: float) -> ClipProblem:
    return ClipProblem("truncated", f"{name}: it is cut short, {share:.0%} of its sound is there. Copy it again.")


def _resampled(sound: soundfile.SoundFile, name: str, sample_rate_hz: int) -> Iterator[NDArray[np.int16]]:
    rate_hz = int(sound.samplerate)
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        message = f"{name}: its header states {rate_hz:,} samples per second; {LOWEST_RATE_HZ:,} to "
        raise ClipProblem("unusual_rate", f"{message}{HIGHEST_RATE_HZ:,} are read. Export it again with its true rate.")
    resampler = None
    if rate_hz != sample_rate_hz:
        resampler = soxr.ResampleStream(rate_hz, sample_rate_hz, 1, dtype="float32", quality="HQ")
    for mono in _mono_blocks(sound, name, rate_hz):
        if not np.isfinite(mono).all():
            raise ClipProblem("not_finite", f"{name}: it holds NaN or infinite samples. Export it again as WAV.")
        yield pcm16(mono if resampler is None else resampler.resample_chunk(mono))
    if resampler is not None:
        yield pcm16(resampler.resample_chunk(np.zeros(0, np.float32), last=True))


def _mono_blocks(sound: soundfile.SoundFile, name: str, rate_hz: int) -> Iterator[NDArray[np.float32]]:
    """Mean of the channels, in memory for some seconds of all of them."""
    at_once = max(1, min(int(BLOCK_S * rate_hz), _VALUES_AT_ONCE // sound.channels))
    read = 0
    while len(channels := sound.read(at_once, dtype="float32", always_2d=True)):
        read += len(channels)
        yield channels.mean(axis=1, dtype=np.float32)
    if read < COMPLETE_SHARE * sound.frames < COMPLETE_SHARE * UNKNOWN_FRAMES:
        raise _cut_short(name, read / sound.frames)
