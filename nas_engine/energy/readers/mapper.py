"""Reader of any table by a column mapping of the user, and the message for files of unknown formats."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.mapping import CLOCKS, GUESS, IN_CELLS, KINDS, ColumnMapping, MappedColumn
from nas_engine.energy.readers.parsing import clock, power, table, text, timing, units
from nas_engine.energy.readers.parsing import layout as layouts
from nas_engine.energy.readers.parsing.layout import TableLayout
from nas_engine.energy.readers.parsing.power import PowerChannel, SampleRows
from nas_engine.energy.readers.proposal import propose
from nas_engine.energy.traces.trace import FileReading, Finding, Trace, Values

_MOST_COLUMNS_LISTED = 20
_KIND_OF_RATE_HZ = 1_000.0
_ROWS = 5  # by which the notation of cells is recognised
_JSON = re.compile(r'\s*(?:\{\s*"|\[\s*(?:[\[{"]|[-+.\deE]+\s*,))')


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Mapped columns of a table by name, [n] each: numbers in the unit of the file, or cells as text."""

    source: FileSource
    numbers: Mapping[str, Values]
    words: Mapping[str, Sequence[str]]
    first_line: int


class MappedTable:
    """Reader of text tables with the meaning and unit of columns from the mapping in `ReadOptions`."""

    format = "mapped"
    title = "Table with mapped columns"
    accepts = (
        "Any table as text: map its columns to time (s, ms, us, ns, dates, times of day), current, voltage, power or a "
        "trigger, with their units, also where each cell states its own; a fixed voltage or rate where there is no "
        "column. Kept as a profile"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether the file is a text table with rows of numbers."""
        return head.layout is not None and head.layout.cells > 0 and not is_json(head)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace by `options.mapping`. Raises BadMeasurement without a mapping or for one that does not fit."""
        if options.mapping is None:
            raise source.wrong(unknown(source.head()))
        mapping = ColumnMapping.from_json(options.mapping)
        layout = source.head().layout
        if layout is None:
            raise source.wrong("this is no text, so it has no columns to map; give a CSV")
        named = layout if layout.names else table.without_header(layout)
        return FileReading(self.format, _trace(source, named, mapping, options))


def is_json(head: FileHead) -> bool:
    """Whether a text begins like JSON, whose lines of numbers look like a table."""
    return bool(_JSON.match(head.text))


def columns(head: FileHead) -> tuple[str, ...]:
    """Names of columns for a mapping: those of the header, or "column 1" and so on without one."""
    if head.layout is None:
        return ()
    return head.layout.names or table.without_header(head.layout).names


def proposed(head: FileHead) -> dict[str, Any]:
    """Proposed mapping of a table's columns, as JSON; {} for what is no table with rows."""
    if head.layout is None or not MappedTable().recognises(head):
        return {}
    named = replace(head.layout, names=columns(head))
    lines = head.text.split("\n")[: head.layout.first_row]
    return propose(named, layouts.first_rows(head.text, head.layout, _ROWS), "\n".join(lines))


def unknown(head: FileHead) -> str:
    """Message for a file that no reader recognises, with what to do; for a table it lists the columns."""
    if not head.data:
        return "the file is empty; record or export again"
    if is_json(head):
        return (
            "JSON, but neither results of the MLCommons Tiny runner nor EnergyRunner's list of time stamps, or "
            "damaged; give the file as the tool wrote it"
        )
    names = columns(head)
    if not names:
        return "no known binary format and no text; export it as CSV in the program that recorded it"
    if head.layout is None or not head.layout.cells:
        begin = head.text.strip()[:60].split("\n")[0]
        what = f'no known format, and no table with rows of numbers: it begins with "{begin}"'
        return f"{what}; give the file as the tool wrote it"
    listed = ", ".join(f'"{name[:40]}"' for name in names[:_MOST_COLUMNS_LISTED])
    more = f" and {len(names) - _MOST_COLUMNS_LISTED} more" if len(names) > _MOST_COLUMNS_LISTED else ""
    return (
        f"no known format. It is a table with the columns {listed}{more}: map them, that is choose which is time, "
        "current, voltage or power and in which unit"
    )


def _trace(source: FileSource, layout: TableLayout, mapping: ColumnMapping, options: ReadOptions) -> Trace:
    named = {kind: column for kind in KINDS if (column := getattr(mapping, kind)) is not None}
    rate_hz = options.rate_hz or mapping.rate_hz
    if rate_hz is not None:
        named.pop("time", None)
    rows = layouts.first_rows(source.head().text, layout, _ROWS)
    texts = {kind for kind, column in named.items() if _is_text(column, _cells(source, layout, column, rows))}
    numbers = [column.column for kind, column in named.items() if kind not in texts]
    words = [*mapping.triggers, *(named[kind].column for kind in texts)]
    loaded = table.load(source, layout, *([_position(source, layout, n) for n in names] for names in (numbers, words)))
    columns = _Columns(
        source,
        dict(zip(numbers, loaded.numbers, strict=True)),
        dict(zip(words, loaded.texts, strict=True)),
        loaded.first_line,
    )
    values = {kind: _scaled(columns, kind, column) for kind, column in named.items() if kind != "time"}
    channel = PowerChannel("the device", values.get("current"), values.get("voltage"), values.get("power"))
    timed = timing.evenly(loaded.rows, rate_hz) if rate_hz is not None else _timing(columns, named["time"])
    triggers = {name: _digital(source, loaded, name, columns.words[name]) for name in mapping.triggers}
    filled = replace(options, voltage_v=options.voltage_v or mapping.voltage_v)
    stated = [_other_units(column, _cells(source, layout, column, rows)) for column in named.values()]
    found = SampleRows(source, loaded.first_line, (*loaded.findings, *(each for each in stated if each)))
    return power.trace(found, channel, timed, filled, spacing=mapping.spacing, triggers=triggers)


def _cells(source: FileSource, layout: TableLayout, column: MappedColumn, rows: Sequence[Sequence[str]]) -> list[str]:
    """First cells of a column."""
    at = _position(source, layout, column.column)
    return [row[at] for row in rows if at < len(row)]


def _is_text(column: MappedColumn, cells: Sequence[str]) -> bool:
    return column.unit in (*CLOCKS, IN_CELLS) or any(units.unit_in(cell) for cell in cells)


def _other_units(column: MappedColumn, cells: Sequence[str]) -> Finding | None:
    """Finding where the cells state another unit than the mapping: theirs counts."""
    stated = {units.unit_in(cell) for cell in cells} - {"", units.bare(column.unit)}
    if not stated or column.unit == IN_CELLS:
        return None
    listed = ", ".join(sorted(map(units.as_written, stated)))
    message = (
        f"the cells under {column.column} state {listed}, the mapping {column.unit}: the unit of each cell is used"
    )
    return Finding("guessed_unit", "warning", message)


def _position(source: FileSource, layout: TableLayout, name: str) -> int:
    position = layout.index(name)
    if position is None:
        listed = ", ".join(f'"{given[:40]}"' for given in layout.names[:_MOST_COLUMNS_LISTED])
        raise source.wrong(f'the mapping wants a column "{name}", but there are {listed}; map the columns of this file')
    return position


def _scaled(columns: _Columns, kind: str, column: MappedColumn) -> Values:
    """Values [n] of a column in mA, V or mW."""
    if column.column in columns.words:
        words = columns.words[column.column]
        return units.from_cells(columns.source, words, kind, column.unit, column.column, columns.first_line)
    scale = units.scale(kind, column.unit)
    assert scale is not None, "a ColumnMapping has known units only"
    return columns.numbers[column.column] * scale


def _digital(source: FileSource, loaded: table.Table, name: str, cells: Sequence[str]) -> NDArray[np.bool_]:
    """Level of a digital input at each row [n]; each distinct cell is decoded once."""
    levels = {cell: _level(cell) for cell in set(cells)}
    if unclear := {cell for cell, level in levels.items() if level is None}:
        row = next(row for row, cell in enumerate(cells) if cell in unclear)
        raise source.wrong(
            f'"{cells[row][:40]}" under {name} is neither on nor off, 1 nor 0', line=loaded.first_line + row
        )
    return np.array([bool(levels[cell]) for cell in cells])


def _level(cell: str) -> bool | None:
    if cell.lower() in ("true", "on", "high"):
        return True
    if cell.lower() in ("false", "off", "low"):
        return False
    try:
        return text.number(cell) > 0.5
    except ValueError:
        return None


def _timing(columns: _Columns, column: MappedColumn) -> timing.Timing:
    source, first_line, name = columns.source, columns.first_line, column.column
    if column.unit in CLOCKS:
        stamps, read = clock.seconds(source, columns.words[name], first_line=first_line, order=CLOCKS[column.unit])
        timed = timing.timed(source, stamps, 1.0, first_line=first_line)
        return replace(timed, findings=(*read, *timed.findings))
    if name in columns.words:
        stamps = units.from_cells(source, columns.words[name], "time", column.unit, name, first_line)
        return timing.timed(source, stamps, 1.0, first_line=first_line)
    stamps = columns.numbers[name]
    if column.unit != GUESS:
        return timing.timed(source, stamps, units.scale("time", column.unit) or 0.0, first_line=first_line)
    unit, unit_s = timing.unit_by_plausibility(stamps, _KIND_OF_RATE_HZ)
    timed = timing.timed(source, stamps, unit_s, first_line=first_line)
    message = f"the unit of {name} is taken to be {unit}; check the rate"
    return replace(timed, findings=(Finding("guessed_unit", "warning", message), *timed.findings))
