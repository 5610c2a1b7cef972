"""Which of several lists are meant: one a split, one for everything, the ground truth of a published set."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import note, some
from nas_engine.audio.layouts.files import LIST_SUFFIXES, SoundFolder
from nas_engine.audio.layouts.lists.columns import Columns, bare, class_candidates, columns_of
from nas_engine.audio.layouts.lists.entries import Entry, entries_of
from nas_engine.audio.layouts.lists.flags import with_split_of_flags
from nas_engine.audio.layouts.lists.tables import ListTable, read_table
from nas_engine.audio.layouts.split_words import split_in_name
from nas_engine.errors import BadDataset

_MOST_LISTS = 1000
_FOLD_IN_NAME = re.compile(r"(?:fold|cv)[ _-]*(\d{1,2})(?!\d)", re.IGNORECASE)
_GROUND_TRUTH = frozenset({"fname", "labels", "mids"})  # FSD50K; its metadata have lists of the same clips
_SET_ASIDE = frozenset(
    {"validated", "invalidated", "other", "reported", "all", "full", "meta", "metadata", "unlabelled", "unlabeled"}
)


@dataclass(frozen=True)
class ClipList:
    """Table that lists clips, and what its columns hold."""

    table: ListTable
    columns: Columns
    folder: SoundFolder

    @property
    def is_usable(self) -> bool:
        """Whether it has files and classes."""
        return bool(self.columns.path and self.columns.label)

    @property
    def is_about_clips(self) -> bool:
        """Whether most of its rows name clips, or it names most clips."""
        rows = len(self.table.rows)
        return self.columns.found >= 0.5 or (
            rows > 0 and self.columns.found * rows >= max(1, len(self.folder.clips) / 2)
        )

    @property
    def split(self) -> str:
        """Kind of split in its name, "" if there is none."""
        return split_in_name(self.table.name)

    @property
    def has_splits(self) -> bool:
        """Whether it gives the splits of its clips."""
        return bool(self.split or self.columns.split or self.columns.fold)

    @property
    def has_only_names(self) -> bool:
        """Whether it names clips of one split and no more: one column, or no other that could hold classes."""
        bystanders = len(self.table.columns) == 1 or not class_candidates(self.table, self.columns)
        return bool(self.split and self.columns.path and not self.columns.label and self.is_about_clips and bystanders)

    @cached_property
    def read(self) -> tuple[list[Entry], list[DatasetProblem]]:
        """Entries and what is wrong with rows."""
        return entries_of(self.table, self.columns, self.folder)

    @cached_property
    def paths(self) -> frozenset[str]:
        """Files that it names."""
        return frozenset(entry.path for entry in self.read[0])


def lists_in(folder: SoundFolder) -> list[ClipList]:
    """Lists and other tables of a folder, with their columns. Files next to a clip of the same name are none."""
    stems = {str(PurePosixPath(name).with_suffix("")) for name in folder.clips}
    names = [name for name in folder.others if Path(name).suffix.lower() in LIST_SUFFIXES]
    names = [name for name in names if str(PurePosixPath(name).with_suffix("")) not in stems][:_MOST_LISTS]
    found = []
    for name in names:
        parent = name.rpartition("/")[0]
        table = with_split_of_flags(read_table(folder.root / name, name, partial(folder.names_clip, folder=parent)))
        found.append(ClipList(table, columns_of(table, folder), folder))
    return _ground_truth(_like_others(found))


def _like_others(lists: list[ClipList]) -> list[ClipList]:
    """Lists of which the column of classes is not known, read as another one with the same columns is."""
    like = {one.table.columns: one.columns for one in lists if one.is_usable and one.columns.found}
    return [
        one
        if one.is_usable or not one.columns.found or one.table.columns not in like
        else replace(one, columns=replace(like[one.table.columns], found=one.columns.found))
        for one in lists
    ]


def _ground_truth(lists: list[ClipList]) -> list[ClipList]:
    published = [one for one in lists if {bare(name) for name in one.table.columns} >= _GROUND_TRUTH]
    inner = [one for one in published if "ground_truth" in one.table.folder.lower()]
    return inner or published or lists


def chosen(usable: Sequence[ClipList]) -> tuple[list[ClipList], list[DatasetProblem]]:
    """Lists to use together, and what becomes of the others. Raises BadDataset where several may be meant."""
    lists, problems = _first_fold(_with_files(usable))
    if len(lists) == 1:
        return lists, problems
    whole = max(lists, key=lambda one: len(one.paths))
    if (whole.columns.split or whole.columns.fold) and all(one.paths <= whole.paths for one in lists):
        used = [whole]
    elif all(one.has_splits for one in lists):
        used = lists
    else:
        used = [one for one in lists if one.has_splits]
        if not used and _are_parts(lists):
            used = lists
    listed = frozenset[str]().union(*(one.paths for one in used))
    others = [one for one in lists if one not in used]
    if not used or not all(one.paths <= listed or _is_set_aside(one.table.name) for one in others):
        names = ", ".join(one.table.name for one in lists)
        raise BadDataset(
            f"{names}: more than one list of clips. Keep the one that is meant, name the lists by their splits "
            '(train.csv, val.csv, test.csv), or name one in the mapping: {"list": "..."}.'
        )
    return used, problems + [_left_out(one, listed) for one in others]


def _with_files(lists: Sequence[ClipList]) -> list[ClipList]:
    """Lists that name files that are there, unless none does."""
    return [one for one in lists if one.columns.found] or list(lists)


def _first_fold(lists: list[ClipList]) -> tuple[list[ClipList], list[DatasetProblem]]:
    """Of the lists of a cross-validation (fold1_train.csv, fold2_train.csv) those of its first fold."""
    folds = {one.table.name: int(found[1]) for one in lists if (found := _FOLD_IN_NAME.search(one.table.name))}
    if len(set(folds.values())) < 2 or not all(one.split for one in lists if one.table.name in folds):
        return lists, []
    first = min(folds.values())
    used = [one for one in lists if folds.get(one.table.name, first) == first]
    message = f"Lists of a cross-validation: those of fold {first} are used, the others name the same clips again."
    return used, [note("first_fold", f"fold {first}", message)]


def _are_parts(lists: Sequence[ClipList]) -> bool:
    """Whether lists in different folders have the same columns and no clip in common."""
    folders = {one.table.folder for one in lists}
    same = len({one.table.columns for one in lists}) == 1
    return (
        same
        and len(folders) == len(lists)
        and sum(len(one.paths) for one in lists) == len(frozenset[str]().union(*(one.paths for one in lists)))
    )


def _is_set_aside(name: str) -> bool:
    return bool(set(re.split(r"[^a-z]+", PurePosixPath(name).stem.lower())) & _SET_ASIDE)


def _left_out(one: ClipList, listed: frozenset[str]) -> DatasetProblem:
    alone = sorted(one.paths - listed)
    why = "It names clips of another list again" if one.has_splits else "This list has no split"
    message = f"{why}: left out. {len(alone)} clips are in no other list"
    message += f" ({some(alone, 3)})." if alone else "."
    return note("list_left_out", one.table.name, message)
