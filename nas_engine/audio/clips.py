"""Scan of a folder or list for labelled clips, in any of the known layouts."""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts import registry
from nas_engine.audio.layouts.base import LONGEST_LABEL, RECORDING, LabelledRow, Listing, ReadingOptions, note
from nas_engine.audio.layouts.files import SoundFolder, enter, is_file
from nas_engine.audio.layouts.mapping import ListMapping
from nas_engine.audio.layouts.split_words import groups_for_eval, meanings, split_word, splits_of_groups
from nas_engine.errors import BadDataset

_LONGEST_GROUP = 200
_LONGEST_NAME = 400


@dataclass(frozen=True, slots=True)
class ClipSource:
    """Clip found by a scan: file, split and class. `group`: recording or speaker, "" if unknown.

    A clip that is a part of its file lasts from `start_s` to `end_s`, in seconds.
    """

    path: Path
    split: str
    label: str
    group: str
    source_name: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """Result of a scan: clips in the order of the source, name of the layout, problems, what a group is."""

    clips: tuple[ClipSource, ...]
    layout: str
    problems: tuple[DatasetProblem, ...]
    group_noun: str = RECORDING


def scan(path: Path, options: ReadingOptions | None = None) -> Scan:
    """List the clips at `path`, a folder or a list, without reading their sound.

    Raises BadDataset if no known layout is found, and UnmappedList for a list whose columns only its owner can name.
    Clips without a split get one by a hash of their group (60 % train, 20 % eval, 20 % test), so that a recording never
    lies in two of them; without any eval clips, a fifth of the training clips of each class becomes eval.
    """
    options = options or ReadingOptions()
    if path.is_file():
        mapping = replace(options.mapping or ListMapping(), list=path.name)
        folder, options = SoundFolder(path.parent, path.name), replace(options, mapping=mapping)
    elif path.is_dir():
        folder = SoundFolder(enter(path))
    else:
        raise BadDataset(f"There is no file or folder {path}.")
    return _checked(registry.recognise(folder, options), folder.root)


def _checked(listing: Listing, root: Path) -> Scan:
    """Clips that can be used, with a split of the three each."""
    rows, problems = [], list(listing.problems)
    for row in listing.rows:
        problem = _wrong(row, root)
        if problem:
            problems.append(problem)
        else:
            rows.append(row)
    rows, notes = _with_splits(rows, listing.group_noun)
    clips = tuple(_clip(row, root) for row in rows)
    problems = [replace(one, where=_text(one.where), message=_text(one.message)) for one in (*problems, *notes)]
    return Scan(clips, listing.layout, tuple(problems), listing.group_noun)


def _clip(row: LabelledRow, root: Path) -> ClipSource:
    label = "negative" if row.label.lower() == "negative" else _text(row.label)
    name = row.path if row.start_s is None else f"{row.path} from {row.start_s:g} to {row.end_s:g} s"
    group, name = _fit(_text(row.group), _LONGEST_GROUP), _fit(_text(name), _LONGEST_NAME)
    return ClipSource(root / row.path, row.split, label, group, name, row.start_s, row.end_s)


def _wrong(row: LabelledRow, root: Path) -> DatasetProblem | None:
    if not row.path or not row.label:
        missing = "path" if not row.path else "class"
        return DatasetProblem(
            "incomplete_row", "error", row.where, f"This row has no {missing}: fill it in or remove the row."
        )
    if len(row.label) > LONGEST_LABEL:
        return DatasetProblem(
            "long_class", "error", row.where, f"The class name is longer than {LONGEST_LABEL} characters."
        )
    if row.split and not split_word(row.split):
        message = f"'{row.split}' is no split: write train, eval or test, or leave all splits empty."
        return DatasetProblem("unknown_split", "error", row.where, message)
    inside = os.path.normpath(row.path)
    if Path(inside).is_absolute() or Path(inside).parts[0] == "..":
        message = f"'{row.path}' lies outside the folder of the list: use paths relative to the list."
        return DatasetProblem("outside", "error", row.where, message)
    if not is_file(root / row.path):
        message = f"There is no file '{row.path[:_LONGEST_NAME]}' in {root.name}: add it or remove the row."
        return DatasetProblem("missing_file", "error", row.where, message)
    return None


def _with_splits(rows: Sequence[LabelledRow], noun: str) -> tuple[list[LabelledRow], list[DatasetProblem]]:
    """Rows with splits by Earshot's names: as their words mean, by groups without any, and some of train for eval."""
    meaning = meanings({split_word(row.split) for row in rows if row.split})
    split_of = splits_of_groups(_group(row) for row in rows if not row.split)
    unsplit = sum(not row.split for row in rows)
    found = [replace(row, split=meaning[split_word(row.split)] if row.split else split_of[_group(row)]) for row in rows]
    notes = [_split_note(unsplit, any(row.group for row in rows), noun)] if unsplit else []
    if found and unsplit < len(found) and not any(row.split == "eval" for row in found):
        found, more = _with_eval(found, noun)
        notes += more
    return found, notes


def _with_eval(rows: Sequence[LabelledRow], noun: str) -> tuple[list[LabelledRow], list[DatasetProblem]]:
    labels_of: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.split == "train":
            labels_of[_group(row)].append(row.label)
    chosen = groups_for_eval(labels_of)
    if not chosen:
        return list(rows), []
    moved = [replace(row, split="eval") if row.split == "train" and _group(row) in chosen else row for row in rows]
    number = Counter(row.split for row in moved)["eval"]
    whole = f"all clips of a {noun} together" if any(row.group for row in rows) else "each by itself"
    message = f"The set has no evaluation split: {number} of its training clips became eval, {whole}. Test is kept."
    return moved, [note("eval_taken", "eval", message)]


def _group(row: LabelledRow) -> str:
    """What stays in one split: the group, or a clip by itself."""
    return row.group or row.path


def _split_note(clips: int, grouped: bool, noun: str) -> DatasetProblem:
    message = f"{clips} clips came without a split: 60 % went to train, 20 % to eval, 20 % to test, "
    message += f"all clips of a {noun if noun != RECORDING else 'group'} together." if grouped else "each by itself."
    if not grouped:
        message += " If several clips were cut from one recording, name it in a column 'group'."
    return note("split_assigned", "all clips", message)


def _text(name: str) -> str:
    """A name as text that can be stored: bytes of file names that are no UTF-8 become "?"."""
    return name.encode("utf-8", "replace").decode()


def _fit(text: str, longest: int) -> str:
    """`text` shortened to `longest` characters; different texts stay different by a hash."""
    if len(text) <= longest:
        return text
    return text[: longest - 17] + "~" + hashlib.sha256(text.encode()).hexdigest()[:16]


def labels_in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Different classes in the order of a network's outputs: by name, "negative" last."""
    return tuple(sorted(set(labels), key=lambda label: (label == "negative", label)))
