"""The columns of a table that nobody knows, with its first rows and a first guess, for the column mapper."""

from pathlib import Path
from typing import Any

from nas_engine.energy.readers import mapper
from nas_engine.energy.readers.base import FileHead, FileSource
from nas_engine.energy.readers.parsing import layout as layouts
from nas_engine.energy.readers.parsing import unpacking
from nas_engine.errors import BadMeasurement

ROWS = 5
MOST_COLUMNS = 60
_LONGEST_CELL = 60


def columns_of(path: Path, name: str) -> dict[str, Any] | None:
    """Names, first rows and `mapper.proposed` of the one table in a file; None if it is no table, or several."""
    try:
        with unpacking.unpacked(FileSource(name, path)) as files:
            return _of_head(files[0].head()) if len(files) == 1 else None
    except BadMeasurement:
        return None


def _of_head(head: FileHead) -> dict[str, Any] | None:
    layout, names = head.layout, mapper.columns(head)
    if layout is None or not layout.cells or mapper.is_json(head) or not 2 <= len(names) <= MOST_COLUMNS:
        return None
    rows = [[cell[:_LONGEST_CELL] for cell in row] for row in layouts.first_rows(head.text, layout, ROWS)]
    return {"names": list(names), "rows": rows, "proposal": mapper.proposed(head)}
