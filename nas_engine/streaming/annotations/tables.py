"""Tables of events with tabs between the cells: AudioSet's strong labels, and those of DESED and DCASE.

AudioSet (Hershey et al., "The benefit of temporally-strong labels in audio event classification", ICASSP 2021): columns
segment_id, start_time_seconds, end_time_seconds, label. A segment_id is the id of the video and where the segment
begins in ms; times count from the segment's beginning. Labels are machine ids (/m/...), named by
`mid_to_display_name.tsv` or `class_labels_indices.csv` where one of them is there. Its lists have no row for a segment
without events.

DESED, DCASE task 4: columns filename, onset, offset, event_label. A row with a file name alone is a recording without
events: background, which counts as hours.
"""

import csv
from collections import Counter
from collections.abc import Mapping

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import note, some
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.tables import read_text
from nas_engine.streaming.annotations.base import AnnotatedRecording, Annotations, Lines, require_recordings, rows_of
from nas_engine.streaming.values import SoundEvent

AUDIOSET = ("segment_id", "start_time_seconds", "end_time_seconds", "label")
DESED = ("filename", "onset", "offset", "event_label")
_NAMES = ("mid_to_display_name.tsv", "class_labels_indices.csv")


def read_audioset(folder: SoundFolder, lists: Mapping[str, str]) -> Annotations:
    """Recordings of lists of AudioSet's strong labels, {name: text}. Raises BadDataset where none is in the folder."""
    lines, names = Lines(), _display_names(folder)
    for name, text in lists.items():
        for where, cells in list(rows_of(text, name))[1:]:
            if len(cells) == len(AUDIOSET):
                segment, onset, offset, label = cells
                lines.enter(where, segment, onset, offset, names.get(label, label))
            else:
                lines.findings.append(_wrong_cells(where, cells, AUDIOSET))
    segments_of = Counter(segment.rpartition("_")[0] for segment in lines.events)
    found = {}
    for segment in lines.events:
        video = segment.rpartition("_")[0]
        found[segment] = folder.find(segment)
        if not found[segment] and segments_of[video] == 1:
            found[segment] = folder.find(video) or folder.starting_with(video)
    return _found_in(folder, lines, found, "AudioSet strong")


def read_desed(folder: SoundFolder, lists: Mapping[str, str]) -> Annotations:
    """Recordings of lists of DESED or DCASE, {name: text}. Raises BadDataset where none is in the folder."""
    lines = Lines()
    for name, text in lists.items():
        for where, cells in list(rows_of(text, name))[1:]:
            filled = [cell for cell in cells if cell]
            if len(filled) == 1 and cells[0]:
                lines.enter_background(cells[0])
            elif len(cells) == len(DESED) and cells[0]:
                lines.enter(where, *cells)
            else:
                lines.findings.append(_wrong_cells(where, cells, DESED))
    found = {listed: folder.find(listed) for listed in lines.events}
    return _found_in(folder, lines, found, "DESED")


def _wrong_cells(where: str, cells: list[str], columns: tuple[str, ...]) -> DatasetProblem:
    message = f"This line has {sum(map(bool, cells))} of the cells {', '.join(columns)}: fill it in, or remove it."
    return DatasetProblem("bad_row", "error", where, message)


def _found_in(folder: SoundFolder, lines: Lines, found: Mapping[str, tuple[str, ...]], format: str) -> Annotations:
    events_of: dict[str, list[SoundEvent]] = {}
    findings, sounds = list(lines.findings), frozenset(folder.clips)
    for listed, events in lines.events.items():
        names = [name for name in found[listed] if name in sounds]
        if len(names) == 1:
            events_of.setdefault(names[0], []).extend(events)
        else:
            several = f"may be {names[0]} or {names[1]}: write the path from the folder of the list." if names else ""
            message = f"'{listed[:200]}' {several or 'is not in the folder: add it, or remove its lines.'}"
            kind = "ambiguous_name" if names else "missing_file"
            findings.append(DatasetProblem(kind, "error", listed[:200], message))
    if alone := [name for name in folder.clips if name not in events_of]:
        message = f"No list names them, so that nobody knows what they hold: left out ({some(alone, 3)})."
        findings.append(note("unlisted", f"{len(alone)} recordings", message))
    recordings = (AnnotatedRecording(folder.root / name, name, tuple(events)) for name, events in events_of.items())
    return require_recordings(recordings, format, findings)


def _display_names(folder: SoundFolder) -> dict[str, str]:
    """Names of AudioSet's machine ids, of the list that comes with its labels."""
    names: dict[str, str] = {}
    for other in folder.others:
        if other.rpartition("/")[2] in _NAMES:
            text = read_text(folder.root / other, other)
            rows = csv.reader(text.splitlines(), delimiter="\t" if other.endswith(".tsv") else ",")
            for cells in rows:
                mids = [cell for cell in cells if cell.startswith("/")]
                if mids and cells:
                    names[mids[0]] = cells[-1].strip()
    return names
