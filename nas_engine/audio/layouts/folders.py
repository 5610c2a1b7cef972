"""Layout of folders without lists: split/class, class, fold/class, class/split, and MIMII's machine/id/normal.

A folder of a fold or a machine is no class. Classes are the folders next to the root or to the split, with all their
subfolders.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.containers.opening import holds_unread_sound
from nas_engine.audio.layouts.base import LabelledRow, Listing, ReadingOptions, note, some
from nas_engine.audio.layouts.file_names import urban_names
from nas_engine.audio.layouts.files import SoundFolder, is_hidden
from nas_engine.audio.layouts.lists.recognition import folds_note
from nas_engine.audio.layouts.speech_commands import BACKGROUND
from nas_engine.audio.layouts.split_words import fold_folder, split_word, splits_of_folds
from nas_engine.errors import BadDataset

_PEOPLE = re.compile(r"(?:actor|speaker|spk|subject|participant|person|user|session)[ _-]*\d+", re.IGNORECASE)
_CONDITIONS = frozenset({"normal", "abnormal", "anomaly"})


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing | None:
    """Clips by their folders; None where clips lie directly in the root or in folders of splits."""
    if options.mapping and options.mapping.pattern:
        return None
    names = [name for name in folder.folders() if not is_hidden(name)]
    if machines := _machines(folder):
        return machines
    if (folds := [name for name in names if fold_folder(name) is not None]) and len(folds) == len(names) > 1:
        return _folds(folder, folds)
    splits = [name for name in names if split_word(name)]
    if splits:
        places = [(split, f"{split}/{label}") for split in splits for label in folder.folders(split)]
        return _listing(folder, places, "folders split/class")
    return _listing(folder, _class_places(folder, names), "folders class")


def _class_places(folder: SoundFolder, names: Sequence[str]) -> list[tuple[str, str]]:
    """Split and folder of each class; with splits inside of the classes, of each split of each."""
    inner = {name: folder.folders(name) for name in names if name != BACKGROUND}
    if inner and all(parts and all(split_word(part) for part in parts) for parts in inner.values()):
        return [(part, f"{name}/{part}") for name, parts in inner.items() for part in parts]
    return [("", name) for name in names]


def _listing(folder: SoundFolder, places: Sequence[tuple[str, str]], layout: str) -> Listing | None:
    rows: list[LabelledRow] = []
    problems: list[DatasetProblem] = []
    for split, place in places:
        clips = [name for name in folder.clips if name.startswith(f"{place}/")]
        label = _label(place)
        if label == BACKGROUND:
            problems.append(
                note("background", place, f"{len(clips)} recordings of background noise are no class: left out.")
            )
            continue
        rows += [LabelledRow(name, name, split, label) for name in clips]
        problems += [_ignored(folder, name) for name in folder.others if name.startswith(f"{place}/")]
        if not clips:
            problems.append(
                DatasetProblem("empty_folder", "warning", place, "No sound files in this folder: add clips.")
            )
    return Listing(rows, layout, (*problems, *_people(rows))) if rows else None


def _people(rows: Sequence[LabelledRow]) -> list[DatasetProblem]:
    """A warning where all classes are named as speakers or sessions."""
    labels = sorted({row.label for row in rows})
    if not all(_PEOPLE.fullmatch(label) for label in labels):
        return []
    message = (
        "The classes are named as people or sessions. If those are not what is to be recognised, give a list with "
    )
    message += "the columns path, class and group, or the pattern of the file names."
    return [DatasetProblem("classes_of_people", "warning", some(labels), message)]


def _label(place: str) -> str:
    """Class of a place: its last folder that is no split."""
    return next(part for part in reversed(PurePosixPath(place).parts) if not split_word(part) or part == place)


def _ignored(folder: SoundFolder, name: str) -> DatasetProblem:
    if holds_unread_sound(folder.root / name):
        message = "This audio format is not read: convert it to WAV or FLAC."
        return DatasetProblem("unknown_format", "error", name, message)
    return note("not_audio", name, "Not a sound file: ignored.")


def _folds(folder: SoundFolder, folds: Sequence[str]) -> Listing:
    """Folds with folders of classes, or with names as UrbanSound8K has them. Raises BadDataset for other clips."""
    splits = splits_of_folds([fold_folder(name) or 0 for name in folds])
    split_of = {name: splits[fold_folder(name) or 0] for name in folds}
    nested = [name for name in folder.clips if name.count("/") >= 2]
    rows = urban_names(folder.clips)
    if not rows and len(nested) < len(folder.clips):
        raise BadDataset(
            f"{some(folds)} are folds, no classes, and no list gives the classes of their clips: put the list next to "
            "the folders (a CSV with the columns path and class), or give the pattern of the file names."
        )
    rows = rows or [LabelledRow(name, name, "", PurePosixPath(name).parts[1]) for name in nested]
    split_rows = [
        LabelledRow(r.where, r.path, split_of[PurePosixPath(r.path).parts[0]], r.label, r.group) for r in rows
    ]
    return Listing(split_rows, "folders fold/class", (folds_note(splits),))


def _machines(folder: SoundFolder) -> Listing | None:
    """MIMII: machine/id_00/normal/1.wav. Normal and abnormal are the classes, of each machine if there are several."""
    parents = [PurePosixPath(name).parent for name in folder.clips]
    if not parents or not all(parent.name.lower() in _CONDITIONS and len(parent.parts) > 1 for parent in parents):
        return None
    several = len({_machine(parent) for parent in parents}) > 1
    rows = []
    for name, parent in zip(folder.clips, parents, strict=True):
        label = f"{_machine(parent)} {parent.name}" if several else parent.name
        rows.append(LabelledRow(name, name, "", label, str(parent.parent)))
    machines = some(sorted({row.group for row in rows}), 3)
    message = f"Normal and abnormal are the classes; each machine is a group ({machines})."
    return Listing(rows, "machines, normal and abnormal", (note("machines", "all clips", message),), "machine")


def _machine(parent: PurePosixPath) -> str:
    """Kind of machine: the folder above the identifier, "" where there is none."""
    above = parent.parts[:-1]
    return above[-2] if len(above) > 1 else ""
