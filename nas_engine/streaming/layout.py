"""Where the sounds of a stream lie, and any stretch of the stream made from them again, without the rest of it.

Each sample is made by the same additions in the same order, whichever stretch is wanted, so that a stretch is bit-equal
to that part of the whole stream.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.synthesis.acoustics import coloured_noise

RATE_HZ = 16_000
ACTIVE_DB = 20.0
CROSSFADE = RATE_HZ // 20
_FRAME = RATE_HZ // 50
_NOISE_CLIPS, _NOISE_S = 8, 30.0

Samples = NDArray[np.float32]
Sounds = Callable[[int], Samples]
"""The sound float32 [n] at 16 kHz of a number."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Sound number `sound`, `length` samples of it, from sample `start` of the stream on."""

    sound: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class StreamLayout:
    """Stream of `samples` at 16 kHz: events and background by time, levels in dB (0 dB: square wave of full scale).

    The background is the generated pink noise of `seed` where `is_pink`. The whole is multiplied by `scale`.
    """

    samples: int
    events: tuple[Placement, ...]
    background: tuple[Placement, ...]
    event_dbfs: float
    snr_db: float
    seed: int
    is_pink: bool
    scale: float = 1.0

    def with_sounds(self, event_of: Callable[[int], int], background_of: Callable[[int], int]) -> Self:
        """The same with other numbers of its sounds."""
        return replace(
            self,
            events=tuple(replace(one, sound=event_of(one.sound)) for one in self.events),
            background=tuple(replace(one, sound=background_of(one.sound)) for one in self.background),
        )

    def to_json(self) -> dict[str, Any]:
        """All fields by name, placements as [sound, start, length]; `from_json` is the inverse."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {
            name: [[one.sound, one.start, one.length] for one in values[name]] for name in ("events", "background")
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Layout from the JSON of `to_json`. Raises TypeError for names that are wrong."""
        placed = {name: tuple(Placement(*one) for one in data[name]) for name in ("events", "background")}
        return cls(**{**data, **placed})


def active_part(samples: Samples) -> tuple[int, int, float]:
    """First sample and end of the active part of a clip, and its mean power (full scale: 1). (0, 0, 0.0) if silent."""
    count = -(-len(samples) // _FRAME)
    padded = np.pad(samples.astype(np.float64), (0, count * _FRAME - len(samples)))
    power = (padded.reshape(count, _FRAME) ** 2).sum(axis=1) if count else np.zeros(0)
    if not count or not power.max() > 0.0:
        return 0, 0, 0.0
    active = np.flatnonzero(power >= power.max() * 10.0 ** (-ACTIVE_DB / 10.0))
    held = sum(min(_FRAME, len(samples) - int(frame) * _FRAME) for frame in active)
    end = min((int(active[-1]) + 1) * _FRAME, len(samples))
    return int(active[0]) * _FRAME, end, float(power[active].sum() / held)


def render(layout: StreamLayout, clip_of: Sounds, background_of: Sounds, start: int, end: int) -> Samples:
    """Samples float32 [end - start] of the stream from `start` on, cut at its ends; only the sounds there are read.

    `background_of` is not called where the background is pink noise.
    """
    start, end = max(start, 0), min(end, layout.samples)
    track = np.zeros(max(end - start, 0), np.float32)
    if layout.is_pink:
        noise = pink_noise(noise_generator(layout.seed))
        background_of = noise.__getitem__
    for placed in _within(layout.background, start, end):
        _add(track, _faded(background_of(placed.sound)), placed.start - start)
    track *= np.float32(10.0 ** ((layout.event_dbfs - layout.snr_db) / 20.0))
    for placed in _within(layout.events, start, end):
        clip = clip_of(placed.sound)
        gain = 10.0 ** (layout.event_dbfs / 20.0) / math.sqrt(active_part(clip)[2])
        _add(track, clip * np.float32(gain), placed.start - start)
    track *= np.float32(layout.scale)
    return track


def pink_noise(rng: np.random.Generator) -> list[Samples]:
    """The pieces of noise that stand for the background, from the random numbers of `noise_generator`."""
    return [coloured_noise(int(_NOISE_S * RATE_HZ), -3.0, rng).astype(np.float32) for _ in range(_NOISE_CLIPS)]


def noise_generator(seed: int) -> np.random.Generator:
    """Random numbers of the background of the stream of this seed; those of its events are others."""
    return np.random.default_rng([seed, 1])


def _within(placements: Sequence[Placement], start: int, end: int) -> Iterator[Placement]:
    return (one for one in placements if one.start < end and one.start + one.length > start)


def _faded(sound: Samples) -> Samples:
    """The sound at a root mean square of 1, with the two halves of a crossfade of equal power."""
    fade = np.sin(np.linspace(0.0, np.pi / 2.0, CROSSFADE, dtype=np.float32))
    sound = sound / np.sqrt(np.mean(sound.astype(np.float64) ** 2))
    sound[:CROSSFADE] *= fade
    sound[-CROSSFADE:] *= fade[::-1]
    return sound.astype(np.float32)


def _add(track: Samples, sound: Samples, at: int) -> None:
    """Add a sound to a track from sample `at` on, which may lie before the track; what lies outside is cut."""
    first = max(-at, 0)
    last = min(len(sound), len(track) - at)
    track[at + first : at + last] += sound[first:last]
