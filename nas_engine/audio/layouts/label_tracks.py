"""Layout of recordings with label tracks of Audacity or selection tables of Raven, both with tabs between the cells.

A track belongs to the recording of its name (rec1.txt, rec1_labels.txt, rec1.Table.1.selections.txt), or to the only
one of its folder if there is one track. Sound without a label is not used.

Audacity: lines of start, end and label, in seconds; those that begin with a backslash give frequencies (Audacity
manual, "Importing and Exporting Labels"). Raven: a header with "Begin Time (s)" and "End Time (s)", a column of the
user for the class, and a row for each view of a selection.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import LabelledRow, Listing, ReadingOptions, note, some
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.columns import LABELS, bare
from nas_engine.audio.layouts.lists.entries import overlaps
from nas_engine.audio.layouts.lists.tables import read_text
from nas_engine.errors import BadDataset


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing | None:
    """Labelled parts of recordings, None where no text file is a label track. A recording is a group."""
    mapping = options.mapping
    if mapping and (mapping.has_columns or mapping.ignore_lists or mapping.pattern):
        return None
    tracks = [(name, lines) for name in folder.others if (lines := _track(folder, name))]
    if not tracks:
        return None
    tracks_in = Counter(PurePosixPath(name).parent for name, _ in tracks)
    rows: list[LabelledRow] = []
    findings: list[DatasetProblem] = []
    for name, lines in tracks:
        recording = _recording(folder, name, tracks_in[PurePosixPath(name).parent])
        if recording is None:
            message = "No recording has the name of this label track: name it as the recording, with .txt."
            findings.append(DatasetProblem("no_recording", "error", name, message))
        else:
            rows += _rows(name, recording, lines, findings)
    used = {row.path for row in rows}
    if unlabelled := [name for name in folder.clips if name not in used]:
        message = f"They have no label track: left out ({some(unlabelled, 3)})."
        findings.append(note("unlisted", f"{len(unlabelled)} recordings", message))
    return Listing(rows, "label tracks", (*findings, *overlaps(rows)))


def _track(folder: SoundFolder, name: str) -> list[tuple[int, list[str]]]:
    """Lines of a label track with their numbers; none where a line is of another kind."""
    if not name.lower().endswith(".txt"):
        return []
    try:
        text = read_text(folder.root / name, name)
    except BadDataset:
        return []
    selections = _selections(name, text)
    if selections is not None:
        return selections
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("\\"):
            continue
        cells = line.split("\t")
        if len(cells) < 2 or not (_is_time(cells[0]) and _is_time(cells[1])):
            return []
        found.append((number, cells))
    return found


def _selections(name: str, text: str) -> list[tuple[int, list[str]]] | None:
    """Rows of a selection table as the lines of a track, None for any other text. Raises BadDataset without classes."""
    header, *rows = [line.split("\t") for line in text.splitlines()] or [[]]
    places = {bare(cell): place for place, cell in enumerate(header)}
    if not {"begintimes", "endtimes"} <= places.keys():
        return None
    label = next((key for key in LABELS if key in places), None)
    if label is None:
        message = f"{name}: none of the columns of this selection table is known to hold classes."
        raise BadDataset(f"{message} Name one of them Species, Annotation or Class. Found: {', '.join(header)}.")
    wanted = [places[key] for key in ("begintimes", "endtimes", label)]
    lines: dict[tuple[str, ...], int] = {}  # a selection has a row for each view
    for number, cells in enumerate(rows, start=2):
        if any(cell.strip() for cell in cells):
            lines.setdefault(tuple(cells[place] if place < len(cells) else "" for place in wanted), number)
    return [(number, list(cells)) for cells, number in lines.items()]


def _is_time(text: str) -> bool:
    try:
        return 0.0 <= float(text.replace(",", ".")) < 1e9
    except ValueError:
        return False


def _recording(folder: SoundFolder, track: str, tracks: int) -> str | None:
    path = PurePosixPath(track)
    near = [name for name in folder.clips if PurePosixPath(name).parent == path.parent]
    named = [name for name in near if _begins_with(path.stem, PurePosixPath(name).stem)]
    if named:
        return max(named, key=len)
    return near[0] if len(near) == tracks == 1 else None


def _begins_with(track: str, recording: str) -> bool:
    """Whether a track's name is that of the recording, perhaps with more behind a sign: rec1_labels is not of rec."""
    return track.startswith(recording) and not track[len(recording) : len(recording) + 1].isalnum()


def _rows(
    track: str, recording: str, lines: list[tuple[int, list[str]]], findings: list[DatasetProblem]
) -> Iterator[LabelledRow]:
    for number, cells in lines:
        where = f"{track}, line {number}"
        if not all(_is_time(cell) for cell in cells[:2]):
            message = f"The times '{cells[0][:80]}' and '{cells[1][:80]}' are no part of a sound. Write seconds."
            findings.append(DatasetProblem("bad_segment", "error", where, message))
            continue
        start, end = (float(cell.replace(",", ".")) for cell in cells[:2])
        label = cells[2].strip() if len(cells) > 2 else ""
        if end > start:
            yield LabelledRow(where, recording, "", label, recording, start, end)
        else:
            message = f"'{label[:80]}' marks a point: give it an end."
            findings.append(DatasetProblem("bad_segment", "error", where, message))
