"""Values of streaming evaluation: sound events, streams, outputs over time, detections. NumPy alone.

Times are seconds from the beginning of a stream. Whatever is compared is compared in whole milliseconds (`in_ms`), so
that 0.1 + 0.2 and 0.3 are one time.

    symbol   code         shape                   unit   meaning
    W, C                                                 windows of a stream, classes
    q        outputs      [W, C]                  1      int8 outputs of the network, one row a window
    t        times_ms     [W]                     ms     when the last sample of each window has been heard
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nas_engine.statistics.stored_value import StoredValue

FULL_SCALE = 32768.0
BLOCK_S = 10.0
"""Seconds of sound that are handled at a time: with longer blocks, log-mel features leave the processor's cache."""


@dataclass(frozen=True, slots=True)
class SoundEvent(StoredValue):
    """A sound of the class `label` from `onset_s` to `offset_s`. `source`: the recording it was cut from, "" if none.

    Raises ValueError unless 0 <= onset_s <= offset_s, both finite.
    """

    onset_s: float
    offset_s: float
    label: str
    source: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.onset_s <= self.offset_s < math.inf:
            raise ValueError(f"an event must end after its onset, which {self.onset_s} and {self.offset_s} s do not")


@dataclass(frozen=True, slots=True)
class Detection(StoredValue):
    """The loop's report of the class `label` at `time_s`, with the smoothed score (0..1) at that moment."""

    time_s: float
    label: str
    score: float


class SoundStream(Protocol):
    """Continuous sound with the events in it, in memory (`Stream`) or on disk (`reading.RecordedStream`)."""

    @property
    def name(self) -> str:
        """Name in messages, different for each stream of an evaluation."""
        ...

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        ...

    @property
    def events(self) -> tuple[SoundEvent, ...]:
        """Events as annotated; they may touch or overlap."""
        ...

    def blocks(self) -> Iterator[NDArray[np.int16]]:
        """All samples, 16-bit mono at 16 kHz, in blocks [n] of any length. Each call begins at the beginning."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Stream in memory: `samples` int16 [n] at `sample_rate_hz`."""

    name: str
    samples: NDArray[np.int16]
    events: tuple[SoundEvent, ...] = ()
    sample_rate_hz: int = 16_000

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz

    def blocks(self) -> Iterator[NDArray[np.int16]]:
        """All samples in blocks of at most `BLOCK_S` seconds."""
        step = int(BLOCK_S * self.sample_rate_hz)
        for start in range(0, len(self.samples), step):
            yield self.samples[start : start + step]


@dataclass(frozen=True, slots=True, eq=False)
class StreamScores:
    """Outputs int8 [W, C] of a network for the windows of one stream; scale * (q - zero_point) is a probability.

    The first window ends at `first_s`, each next one `hop_s` later. `saturated_samples` counts samples that the gain
    of the loop brought to full scale. Streams of one `unit` are the same sounds at the same times, at other noise
    levels: they are no more independent of one another than one of them is of itself. "" is a unit of its own.
    """

    name: str
    classes: tuple[str, ...]
    outputs: NDArray[np.int8]
    first_s: float
    hop_s: float
    duration_s: float
    events: tuple[SoundEvent, ...] = ()
    scale: float = 1.0 / 256.0
    zero_point: int = -128
    saturated_samples: int = 0
    unit: str = ""

    @property
    def times_ms(self) -> NDArray[np.int64]:
        """When each window ends, in whole milliseconds [W]."""
        times: NDArray[np.int64] = np.rint((self.first_s + self.hop_s * np.arange(len(self.outputs))) * 1e3).astype(int)
        return times

    @property
    def hours(self) -> float:
        """Length of the stream in hours."""
        return self.duration_s / 3600.0


def independent_hours(streams: Iterable[StreamScores]) -> float:
    """Hours of the streams, of each `StreamScores.unit` those of its longest stream."""
    hours: dict[str, float] = {}
    for stream in streams:
        unit = stream.unit or stream.name
        hours[unit] = max(hours.get(unit, 0.0), stream.hours)
    return sum(hours.values())


def in_ms(seconds: float) -> int:
    """Time in whole milliseconds, halves to the even one."""
    return round(seconds * 1e3)


def pcm16(samples: NDArray[np.floating]) -> NDArray[np.int16]:
    """16-bit samples of full scale -1..1 as a converter gives them: rounded, and saturated beyond full scale."""
    levels: NDArray[np.int16] = np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    return levels


def merged_events(events: Iterable[SoundEvent]) -> tuple[SoundEvent, ...]:
    """Events as they are counted: times rounded to 1 ms, those of one class that touch or overlap made one, by onset.

    An event that lasts no millisecond is given one. Libraries disagree on events that touch: one rejects them, others
    count them apart or merge those that overlap; here they are one, for nobody hears where one ends.
    """
    by_label: defaultdict[str, list[SoundEvent]] = defaultdict(list)
    for event in events:
        by_label[event.label].append(event)
    merged = [one for label in by_label for one in _merged_class(by_label[label])]
    return tuple(sorted(merged, key=lambda event: (event.onset_s, event.label)))


def _merged_class(events: Sequence[SoundEvent]) -> Iterator[SoundEvent]:
    spans = sorted((in_ms(event.onset_s), max(in_ms(event.offset_s), in_ms(event.onset_s) + 1), i)
                   for i, event in enumerate(events))  # fmt: skip
    onset, offset, first = spans[0]
    for begin, end, i in spans[1:]:
        if begin <= offset:
            offset = max(offset, end)
        else:
            yield SoundEvent(onset / 1e3, offset / 1e3, events[first].label, events[first].source)
            onset, offset, first = begin, end, i
    yield SoundEvent(onset / 1e3, offset / 1e3, events[first].label, events[first].source)
