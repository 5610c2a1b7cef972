"""Tables in folders of sounds: CSV with any delimiter, JSON, JSON lines, plain lists of names; as text cells."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas_engine.audio.layouts.split_words import split_word
from nas_engine.errors import BadDataset

MOST_BYTES = 200_000_000
_MOST_COLUMNS = 200
_LONGEST_NAME = 200
_DELIMITERS = ",;\t|"
_JSON_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".labels"})
_KEY, _VALUE, _SPLIT = "key", "value", "split"
_DELIMITER_LINE = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)  # Excel's first line


@dataclass(frozen=True, slots=True)
class ListTable:
    """Table of the file `name`; each row is its place in messages and one text a column.

    `fault` is why the table cannot be used as it is, "" if it can; what was read of it only shows what it is about.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    has_header: bool = True
    fault: str = ""

    @property
    def folder(self) -> str:
        """Folder of the list, "" for the root."""
        return self.name.rpartition("/")[0]

    def cells(self, column: str) -> list[str]:
        """Texts of one column, row by row."""
        index = self.columns.index(column)
        return [cells[index] for _, cells in self.rows]

    def head(self, rows: int = 5) -> list[list[str]]:
        """The first rows, for display."""
        return [[cell[:100] for cell in cells] for _, cells in self.rows[:rows]]


def read_table(path: Path, name: str, is_clip: Callable[[str], bool]) -> ListTable:
    """Table of a file; `is_clip` states whether a text names a sound, as it does in a first line that is no header.

    A table that cannot be read has a `fault` in words.
    """
    if path.stat().st_size > MOST_BYTES:
        return ListTable(name, (), (), fault=f"{name}: the list has more than {MOST_BYTES / 1e6:g} MB. Split it up.")
    text, fault = _text(path.read_bytes(), name)
    try:
        if path.suffix.lower() in _JSON_SUFFIXES:
            return _json_table(name, text, fault)
        return _csv_table(name, text, is_clip, fault)
    except (ValueError, RecursionError, csv.Error) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        return ListTable(name, (), (), fault=fault or f"{name}: the list cannot be read ({reason}). Export it again.")


def read_text(path: Path, name: str) -> str:
    """Text of a file in UTF-8, or UTF-16 with its mark. Raises BadDataset for other encodings."""
    text, fault = _text(path.read_bytes(), name)
    if fault:
        raise BadDataset(fault)
    return text


def _text(data: bytes, name: str) -> tuple[str, str]:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if wide else "utf-8-sig"), ""
    except UnicodeDecodeError as error:
        fault = f"{name}: this is not UTF-8 text (byte {error.start}). Save the table as 'CSV UTF-8'."
        return data.decode("latin-1"), fault


def _csv_table(name: str, text: str, is_clip: Callable[[str], bool], fault: str) -> ListTable:
    lines = text.splitlines(keepends=True)
    named = _DELIMITER_LINE.fullmatch(lines[0]) if lines else None
    lines = ["\n", *lines[1:]] if named else lines
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), len(lines))
    if first == len(lines):
        return ListTable(name, (), (), fault=fault)
    delimiter = named[1] if named else _delimiter(lines[first], name, is_clip)
    header = _commented_header(lines[:first], lines[first], delimiter)
    rows = [
        (f"{name}, line {first + number}", tuple(cell.strip() for cell in cells))
        for number, cells in _cells(lines[first:], delimiter)
        if any(cell.strip() for cell in cells)
    ]
    if header is None and any(is_clip(cell) for cell in rows[0][1]):
        return _filled(name, [f"column {i + 1}" for i in range(len(rows[0][1]))], rows, fault, has_header=False)
    names = header or list(rows[0][1])
    return _filled(name, names, rows if header else rows[1:], fault)


def _delimiter(line: str, name: str, is_clip: Callable[[str], bool]) -> str:
    """The one most frequent in the first line; in plain text without any, white space unless the line is one name."""
    delimiter = max(_DELIMITERS, key=line.count)
    if delimiter not in line and name.lower().endswith(".txt") and not is_clip(line.strip()):
        return " "
    return delimiter


def _commented_header(comments: Sequence[str], line: str, delimiter: str) -> list[str] | None:
    """Column names in the last comment, as AudioSet has them; None where it is prose."""
    if not comments or "=" in comments[-1]:
        return None
    names = next(csv.reader([comments[-1].lstrip("# ").strip()], delimiter=delimiter, skipinitialspace=True), [])
    (_, first), *_ = _cells([line], delimiter)
    return [name.strip() for name in names] if len(names) == len(first) > 1 else None


def _cells(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    for cells in reader:
        yield reader.line_num, cells


def _filled(
    name: str, columns: Sequence[str], rows: Sequence[tuple[str, tuple[str, ...]]], fault: str, has_header: bool = True
) -> ListTable:
    """Table with a different name for each column, and rows of equal length."""
    names: list[str] = []
    for i, column in enumerate(columns[:_MOST_COLUMNS]):
        text = _plain(column).strip()[:_LONGEST_NAME] or f"column {i + 1}"
        names.append(text if text not in names else f"{text} ({i + 1})")
    width = len(names)
    even = tuple((where, (*map(_plain, cells), *([""] * (width - len(cells))))[:width]) for where, cells in rows)
    return ListTable(name, tuple(names), even, has_header, fault)


def _plain(text: str) -> str:
    """Text without what no database takes: NUL, and halves of characters that JSON can spell."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _json_table(name: str, text: str, fault: str) -> ListTable:
    entries = _entries(text)
    flat = [(where, dict(_flat(entry))) for where, entry in entries]
    columns = list(dict.fromkeys(key for _, entry in flat for key in entry))[:_MOST_COLUMNS]
    rows = [(f"{name}, {where}", tuple(entry.get(column, "") for column in columns)) for where, entry in flat]
    return _filled(name, columns, rows, fault)


def _entries(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Objects of a JSON text with their places: a list, a mapping by name, or one object a line."""
    try:
        return [(f"entry {i + 1}", entry) for i, entry in enumerate(_objects(json.loads(text)))]
    except json.JSONDecodeError:
        lines = [(f"line {i + 1}", line) for i, line in enumerate(text.splitlines()) if line.strip()]
        if len(lines) < 2:
            raise
        return [(where, entry) for where, line in lines if isinstance(entry := json.loads(line), dict)]


def _objects(data: Any) -> list[dict[str, Any]]:
    if isinstance(data, list):
        return [entry for entry in data if isinstance(entry, dict)]
    if not isinstance(data, dict):
        return []
    lists = {
        key: value for key, value in data.items() if isinstance(value, list) and value and isinstance(value[0], dict)
    }
    if lists and all(split_word(key) for key in lists):
        return [{_SPLIT: key, **entry} for key, value in lists.items() for entry in _objects(value)]
    if lists:
        return _objects(max(lists.values(), key=len))
    if data and all(isinstance(value, dict) for value in data.values()):
        return [{_KEY: key, **value} for key, value in data.items()]
    if len(data) > 1 and all(isinstance(value, str | list) for value in data.values()):
        return [{_KEY: key, _VALUE: one} for key, value in data.items() for one in _each(value)]
    return [data] if data else []


def _each(value: Any) -> list[Any]:
    """Texts of a list, as where a class has its files; anything else by itself."""
    is_list = isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)
    return value if is_list else [value]


def _flat(entry: dict[str, Any], prefix: str = "", depth: int = 3) -> Iterator[tuple[str, str]]:
    for key, value in entry.items():
        if isinstance(value, dict) and depth:
            yield from _flat(value, f"{prefix}{key}.", depth - 1)
        elif value is None:
            yield f"{prefix}{key}", ""
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
