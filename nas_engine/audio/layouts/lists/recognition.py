"""Layout of clips with one or several lists: a CSV list, one list a split, Hugging Face's metadata, NeMo's manifests,
UrbanSound8K, FSD50K, AudioSet's segments, TAU and DCASE, Common Voice, MSWC.

A list is used, or rejected by its columns; the names of folders never stand in for the classes of a list.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import RECORDING, LabelledRow, Listing, ReadingOptions, note, some
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.choice import ClipList, chosen, lists_in
from nas_engine.audio.layouts.lists.columns import mapped_columns
from nas_engine.audio.layouts.lists.entries import Entry, are_segments, merged, segment_rows, single_labels
from nas_engine.audio.layouts.lists.rejection import reject, require_no_spreadsheet
from nas_engine.audio.layouts.mapping import FOLDER, ListMapping
from nas_engine.audio.layouts.split_words import fold_folder, fold_number, split_in_name, splits_of_folds
from nas_engine.errors import BadDataset

_MID = "/"


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing | None:
    """Clips that lists name, None where no list is about the clips. Raises BadDataset, or UnmappedList to be mapped."""
    mapping = options.mapping or ListMapping()
    if mapping.ignore_lists or mapping.pattern:
        return None
    lists = lists_in(folder)
    if mapping.list:
        lists = _named(lists, mapping.list)
    if mapping.has_columns:
        lists = _mapped(lists, mapping)
    usable = [one for one in lists if one.is_usable]
    if usable:
        used, problems = chosen(usable)
        return listing(used, lists, problems, folder)
    reject(lists, folder)
    names_only = [one for one in lists if one.has_only_names]
    if names_only:
        return _by_folders(names_only, folder)
    require_no_spreadsheet(folder)
    return None


def _named(lists: Sequence[ClipList], name: str) -> list[ClipList]:
    found = [one for one in lists if one.table.name == name]
    if not found:
        known = ", ".join(one.table.name for one in lists) or "no list"
        raise BadDataset(f"There is no list '{name}'. Found: {known}.")
    return found


def _mapped(lists: Sequence[ClipList], mapping: ListMapping) -> list[ClipList]:
    """Lists with the columns that the user names; lists without them are left alone."""
    wanted = {mapping.path, mapping.label} - {FOLDER}
    having = [one for one in lists if wanted <= set(one.table.columns)]
    if not having:
        found = "; ".join(f"{one.table.name}: {', '.join(one.table.columns)}" for one in lists[:5]) or "no list"
        raise BadDataset(f"No list has the columns {', '.join(sorted(wanted))} of the mapping. Found: {found}.")
    return [replace_columns(one, mapping) for one in having]


def replace_columns(one: ClipList, mapping: ListMapping) -> ClipList:
    """The list with columns as the user maps them. Raises BadDataset for a column that it does not have."""
    return ClipList(one.table, mapped_columns(one.table, one.folder, mapping), one.folder)


def listing(
    used: Sequence[ClipList], lists: Sequence[ClipList], problems: Sequence[DatasetProblem], folder: SoundFolder
) -> Listing:
    """Clips of the lists that are used together."""
    for one in used:
        if one.table.fault:
            raise BadDataset(one.table.fault)
    findings = [*problems, *_column_notes(used)]
    entries = [entry for one in used for entry in _with_split(one)]
    findings += [problem for one in used for problem in one.read[1]]
    entries, notes = _with_folds(entries)
    entries, more = _with_splits_of_others(entries, lists, folder)
    has_segments = are_segments(entries, folder)
    entries, several = single_labels(merged(_named_by_mids(entries, lists), has_segments))
    rows = _with_groups([_row(entry) for entry in entries], lists)
    findings += [*notes, *more, *several]
    if has_segments:
        rows, bad = segment_rows(entries, rows)
        findings += bad
    elif any(entry.times[0] for entry in entries):
        message = "Start and end are those of the recordings that the clips were cut from: whole files are the clips."
        findings.append(note("already_cut", used[0].table.name, message))
    findings += _unlisted(lists, folder)
    noun = next((one.columns.noun for one in used if one.columns.group), RECORDING)
    return Listing(rows, _title(used), tuple(findings), noun)


def _row(entry: Entry) -> LabelledRow:
    return LabelledRow(entry.where, entry.path, entry.split, "".join(entry.labels[:1]), entry.group)


def _title(used: Sequence[ClipList]) -> str:
    return f"{'list' if len(used) == 1 else 'lists'} {', '.join(one.table.name for one in used)}"


def _column_notes(used: Sequence[ClipList]) -> list[DatasetProblem]:
    """How columns are read, where they do not have the documented names."""
    shown: dict[str, list[str]] = {}
    for one in used:
        if not one.columns.are_own:
            shown.setdefault(one.columns.shown(), []).append(one.table.name)
    return [note("columns", some(names), f"Read as {text}.") for text, names in shown.items()]


def _with_split(one: ClipList) -> list[Entry]:
    """Entries with the split of their list's name, where they have none of their own."""
    word = one.split
    return [replace(entry, split=entry.split or ("" if entry.fold else word)) for entry in one.read[0]]


def _with_folds(entries: list[Entry]) -> tuple[list[Entry], list[DatasetProblem]]:
    """Splits from folds: those of the list or, where nothing else gives splits, of folders fold1, fold2 ..."""
    if not any(entry.split or entry.fold for entry in entries):
        folds = [_fold_of_folders(entry.path) for entry in entries]
        if None not in folds and len(set(folds)) > 1:
            entries = [replace(entry, fold=str(fold)) for entry, fold in zip(entries, folds, strict=True)]
    numbers = {number for entry in entries if not entry.split and (number := fold_number(entry.fold)) is not None}
    splits = splits_of_folds(numbers)
    if not splits:
        return entries, []
    entries = [
        replace(entry, split=entry.split or splits.get(number, ""))
        if (number := fold_number(entry.fold)) is not None
        else entry
        for entry in entries
    ]
    return entries, [folds_note(splits)]


def folds_note(splits: dict[int, str]) -> DatasetProblem:
    """Finding on which folds became which split."""
    parts = [
        f"{', '.join(str(number) for number, one in sorted(splits.items()) if one == split)} to {split}"
        for split in ("train", "eval", "test")
        if split in splits.values()
    ]
    return note("folds", "folds", f"Folds are kept whole and never classes: {'; '.join(parts)}.")


def _fold_of_folders(path: str) -> int | None:
    folds = (fold_folder(part) for part in PurePosixPath(path).parent.parts)
    return next((number for number in folds if number is not None), None)


def _with_splits_of_others(
    entries: list[Entry], lists: Sequence[ClipList], folder: SoundFolder
) -> tuple[list[Entry], list[DatasetProblem]]:
    """Splits from lists of names (train.txt) or from folders, where no list of classes gives any."""
    if any(entry.split for entry in entries):
        return entries, []
    by_path = {path: one.split for one in lists if one.has_only_names for path in one.paths}
    if by_path:
        return [replace(entry, split=by_path.get(entry.path, "")) for entry in entries], []
    words = [split_in_name(f"{Path(entry.path).parent.as_posix()}/-") for entry in entries]
    if all(words) and len(set(words)) > 1:
        return [replace(entry, split=word) for entry, word in zip(entries, words, strict=True)], []
    return entries, []


def _named_by_mids(entries: list[Entry], lists: Sequence[ClipList]) -> list[Entry]:
    """Labels such as /m/09x0r by their names in AudioSet's class_labels_indices.csv."""
    if not any(label.startswith(_MID) for entry in entries for label in entry.labels):
        return entries
    tables = [one.table for one in lists if {"mid", "display_name"} <= set(one.table.columns)]
    names = {
        mid: name for table in tables for mid, name in zip(table.cells("mid"), table.cells("display_name"), strict=True)
    }
    return [replace(entry, labels=tuple(names.get(label, label) for label in entry.labels)) for entry in entries]


def _with_groups(rows: list[LabelledRow], lists: Sequence[ClipList]) -> list[LabelledRow]:
    """Groups from another list of the same clips, where the lists that are used have none."""
    if any(row.group for row in rows):
        return rows
    other = next((one for one in lists if one.columns.group and one.is_about_clips), None)
    groups = {entry.path: entry.group for entry in other.read[0]} if other else {}
    return [replace(row, group=groups.get(row.path, "")) for row in rows] if groups else rows


def _unlisted(lists: Sequence[ClipList], folder: SoundFolder) -> list[DatasetProblem]:
    named = frozenset[str]().union(*(one.paths for one in lists if one.columns.found))
    alone = [name for name in folder.clips if name not in named]
    if not alone or any(one.read[1] for one in lists if one.is_usable):
        return []
    return [note("unlisted", f"{len(alone)} sound files", f"They are in no list: left out ({some(alone, 3)}).")]


def _by_folders(lists: Sequence[ClipList], folder: SoundFolder) -> Listing:
    """Clips whose lists give splits alone: their folders are their classes. Clips of no list are for training, if no
    list is.
    """
    split_of = {path: one.split for one in lists for path in one.paths}
    rest = "" if "train" in split_of.values() else "train"
    names = [name for name in folder.clips if name in split_of or rest]
    rows = [LabelledRow(name, name, split_of.get(name, rest), PurePosixPath(name).parent.name) for name in names]
    message = f"{some([one.table.name for one in lists])} give splits and no classes: folders are the classes."
    return Listing(rows, "lists of splits, folders class", (note("splits_listed", "lists", message),))
