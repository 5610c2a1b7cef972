"""Columns that tell rows of a table apart and describe nothing: row numbers, indices, identifiers, dates.

A row number predicts perfectly wherever a table is sorted by what is to be learned, and nothing anywhere else.
"""

import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from nas_engine.energy.regression.schema import Values

LEAST_ROWS = 10
"""Rows from which values that are all different count as identifiers; fewer may differ by chance."""

_SPARSEST = 2.0  # whole numbers that are all different, in a range up to so many times their count
_LAST_WORDS = frozenset(
    ("id", "ids", "idx", "index", "indices", "uid", "uuid", "guid", "hash", "sha", "sha1", "sha256", "md5", "digest",
     "timestamp", "datetime", "date")
)  # fmt: skip
_NAMES = frozenset(
    ("", "#", "no", "nr", "num", "number", "row", "rowid", "rownum", "rownumber", "line", "sample", "trial", "run",
     "network", "net", "model", "arch", "architecture", "name", "label", "rank", "serial", "time")
)  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|#")
_UNNAMED = re.compile(r"unnamed(: ?\d+)?\Z")  # pandas' name of an index that was written along


def why_numbers(name: str, numbers: Values) -> str:
    """Reason for which a column of `numbers` [rows] is no feature; "" where it may be one."""
    if _is_named(name) or _is_bare_name(name):
        return "named as a row number or identifier"
    return "numbers the rows" if _counts_rows(numbers) else ""


def why_words(name: str, cells: Sequence[str]) -> str:
    """Reason for which a column of text `cells` [rows] is no feature, nor are its parts; "" where it may be one."""
    if _is_named(name):
        return "named as an identifier"
    return "dates" if cells and all(_is_date(cell) for cell in cells) else ""


def is_unique(cells: Sequence[str]) -> bool:
    """Whether every row has another text, so that none can be learned from."""
    return len(cells) >= LEAST_ROWS and len(set(cells)) == len(cells)


def _is_named(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    return bool(_UNNAMED.match(name.strip().lower())) or (bool(words) and words[-1] in _LAST_WORDS)


def _is_bare_name(name: str) -> bool:
    return re.sub(r"[\s._-]+", "", name.lower()) in _NAMES


def _counts_rows(numbers: Values) -> bool:
    """Whether whole numbers count the rows, in any order and perhaps with some left out."""
    known = numbers[np.isfinite(numbers)]
    if len(known) < LEAST_ROWS or (known != np.round(known)).any() or len(np.unique(known)) < len(known):
        return False
    return float(np.ptp(known)) <= _SPARSEST * len(known)


def _is_date(cell: str) -> bool:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return not cell.isdecimal()
