"""Conversion of dates with times, and of times of day, as instruments write them, to seconds.

ISO 8601 (`2026-01-02 03:04:05.5`), basic (`20260102T030405.5Z`), and what spreadsheets and loggers write:
`31/01/2026 3:04:05 PM`, `31.01.26 03:04:05,5`, `02-Jan-2026 03:04:05`, or a time of day alone, which may run over
midnight. Whether the day or the month stands first is decided by all dates of a column together.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial

import numpy as np

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.traces.trace import Finding, Values

DAY_S = 86_400.0
DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
_BASIC = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d(?:\.\d+)?)(Z?)\Z")
_TIME = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d(?:[.,]\d+)?))?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
_DATE = r"(?P<date>\d{1,4}(?P<mark>[./ -])(?:\d{1,2}|[A-Za-z]{3,9})(?P=mark)\d{1,4})"
_OTHER = re.compile(rf"(?:{_DATE}(?:[T,;]\s*|\s+))?{_TIME}\s*(?:Z|UTC|GMT)?\Z", re.ASCII)
_PARTS = re.compile(r"[./ -]")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDERS = {DAY_FIRST: "day/month/year", MONTH_FIRST: "month/day/year"}


def since_1970(source: FileSource, words: Sequence[str], *, first_line: int) -> Values:
    """Seconds since 1970 [n] of `words` [n] like `2026-01-02 03:04:05.5` or `20260102T030405.5Z`; UTC without a zone.

    Raises:
        BadMeasurement: a cell is no date with a time.
    """
    return _each(source, words, _seconds, "no date with a time", first_line)


def is_date(word: str) -> bool:
    """Whether a cell is a date with a time in ISO 8601 or its basic form."""
    try:
        _seconds(word.strip())
    except (ValueError, OverflowError):
        return False
    return True


def is_clock(word: str) -> bool:
    """Whether a cell is a date with a time, or a time of day, in any notation that `seconds` reads."""
    return bool(_OTHER.match(word.strip())) or is_date(word)


def seconds(
    source: FileSource, words: Sequence[str], *, first_line: int, order: str | None = None
) -> tuple[Values, tuple[Finding, ...]]:
    """Seconds [n] of `words` [n] in one notation: since 1970 by UTC with a date, since midnight without, and findings.

    Args:
        order: DAY_FIRST or MONTH_FIRST; None: by the dates themselves.

    Raises:
        BadMeasurement: a cell is no such time, or in another notation than the first; or no order makes all of them
            dates.
    """
    if words and is_date(words[0]):
        return since_1970(source, words, first_line=first_line), ()
    found = _OTHER.match(words[0].strip()) if words else None
    if found is None or found["date"] is None:
        times_s = _each(source, words, _time_of_day, "no time of day", first_line)
        return times_s + DAY_S * np.cumsum(np.diff(times_s, prepend=times_s[:1]) < -0.5 * DAY_S), ()
    dates = {match["date"] for word in set(words) if (match := _OTHER.match(word.strip())) and match["date"]}
    days, findings = _days(source, dates, order)
    return _each(source, words, partial(_dated, days=days), "no date with a time", first_line), findings


def _each(
    source: FileSource, words: Sequence[str], read: Callable[[str], float], wrong: str, first_line: int
) -> Values:
    stamps = np.empty(len(words))
    for row, word in enumerate(words):
        try:
            stamps[row] = read(word.strip())
        except (ValueError, OverflowError, KeyError):
            raise source.wrong(
                f'"{word[:30]}" is {wrong}; take this line out or export again', line=first_line + row
            ) from None
    return stamps


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


def _dated(word: str, *, days: dict[str, int]) -> float:
    found = _OTHER.match(word)
    if found is None:
        raise ValueError(word)
    return DAY_S * days[found["date"]] + _of_day(found)


def _time_of_day(word: str) -> float:
    found = _OTHER.match(word)
    if found is None or found["date"] is not None:
        raise ValueError(word)
    return _of_day(found)


def _of_day(found: re.Match[str]) -> float:
    hour, minute, second = int(found["hour"]), int(found["minute"]), float((found["second"] or "0").replace(",", "."))
    if hour > 23 or minute > 59 or second >= 61.0 or (found["half"] and hour > 12):
        raise ValueError(found.string)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    return 3600.0 * hour + 60.0 * minute + second


def _days(source: FileSource, dates: Iterable[str], order: str | None) -> tuple[dict[str, int], tuple[Finding, ...]]:
    """Days since 1970 by date: in the order under which all are dates and they span the fewest days."""
    parts = {written: _PARTS.split(written) for written in dates}
    read = {name: days for name in ([order] if order else _ORDERS) if (days := _in_order(parts, name)) is not None}
    if not read:
        example = min(parts)
        wanted = _ORDERS[order] if order else "day/month/year, month/day/year or year/month/day"
        raise source.wrong(f'"{example}" and the other dates are not all {wanted}; choose another unit of time')
    spans = {name: max(days.values()) - min(days.values()) for name, days in read.items()}
    chosen = min(spans, key=spans.__getitem__)
    both = len(read) == 2 and read[DAY_FIRST] != read[MONTH_FIRST]
    if not both or len(set(spans.values())) > 1:
        return read[chosen], ()
    message = (
        f'"{min(parts)}" is read as {_ORDERS[chosen]}; where the month stands first, choose that as the unit of time: '
        "durations are the same, the date is another"
    )
    return read[chosen], (Finding("guessed_unit", "note", message),)


def _in_order(parts: dict[str, list[str]], order: str) -> dict[str, int] | None:
    """Days since 1970 of dates in parts; a year of four digits in front and a month by name decide for themselves."""
    try:
        return {written: _day(three, order) for written, three in parts.items()}
    except ValueError:
        return None


def _day(parts: Sequence[str], order: str) -> int:
    first, second, third = parts
    if len(first) > 2:
        year, month, day = first, second, third
    elif second.isalpha() or order == DAY_FIRST:
        day, month, year = first, second, third
    else:
        month, day, year = first, second, third
    if len(year) not in (2, 4):
        raise ValueError(year)
    number = _MONTHS.index(month[:3].lower()) + 1 if month.isalpha() else int(month)
    return (date(int(year) + (2000 if len(year) == 2 else 0), number, int(day)) - date(1970, 1, 1)).days
