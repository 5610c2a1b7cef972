"""Recordings of one's own, from a folder to streams of one form: 16-bit FLAC at 16 kHz with the events of the classes.

What is left out is a finding: lines and recordings that cannot be read, events that begin after the end of their
recording, and labels that are no class.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.decode import ClipProblem
from nas_engine.audio.layouts.base import note, some
from nas_engine.errors import BadDataset
from nas_engine.streaming.annotations.base import AnnotatedRecording, Annotations
from nas_engine.streaming.annotations.recognition import read_annotations, read_negatives
from nas_engine.streaming.layout import RATE_HZ
from nas_engine.streaming.reading import RecordedStream, sound_blocks
from nas_engine.streaming.values import SoundEvent

MOST_FINDINGS = 20
"""Findings that are stated one by one."""
_LISTS = (".tsv", ".txt", ".csv")
_LISTED = 3


@dataclass(frozen=True, slots=True)
class RecordingFolder:
    """Recordings of a folder by name, as FLAC files; `format` is that of their lists."""

    streams: tuple[RecordedStream, ...]
    format: str
    findings: tuple[DatasetProblem, ...] = ()

    @property
    def seconds(self) -> float:
        """Length of all recordings."""
        return sum(one.duration_s for one in self.streams)

    @property
    def events(self) -> Counter[str]:
        """Number of events by class."""
        return Counter(event.label for one in self.streams for event in one.events)


def read_folder(
    source: Path, flacs: Path, classes: Sequence[str], most_hours: float, check: Callable[[], object] = lambda: None
) -> RecordingFolder:
    """Recordings below `source` as FLAC files in the folder `flacs`, with their events of `classes`.

    Without any list, all of them are background. `check` is called before each recording and may raise to end the
    work. Raises BadDataset where lists cannot be read, where no recording is left, and beyond `most_hours`.
    """
    found = _annotations(source)
    findings = list(found.findings)
    streams: list[RecordedStream] = []
    for number, one in enumerate(found.recordings):
        check()
        left_s = 3600.0 * most_hours - sum(stream.duration_s for stream in streams)
        try:
            duration_s = _convert(one, flacs / f"{number}.flac", left_s)
        except ClipProblem as problem:
            words = str(problem).removeprefix(f"{one.path.name}: ")
            findings.append(DatasetProblem(problem.kind, "error", one.name, f"{words} It was left out."))
            continue
        if duration_s is None:
            raise BadDataset(f"The recordings last more than {most_hours:g} hours: measure on them in parts.")
        events, late = _within(one, duration_s)
        findings += late
        streams.append(RecordedStream(flacs / f"{number}.flac", one.name, duration_s, events))
    if not streams:
        raise BadDataset(f"None of the recordings can be read. The last: {in_words(findings[-1:])[0]}")
    return _of_classes(RecordingFolder(tuple(streams), found.format, tuple(findings)), classes)


def in_words(findings: Sequence[DatasetProblem]) -> list[str]:
    """At most `MOST_FINDINGS` findings as sentences, and how many more there are."""
    words = [f"{one.where}: {one.message}" for one in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        words.append(f"There are {len(findings) - MOST_FINDINGS} more findings in the lists of the recordings.")
    return words


def stretch_of(sound: soundfile.SoundFile, start: int, end: int) -> NDArray[np.int16]:
    """Samples [n] from `start` to `end` of a recording of `read_folder`, cut at its ends, as its stream has them."""
    start, end = max(0, min(start, sound.frames)), max(0, min(end, sound.frames))
    sound.seek(start)
    samples: NDArray[np.int16] = sound.read(max(0, end - start), dtype="int16")
    return samples


def _annotations(source: Path) -> Annotations:
    try:
        return read_annotations(source)
    except BadDataset:
        if any(path.suffix.lower() in _LISTS for path in source.rglob("*")):
            raise
        return read_negatives(source)


def _convert(recording: AnnotatedRecording, target: Path, most_s: float) -> float | None:
    """Write the sound as FLAC and return its seconds; None where it is longer than `most_s`. Raises ClipProblem."""
    written = 0
    with soundfile.SoundFile(target, "w", RATE_HZ, 1, "PCM_16", format="FLAC") as flac:
        for block in sound_blocks(recording.path, RATE_HZ):
            flac.write(block)
            written += len(block)
            if written > most_s * RATE_HZ:
                return None
    if not written:
        raise ClipProblem("empty", f"{recording.path.name}: it holds no sound. Copy it again.")
    return written / RATE_HZ


def _within(recording: AnnotatedRecording, duration_s: float) -> tuple[tuple[SoundEvent, ...], list[DatasetProblem]]:
    """Events cut at the end of their recording, and a finding about those that begin after it.

    They lie where they were recorded: none was cut from another recording, so that none has a `SoundEvent.source`.
    """
    events = tuple(
        SoundEvent(event.onset_s, min(event.offset_s, duration_s), event.label)
        for event in recording.events
        if event.onset_s < duration_s
    )
    late = [f"'{one.label}' at {one.onset_s:g} s" for one in recording.events if one.onset_s >= duration_s]
    if not late:
        return events, []
    message = (
        f"It lasts {duration_s:.3f} s, so that these events were left out: {some(late, _LISTED)}. Correct the list."
    )
    return events, [DatasetProblem("event_outside", "error", recording.name, message)]


def _of_classes(found: RecordingFolder, classes: Sequence[str]) -> RecordingFolder:
    """The same with the events of the classes alone, and a finding about the others."""
    others = Counter({label: count for label, count in found.events.items() if label not in classes})
    if not others:
        return found
    streams = tuple(
        replace(one, events=tuple(event for event in one.events if event.label in classes)) for one in found.streams
    )
    listed = some([f"'{label}' ({count})" for label, count in others.most_common()])
    message = (
        f"Events of labels that are no class of the network were left out: {listed}. Small and capital letters differ; "
        f"its classes are {', '.join(classes)}."
    )
    return replace(found, streams=streams, findings=(*found.findings, note("other_label", "Labels", message)))
