"""Manifests: lists of clips as CSV files."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nas_engine.errors import BadDataset

NEEDED = ("path", "class")
_NAMES = {
    "path": ("path", "file", "filename", "file_name"),
    "class": ("class", "label"),
    "split": ("split", "subset"),
    "group": ("group", "source_group"),
}
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """Line of a manifest: `path` relative to the list's folder, `split` as written ("" if not given), `group` or ""."""

    where: str
    path: str
    split: str
    label: str
    group: str


def has_needed_columns(path: Path) -> bool:
    """Whether the header has the columns path and class. Raises BadDataset for a text that is not UTF-8."""
    return not _missing(_columns(_header(read_text(path))[0]))


def read_manifest(path: Path) -> list[ManifestRow]:
    """Rows of a manifest. Raises BadDataset naming the file and the columns found and needed.

    The delimiter may be a comma, semicolon, tab or bar; column names ignore case; other columns are ignored.
    """
    text = read_text(path)
    header, delimiter = _header(text)
    columns = _columns(header)
    if missing := _missing(columns):
        raise BadDataset(
            f"{path.name}: the column {' and '.join(missing)} is missing. Found: {', '.join(header) or 'nothing'}. "
            "Needed: path and class (or label); useful: split (train, eval, test) and group (the recording a clip "
            "was cut from)."
        )
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    next(reader)
    return [_row(f"{path.name}, line {reader.line_num}", cells, columns) for cells in reader if any(cells)]


def read_text(path: Path) -> str:
    """Text of a UTF-8 file, with or without a byte order mark. Raises BadDataset for other encodings."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path.name}: this is not UTF-8 text (byte {error.start}). Save the table as 'CSV UTF-8'."
        raise BadDataset(message) from error


def _header(text: str) -> tuple[list[str], str]:
    """Column names and the delimiter, which is the one most frequent in the first line."""
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    return [name.strip() for name in header], delimiter


def _columns(header: list[str]) -> dict[str, int]:
    """Position of each column that Earshot knows; of two names for one thing the first listed in `_NAMES` wins."""
    lowered = [name.lower() for name in header]
    found = {}
    for column, names in _NAMES.items():
        present = [name for name in names if name in lowered]
        if present:
            found[column] = lowered.index(present[0])
    return found


def _missing(columns: Mapping[str, int]) -> list[str]:
    return [column for column in NEEDED if column not in columns]


def _row(where: str, cells: list[str], columns: Mapping[str, int]) -> ManifestRow:
    def cell(column: str) -> str:
        index = columns.get(column, len(cells))
        return cells[index].strip() if index < len(cells) else ""

    return ManifestRow(where, cell("path").replace("\\", "/"), cell("split"), cell("class"), cell("group"))
