"""Streams put together from clips over a background, at a stated rate, signal-to-noise ratio and gap; seeded.

Signal-to-noise ratio: the mean power of an event's *active part* over the mean power of the background, in dB. The
active part is what its 20 ms frames with at least a hundredth of the power of the loudest frame (-20 dB) hold; the
event lasts from the first of them to the end of the last, so that silence around a sound is no part of the event. Every
event is brought to one level and so is every clip of the background, which lies `snr_db` below. Where events and
background add up beyond full scale, the stream is scaled down as a whole, which leaves all ratios, and
`ComposedStream.scaled_db` states by how much. The same seed places the same clips at the same times at every ratio.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from nas_engine.errors import BadDataset
from nas_engine.streaming.layout import (
    CROSSFADE,
    RATE_HZ,
    Placement,
    Samples,
    StreamLayout,
    active_part,
    noise_generator,
    pink_noise,
    render,
)
from nas_engine.streaming.values import FULL_SCALE, SoundEvent, Stream, pcm16

_HIGHEST = (FULL_SCALE - 1) / FULL_SCALE

Drawn = TypeVar("Drawn")


@dataclass(frozen=True, slots=True, eq=False)
class SourceClip:
    """A clip to put streams together from: `samples` float32 [n] at 16 kHz, its class, the recording it is cut from."""

    samples: Samples
    label: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Composition:
    """What a stream is made of. Raises ValueError naming the wrong one.

    `events_per_hour` times the duration, rounded, is the number of events; each begins at least `shortest_gap_s` after
    the end of the one before. `event_dbfs` is the level of the active part of every event (root mean square, 0 dB:
    that of a square wave of full scale); the background lies `snr_db` below.
    """

    duration_s: float = 3600.0
    events_per_hour: float = 60.0
    snr_db: float = 20.0
    shortest_gap_s: float = 5.0
    event_dbfs: float = -20.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.0 < self.duration_s < math.inf:
            raise ValueError(f"duration_s must be above 0 s, not {self.duration_s}")
        for name in ("events_per_hour", "shortest_gap_s"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be at least 0, not {getattr(self, name)}")
        if not (math.isfinite(self.snr_db) and math.isfinite(self.event_dbfs)):
            raise ValueError("snr_db and event_dbfs must be finite")

    @property
    def events(self) -> int:
        """Number of events."""
        return round(self.events_per_hour * self.duration_s / 3600.0)


@dataclass(frozen=True, slots=True, eq=False)
class ComposedStream(Stream):
    """Stream put together; `background` states in words what lies behind the events.

    `scaled_db` (0 or below) is by how much all of it was scaled so that nothing clips. `layout` is where the sounds
    lie; its events are in the order of `events`, and name clips and background sounds by their place in what the stream
    was put together from.
    """

    background: str = ""
    scaled_db: float = 0.0
    layout: StreamLayout | None = None


def compose(
    name: str, clips: Sequence[SourceClip], background: Sequence[Samples], composition: Composition
) -> ComposedStream:
    """A stream of `composition`: events from `clips`, every class equally often, over `background`, sounds [n] each.

    Clips are drawn in shuffled rounds, so that none of a class repeats before all were drawn. Without background sounds
    the background is pink noise of the same level. Raises BadDataset without usable clips for events, and where the
    events with their gaps do not fit into the stream.
    """
    drawing, noise = np.random.default_rng([composition.seed, 0]), noise_generator(composition.seed)
    chosen = _drawn(clips, composition.events, drawing)
    starts = _starts([len(clips[number].samples) for number in chosen], composition, drawing)
    usable = [place for place, one in enumerate(background) if len(one) > 2 * CROSSFADE and np.any(one)]
    words = f"{len(usable)} background sounds" if usable else "generated pink noise: there are no background sounds"
    samples = round(composition.duration_s * RATE_HZ)
    events = tuple(
        Placement(number, start, len(clips[number].samples)) for number, start in zip(chosen, starts, strict=True)
    )
    layout = StreamLayout(
        samples=samples,
        events=events,
        background=_background(usable, background, samples, noise),
        event_dbfs=composition.event_dbfs,
        snr_db=composition.snr_db,
        seed=composition.seed,
        is_pink=not usable,
    )
    track = render(layout, lambda number: clips[number].samples, lambda number: background[number], 0, samples)
    peak = float(np.abs(track).max(initial=0.0))
    layout = replace(layout, scale=min(1.0, _HIGHEST / peak) if peak > 0.0 else 1.0)
    track *= np.float32(layout.scale)
    heard = tuple(_event(clips[placed.sound], placed) for placed in events)
    return ComposedStream(name, pcm16(track), heard, RATE_HZ, words, 20.0 * math.log10(layout.scale), layout)


def _event(clip: SourceClip, placed: Placement) -> SoundEvent:
    first, end, _ = active_part(clip.samples)
    onset_s, offset_s = (placed.start + first) / RATE_HZ, (placed.start + end) / RATE_HZ
    return SoundEvent(onset_s, offset_s, clip.label, clip.source or f"clip {placed.sound}")


def _drawn(clips: Sequence[SourceClip], count: int, rng: np.random.Generator) -> list[int]:
    """Places of `count` clips: classes in shuffled rounds, within each class clips in shuffled rounds."""
    by_label: dict[str, list[int]] = {}
    for number, clip in enumerate(clips):
        if active_part(clip.samples)[1]:
            by_label.setdefault(clip.label, []).append(number)
    if count and not by_label:
        raise BadDataset("A stream with events needs clips that are not silent, and there are none: add some.")
    labels = _rounds(sorted(by_label), rng)
    clips_of: Mapping[str, Iterator[int]] = {label: _rounds(by_label[label], rng) for label in sorted(by_label)}
    return [next(clips_of[next(labels)]) for _ in range(count)]


def _rounds(values: Sequence[Drawn], rng: np.random.Generator) -> Iterator[Drawn]:
    while True:
        for place in rng.permutation(len(values)):
            yield values[int(place)]


def _starts(lengths: Sequence[int], composition: Composition, rng: np.random.Generator) -> list[int]:
    """First samples of clips of these lengths: gaps of at least the shortest, what is left over spread uniformly."""
    gap = round(composition.shortest_gap_s * RATE_HZ)
    free = round(composition.duration_s * RATE_HZ) - sum(lengths) - gap * (len(lengths) + 1)
    if free < 0 and lengths:
        needed = (sum(lengths) + gap * (len(lengths) + 1)) / RATE_HZ
        raise BadDataset(
            f"{len(lengths)} events with gaps of {composition.shortest_gap_s:g} s last {needed:.0f} s, and the stream "
            f"{composition.duration_s:.0f} s: lower the rate or the gap, or make the stream longer."
        )
    extra = np.sort(rng.integers(0, free + 1, len(lengths))) if lengths else np.zeros(0, int)
    before = np.cumsum([0, *lengths])[:-1] + gap * np.arange(1, len(lengths) + 1)
    return [int(start) for start in before[: len(lengths)] + extra]


def _background(
    usable: Sequence[int], sounds: Sequence[Samples], samples: int, rng: np.random.Generator
) -> tuple[Placement, ...]:
    """Sounds in shuffled rounds, each of which begins a crossfade before the end of the one before; pink without any.

    The order of pink noise is drawn after its pieces.
    """
    lengths = {number: len(sounds[number]) for number in usable}
    if not lengths:
        lengths = {number: len(piece) for number, piece in enumerate(pink_noise(rng))}
    place, order, placed = 0, _rounds(list(lengths), rng), []
    while place < samples:
        number = next(order)
        placed.append(Placement(number, place, lengths[number]))
        place += lengths[number] - CROSSFADE
    return tuple(placed)
