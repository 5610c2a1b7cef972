"""Conversion of dates with times, as instruments write them, to seconds since 1970."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.traces.trace import Values

_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d(?:\.\d+)?)(Z?)\Z")


def since_1970(source: FileSource, words: Sequence[str], *, first_line: int) -> Values:
    """Seconds since 1970 [n] of `words` [n] like `2026-01-02 03:04:05.5` or `20260102T030405.5Z`; UTC without a zone.

    Raises:
        BadMeasurement: a cell is no date with a time.
    """
    stamps = np.empty(len(words))
    for row, word in enumerate(words):
        try:
            stamps[row] = _seconds(word.strip())
        except (ValueError, OverflowError):
            raise source.wrong(
                f'"{word[:30]}" is no date with a time; take this line out or export again', line=first_line + row
            ) from None
    return stamps


def is_date(word: str) -> bool:
    """Whether a cell is a date with a time."""
    try:
        _seconds(word.strip())
    except (ValueError, OverflowError):
        return False
    return True


def _seconds(word: str) -> float:
    if found := _BASIC.match(word):
        year, month, day, hour, minute, second, zone = found.groups()
        word = f"{year}-{month}-{day}T{hour}:{minute}:{second}{zone}"
    day_and_time = datetime.fromisoformat(word)
    if day_and_time.tzinfo is None:
        day_and_time = day_and_time.replace(tzinfo=UTC)
    if "T" not in word and " " not in word:
        raise ValueError(word)
    return day_and_time.timestamp()
