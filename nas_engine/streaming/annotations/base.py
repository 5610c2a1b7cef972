"""What readers of strongly labelled lists give: recordings with their events, and lines with their numbers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import LONGEST_LABEL
from nas_engine.errors import BadDataset
from nas_engine.streaming.reading import RecordedStream, open_recording
from nas_engine.streaming.values import SoundEvent

_LATEST_S = 1e7  # four months


@dataclass(frozen=True, slots=True)
class AnnotatedRecording:
    """Sound file with the events in it, none for a file of background; `name` is its path from the folder."""

    path: Path
    name: str
    events: tuple[SoundEvent, ...] = ()

    def stream(self) -> RecordedStream:
        """The recording as a stream. Raises as `reading.open_recording` does."""
        return open_recording(self.path, self.events, self.name)


@dataclass(frozen=True, slots=True)
class Annotations:
    """Recordings of a folder by name, the format that they are annotated in, and findings.

    An "error" among the findings left a line or a recording out.
    """

    recordings: tuple[AnnotatedRecording, ...]
    format: str
    findings: tuple[DatasetProblem, ...] = ()

    def with_classes(self, names: Mapping[str, str]) -> "Annotations":
        """The same with the labels of the annotations as the classes they mean; events of other labels are left out."""
        renamed = tuple(
            replace(one, events=tuple(replace(e, label=names[e.label]) for e in one.events if e.label in names))
            for one in self.recordings
        )
        return replace(self, recordings=renamed)


@dataclass(slots=True)
class Lines:
    """Lines of a list as they are read: events by the name of a recording, and what is wrong with lines.

    A recording that is entered without an event is one of background.
    """

    events: defaultdict[str, list[SoundEvent]] = field(default_factory=lambda: defaultdict(list))
    findings: list[DatasetProblem] = field(default_factory=list)

    def enter_background(self, recording: str) -> None:
        """A recording that may have no events."""
        self.events.setdefault(recording, [])

    def enter(self, where: str, recording: str, onset: str, offset: str, label: str) -> None:
        """An event as texts of a line. Anything that is no event becomes a finding with its place."""
        try:
            event = event_of(onset, offset, label)
        except ValueError as error:
            self.findings.append(DatasetProblem("bad_event", "error", where, str(error)))
        else:
            self.events[recording].append(replace(event, source=recording))


def event_of(onset: str, offset: str, label: str) -> SoundEvent:
    """Event of three texts, times in seconds. Raises ValueError with a sentence for a user where they are none."""
    try:
        begin, end = float(onset.replace(",", ".")), float(offset.replace(",", "."))
    except ValueError:
        raise ValueError(
            f"The times '{onset[:40]}' and '{offset[:40]}' are no numbers: write seconds, as 1.25."
        ) from None
    if not 0.0 <= begin < end < _LATEST_S:
        raise ValueError(f"No event lasts from {begin:g} to {end:g} s: write the onset, then a later end, in seconds.")
    if not label.strip():
        raise ValueError("This event has no label: write its class, or remove the line.")
    if len(label.strip()) > LONGEST_LABEL:
        raise ValueError(f"The label is longer than {LONGEST_LABEL} characters: shorten it.")
    return SoundEvent(begin, end, label.strip())


def rows_of(text: str, name: str) -> Iterator[tuple[str, list[str]]]:
    """Place and cells of each line that is not empty, cells parted by tabs."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield f"{name}, line {number}", [cell.strip() for cell in line.split("\t")]


def header_of(text: str) -> tuple[str, ...]:
    """Cells of the first line in small letters."""
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    return tuple(cell.strip().lower() for cell in first.split("\t"))


def require_recordings(
    recordings: Iterable[AnnotatedRecording], format: str, findings: Sequence[DatasetProblem]
) -> Annotations:
    """Annotations of the recordings by name. Raises BadDataset where there is none."""
    found = tuple(sorted(recordings, key=lambda one: one.name))
    if not found:
        first = f" First of {len(findings)} findings: {findings[0].where}: {findings[0].message}" if findings else ""
        raise BadDataset(f"None of the recordings that the annotations name is in the folder.{first}")
    return Annotations(found, format, tuple(findings))
