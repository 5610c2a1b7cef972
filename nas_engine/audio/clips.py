"""Scan of a folder or manifest for labelled clips, in any of the known layouts."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.containers import FORMATS, holds_sound, holds_unread_sound
from nas_engine.audio.esc50 import Esc50Classes, is_esc50, read_esc50
from nas_engine.audio.manifest import ManifestRow, has_needed_columns, read_manifest
from nas_engine.errors import BadDataset

LONGEST_LABEL = 80
_LONGEST_GROUP = 200
_LONGEST_NAME = 400
_SPLIT_NAMES = {
    "train": ("train", "training"),
    "eval": ("eval", "evaluation", "val", "valid", "validation", "dev", "development"),
    "test": ("test", "testing"),
}
_SPLIT_OF = {name: split for split, names in _SPLIT_NAMES.items() for name in names}
_LAYOUTS = (
    "Earshot reads: a CSV list with the columns path, class, split, group; folders train/CLASS/, eval/CLASS/, "
    f"test/CLASS/ of {FORMATS} files; folders CLASS/ alone; or ESC-50 as it is published."
)


@dataclass(frozen=True, slots=True)
class ClipSource:
    """Clip found by a scan: file, split and class. `group`: recording it was cut from, "" if unknown."""

    path: Path
    split: str
    label: str
    group: str
    source_name: str


@dataclass(frozen=True, slots=True)
class Scan:
    """Result of a scan: clips in the order of the source, name of the layout, problems."""

    clips: tuple[ClipSource, ...]
    layout: str
    problems: tuple[DatasetProblem, ...]


def scan(path: Path, *, esc50_classes: Esc50Classes = "earshot") -> Scan:
    """List the clips at `path`, a folder or a CSV file, without reading their sound.

    Raises BadDataset if no known layout is found. Clips without a split get one by a hash of their
    group (60 % train, 20 % eval, 20 % test), so that a recording never lies in two of them.
    """
    if path.is_file():
        return _from_rows(read_manifest(path), path.parent, f"list {path.name}")
    if not path.is_dir():
        raise BadDataset(f"There is no file or folder {path}.")
    root = _descend(path)
    if is_esc50(root):
        return _from_rows(read_esc50(root, esc50_classes), root, "ESC-50")
    if manifest := _find_manifest(root):
        return _from_rows(read_manifest(manifest), root, f"list {manifest.name}")
    return _from_folders(root)


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "__MACOSX")))


def _descend(path: Path) -> Path:
    """Root of the clips: archives often hold a single folder with everything."""
    entries = _visible(path)
    while len(entries) == 1 and entries[0].is_dir() and entries[0].name.lower() not in _SPLIT_OF:
        inner = _visible(entries[0])
        if any(holds_sound(entry) for entry in inner) and not _lists(inner):
            break  # a single class folder, not a wrapper
        path, entries = entries[0], inner
    return path


def _find_manifest(root: Path) -> Path | None:
    lists = _lists(_visible(root))
    usable = [entry for entry in lists if has_needed_columns(entry)]
    if len(usable) > 1:
        names = ", ".join(entry.name for entry in usable)
        raise BadDataset(f"{names}: more than one list of clips. Keep the one that is meant.")
    if usable:
        return usable[0]
    if lists and not any(entry.is_dir() for entry in _visible(root)):
        return lists[0]  # the only content: reading it reports the missing columns
    return None


def _lists(entries: Iterable[Path]) -> list[Path]:
    return [entry for entry in entries if entry.suffix.lower() in (".csv", ".tsv") and entry.is_file()]


def _from_folders(root: Path) -> Scan:
    folders = [entry for entry in _visible(root) if entry.is_dir()]
    splits = [folder for folder in folders if folder.name.lower() in _SPLIT_OF]
    if splits:
        places = [(split.name, folder) for split in splits for folder in _visible(split) if folder.is_dir()]
        layout = "folders split/class"
    else:
        places = [("", folder) for folder in folders]
        layout = "folders class"
    rows: list[ManifestRow] = []
    problems: list[DatasetProblem] = []
    for split, folder in places:
        names = [file.relative_to(root).as_posix() for file in sorted(folder.rglob("*")) if file.is_file()]
        names = [name for name in names if "/." not in name]
        clips = [name for name in names if holds_sound(root / name)]
        rows += [ManifestRow(name, name, split, folder.name, "") for name in clips]
        problems += [_ignored(root / name, name) for name in names if not holds_sound(root / name)]
        if not clips:
            where = folder.relative_to(root).as_posix()
            problems.append(
                DatasetProblem("empty_folder", "warning", where, "No sound files in this folder: add clips.")
            )
    if not rows:
        raise BadDataset(f"No clips found in '{root.name}'. {_LAYOUTS}")
    found = _from_rows(rows, root, layout)
    return Scan(found.clips, layout, (*problems, *found.problems))


def _ignored(file: Path, name: str) -> DatasetProblem:
    if holds_unread_sound(file):
        return DatasetProblem(
            "unknown_format", "error", name, "This audio format is not read: convert it to WAV or FLAC."
        )
    return DatasetProblem("not_audio", "note", name, "Not a sound file: ignored.")


def _from_rows(rows: Sequence[ManifestRow], root: Path, layout: str) -> Scan:
    clips, problems, unsplit = [], [], 0
    for row in rows:
        problem = _wrong(row, root)
        if problem:
            problems.append(problem)
            continue
        key = row.group or row.path
        split = _SPLIT_OF[row.split.lower()] if row.split else split_of_group(key)
        unsplit += not row.split
        label = "negative" if row.label.lower() == "negative" else row.label
        group, name = _fit(row.group, _LONGEST_GROUP), _fit(row.path, _LONGEST_NAME)
        clips.append(ClipSource(root / row.path, split, label, group, name))
    if unsplit:
        problems.append(_split_note(unsplit, any(row.group for row in rows)))
    return Scan(tuple(clips), layout, tuple(problems))


def _wrong(row: ManifestRow, root: Path) -> DatasetProblem | None:
    if not row.path or not row.label:
        missing = "path" if not row.path else "class"
        return DatasetProblem(
            "incomplete_row", "error", row.where, f"This row has no {missing}: fill it in or remove the row."
        )
    if len(row.label) > LONGEST_LABEL:
        return DatasetProblem(
            "long_class", "error", row.where, f"The class name is longer than {LONGEST_LABEL} characters."
        )
    if row.split and row.split.lower() not in _SPLIT_OF:
        message = f"'{row.split}' is no split: write train, eval or test, or leave all splits empty."
        return DatasetProblem("unknown_split", "error", row.where, message)
    inside = os.path.normpath(row.path)
    if Path(inside).is_absolute() or Path(inside).parts[0] == "..":
        message = f"'{row.path}' lies outside the folder of the list: use paths relative to the list."
        return DatasetProblem("outside", "error", row.where, message)
    if not (root / row.path).is_file():
        message = f"There is no file '{row.path}' in {root.name}: add it or remove the row."
        return DatasetProblem("missing_file", "error", row.where, message)
    return None


def _split_note(clips: int, grouped: bool) -> DatasetProblem:
    message = f"{clips} clips came without a split: 60 % went to train, 20 % to eval, 20 % to test, "
    message += "all clips of a group together." if grouped else "each by itself."
    if not grouped:
        message += " If several clips were cut from one recording, name it in a column 'group'."
    return DatasetProblem("split_assigned", "note", "all clips", message)


def split_of_group(group: str) -> str:
    """Split of all clips of one recording, determined by a hash of its name: 60 / 20 / 20 % on average."""
    share = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8]) / 2.0**64
    return "train" if share < 0.6 else "eval" if share < 0.8 else "test"


def _fit(text: str, longest: int) -> str:
    """`text` shortened to `longest` characters; different texts stay different by a hash."""
    if len(text) <= longest:
        return text
    return text[: longest - 17] + "~" + hashlib.sha256(text.encode()).hexdigest()[:16]


def labels_in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Different classes in the order of a network's outputs: by name, "negative" last."""
    return tuple(sorted(set(labels), key=lambda label: (label == "negative", label)))
