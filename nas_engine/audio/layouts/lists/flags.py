"""Splits that a list marks in a column each: `is_train`, `is_validation`, `is_test` with yes or no."""

import re
from collections.abc import Mapping
from dataclasses import replace

from nas_engine.audio.layouts.lists.columns import SPLITS, bare
from nas_engine.audio.layouts.lists.tables import ListTable
from nas_engine.audio.layouts.split_words import split_word

SPLIT = "split"
_MEANINGS = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y", "x"), True),
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n", ""), False),
}


def with_split_of_flags(table: ListTable) -> ListTable:
    """The table with a column `split` made of its columns of yes and no; as it is if it gives splits otherwise.

    A clip without a mark is for training where no column marks training; a clip with two marks has no split.
    """
    if any(bare(name) in SPLITS for name in table.columns):
        return table
    flags = {name: kind for name in table.columns if (kind := _kind(name)) and _is_flag(table.cells(name))}
    if not flags:
        return table
    unmarked = "" if "train" in flags.values() else "train"
    places = {table.columns.index(name): kind for name, kind in flags.items()}
    rows = tuple((where, (*cells, _split(cells, places, unmarked))) for where, cells in table.rows)
    return replace(table, columns=(*table.columns, SPLIT), rows=rows)


def _kind(name: str) -> str:
    """Kind of split in the name of a column: is_test, in test set, Test."""
    return split_word(re.sub(r"^(?:is|in)(?=.)|set$", "", bare(name)))


def _is_flag(cells: list[str]) -> bool:
    meanings = {_MEANINGS.get(cell.lower()) for cell in cells}
    return meanings == {True, False}


def _split(cells: tuple[str, ...], places: Mapping[int, str], unmarked: str) -> str:
    marked = {kind for place, kind in places.items() if _MEANINGS[cells[place].lower()]}
    return unmarked if not marked else marked.pop() if len(marked) == 1 else ""
