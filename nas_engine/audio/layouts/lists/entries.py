"""Rows of a list as entries: which file, which labels, which split, group and times."""

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePosixPath

import soundfile

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import LONGEST_LABEL, LabelledRow, note
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.columns import SEVERAL, VIDEOS, Columns, bare
from nas_engine.audio.layouts.lists.labels import broader_terms, labels_in, narrowest
from nas_engine.audio.layouts.lists.tables import ListTable
from nas_engine.audio.layouts.mapping import FOLDER

_MEASURED_FILES = 20
_LONGER_SECONDS = 0.25
_MILLISECONDS = re.compile(r"(?:ms|msec|milliseconds)\)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """Row of a list. `path` is relative to the folder, or as written where no such file is there."""

    where: str
    path: str
    labels: tuple[str, ...]
    split: str
    group: str
    fold: str
    times: tuple[str, str, str]
    milliseconds: bool = False


def entries_of(table: ListTable, columns: Columns, folder: SoundFolder) -> tuple[list[Entry], list[DatasetProblem]]:
    """Entries of a table, and a problem for each row whose file name fits several files."""
    entries, problems = [], []
    index = {name: i for i, name in enumerate(table.columns)}
    several = bare(columns.label) in SEVERAL
    in_ms = bool(_MILLISECONDS.search(columns.start))
    for where, cells in table.rows:

        def cell(column: str, cells: Sequence[str] = cells) -> str:
            return cells[index[column]] if column in index else ""

        listed = cell(columns.path)
        paths = _paths(listed, columns, folder, table.folder)
        if len(paths) > 1:
            paths = _agreeing(paths, [cell(name) for name in (columns.split, columns.fold, columns.label)])
        if len(paths) > 1:
            problems.append(_ambiguous(where, listed, paths))
            continue
        path = paths[0] if paths else listed.replace("\\", "/")
        labels = (_folder_of(path),) if columns.label == FOLDER else labels_in(cell(columns.label), several)
        times = (cell(columns.start), cell(columns.end), cell(columns.duration))
        split, group, fold = cell(columns.split), cell(columns.group), cell(columns.fold)
        entries.append(Entry(where, path, labels, split, group, fold, times, in_ms))
    return entries, problems


def _paths(listed: str, columns: Columns, folder: SoundFolder, list_folder: str) -> tuple[str, ...]:
    found = folder.find(listed, list_folder)
    return found or (folder.starting_with(listed) if bare(columns.path) in VIDEOS else ())


def _agreeing(paths: Sequence[str], cells: Sequence[str]) -> tuple[str, ...]:
    """Paths with a folder that is named by the row's split, fold or class."""
    words = {text for cell in cells if cell for text in (cell.lower(), f"fold{cell}".lower())}
    best = tuple(path for path in paths if words & {part.lower() for part in PurePosixPath(path).parent.parts})
    return best or tuple(paths)


def _ambiguous(where: str, listed: str, paths: Sequence[str]) -> DatasetProblem:
    message = f"'{listed[:200]}' may be {paths[0]} or {paths[1]}: write the path from the folder of the list."
    return DatasetProblem("ambiguous_name", "error", where, message)


def _folder_of(path: str) -> str:
    return PurePosixPath(path).parent.name


def merged(entries: Sequence[Entry], has_segments: bool) -> list[Entry]:
    """Rows of one file joined, where a list has a row for each label."""
    if has_segments or len({entry.path for entry in entries}) == len(entries):
        return list(entries)
    joined: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        is_wrong = not entry.labels or max(map(len, entry.labels)) > LONGEST_LABEL
        key = (entry.path, entry.split, entry.where if is_wrong else "")
        first = joined.setdefault(key, entry)
        if first is not entry:
            labels = tuple(dict.fromkeys((*first.labels, *entry.labels)))
            joined[key] = replace(first, labels=labels)
    return list(joined.values())


def single_labels(entries: Sequence[Entry]) -> tuple[list[Entry], list[DatasetProblem]]:
    """Entries with at most one label: the narrowest. Clips of several sounds are left out, named and counted."""
    several = [entry for entry in entries if len(entry.labels) > 1]
    if not several:
        return list(entries), []
    broader = broader_terms([entry.labels for entry in entries])
    kept: list[Entry] = []
    left_out: list[Entry] = []
    for entry in entries:
        labels = narrowest(entry.labels, broader)
        (kept if len(labels) < 2 else left_out).append(replace(entry, labels=labels))
    problems = _broader_note(kept, entries, broader)
    if left_out:
        head = f"{len(left_out)} of {len(entries)} clips carry labels of which none includes the others"
        message = f"{head}, as {' and '.join(left_out[0].labels[:3])} here: left out, because a clip has one class."
        problems.append(DatasetProblem("several_labels", "warning", f"{len(left_out)} clips", message))
        problems += [
            DatasetProblem("several_labels", "warning", entry.where, f"{entry.path}: {', '.join(entry.labels)}.")
            for entry in left_out
        ]
    return kept, problems


def _broader_note(
    kept: Sequence[Entry], entries: Sequence[Entry], broader: dict[str, frozenset[str]]
) -> list[DatasetProblem]:
    classes = {label for entry in kept for label in entry.labels}
    used = sorted(f"{', '.join(sorted(broader[label]))} for {label}" for label in classes if broader.get(label))
    if not used:
        return []
    message = "Of several labels the narrowest is the class. Every clip of the narrower has these broader ones, too: "
    return [note("broader_labels", "labels", f"{message}{'; '.join(used[:20])}.")]


def are_segments(entries: Sequence[Entry], folder: SoundFolder) -> bool:
    """Whether times are parts of the files, and not where in another recording the files were cut from.

    They are parts where a file has several rows with different times, or where files last longer than their rows.
    """
    timed = [entry for entry in entries if entry.times[0]]
    starts: defaultdict[str, set[str]] = defaultdict(set)
    for entry in timed:
        starts[entry.path].add(entry.times[0])
    if any(len(times) > 1 for times in starts.values()):
        return True
    longer = []
    for entry in timed[:: max(1, len(timed) // _MEASURED_FILES)]:
        seconds, times = _duration(folder, entry.path), seconds_of(entry)
        if seconds is not None and times is not None:
            longer.append(seconds - (times[1] - times[0]) if times[1] <= seconds + _LONGER_SECONDS else 0.0)
    return bool(longer) and statistics.median(longer) > _LONGER_SECONDS


def _duration(folder: SoundFolder, path: str) -> float | None:
    try:
        return float(soundfile.info(folder.root / path).duration)
    except (OSError, RuntimeError):
        return None


def seconds_of(entry: Entry) -> tuple[float, float] | None:
    """Start and end in seconds; None where they are no numbers, or the end is not behind the start."""
    start, end, duration = entry.times
    try:
        first = float(start.replace(",", "."))
        last = float(end.replace(",", ".")) if end else first + float(duration.replace(",", "."))
    except ValueError:
        return None
    scale = 0.001 if entry.milliseconds else 1.0
    return (first * scale, last * scale) if 0.0 <= first < last < float("inf") else None


def segment_rows(
    entries: Iterable[Entry], rows: Iterable[LabelledRow]
) -> tuple[list[LabelledRow], list[DatasetProblem]]:
    """Rows as parts of their files. Unknown groups become the files; rows without times are left out and listed."""
    cut, problems = [], []
    for entry, row in zip(entries, rows, strict=True):
        times = seconds_of(entry)
        if times is None:
            message = f"The times '{entry.times[0]}' and '{entry.times[1] or entry.times[2]}' are no part of a sound."
            problems.append(DatasetProblem("bad_segment", "error", row.where, f"{message} Write seconds, start first."))
            continue
        cut.append(replace(row, group=row.group or row.path, start_s=times[0], end_s=times[1]))
    return cut, problems + overlaps(cut)


def overlaps(rows: Sequence[LabelledRow]) -> list[DatasetProblem]:
    """A warning where segments of different classes overlap: the clip of either holds both sounds."""
    by_file: defaultdict[str, list[LabelledRow]] = defaultdict(list)
    for row in rows:
        by_file[row.path].append(row)
    pairs: Counter[tuple[str, str]] = Counter()
    for parts in by_file.values():
        ordered = sorted(parts, key=lambda row: (row.start_s or 0.0, row.end_s or 0.0))
        for one, other in pairwise(ordered):
            if one.label != other.label and (other.start_s or 0.0) < (one.end_s or 0.0):
                pairs[one.label, other.label] += 1
    if not pairs:
        return []
    (label, another), _ = pairs.most_common(1)[0]
    message = (
        f"{pairs.total()} segments overlap one of another class, such as {label} and {another}: they hold both sounds."
    )
    return [DatasetProblem("overlapping_segments", "warning", "segments", message)]
