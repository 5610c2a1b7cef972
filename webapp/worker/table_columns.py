"""The columns of a table that nobody knows, with its first rows and a first guess, for the column mapper."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from nas_engine.energy.readers import mapper
from nas_engine.energy.readers.base import FileHead, FileSource
from nas_engine.energy.readers.parsing import layout as layouts
from nas_engine.energy.readers.parsing import mapping, text, unpacking
from nas_engine.errors import BadMeasurement

ROWS = 5
MOST_COLUMNS = 60
_LONGEST_CELL = 60


def columns_of(path: Path, name: str) -> dict[str, Any] | None:
    """Names, first rows and `mapping.propose` of the one table in a file; None if it is no table, or several."""
    try:
        with unpacking.unpacked(FileSource(name, path)) as files:
            return _of_head(files[0].head()) if len(files) == 1 else None
    except BadMeasurement:
        return None


def _of_head(head: FileHead) -> dict[str, Any] | None:
    layout, names = head.layout, mapper.columns(head)
    if layout is None or not layout.cells or mapper.is_json(head) or not 2 <= len(names) <= MOST_COLUMNS:
        return None
    lines = [line for line in head.text.split("\n")[layout.first_row :] if line.strip()][:ROWS]
    rows = [[text.bare_cell(cell)[:_LONGEST_CELL] for cell in layouts.split(line, layout.delimiter)] for line in lines]
    proposal = mapping.propose(replace(layout, names=names))
    return {"names": list(names), "rows": rows, "proposal": proposal}
