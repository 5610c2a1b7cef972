"""Reader of any table by a column mapping of the user, and the message for files of unknown formats."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import clock, power, table, text, timing, units
from nas_engine.energy.readers.parsing.layout import TableLayout
from nas_engine.energy.readers.parsing.mapping import CLOCK, GUESS, ColumnMapping, MappedColumn
from nas_engine.energy.readers.parsing.power import PowerChannel, SampleRows
from nas_engine.energy.traces.trace import FileReading, Finding, Trace, Values

_MOST_COLUMNS_LISTED = 20
_KIND_OF_RATE_HZ = 1_000.0
_JSON = re.compile(r'\s*(?:\{\s*"|\[\s*(?:[\[{"]|[-+.\deE]+\s*,))')


class MappedTable:
    """Reader of text tables with the meaning and unit of columns from the mapping in `ReadOptions`."""

    format = "mapped"
    title = "Table with mapped columns"
    accepts = (
        "Any table as text: map its columns to time (s, ms, us, ns, dates), current, voltage, power or a trigger, "
        "with their units; a fixed voltage or rate where there is no column. Kept as a profile"
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
    named = {kind: column for kind in ("current", "voltage", "power") if (column := getattr(mapping, kind)) is not None}
    numbers = [column.column for column in named.values()]
    words = list(mapping.triggers)
    if mapping.time is not None and (options.rate_hz or mapping.rate_hz) is None:
        (words if mapping.time.unit == CLOCK else numbers).append(mapping.time.column)
    places = [[_position(source, layout, name) for name in names] for names in (numbers, words)]
    loaded = table.load(source, layout, *places)
    by_name = dict(zip(numbers, loaded.numbers, strict=True))
    cells = dict(zip(words, loaded.texts, strict=True))
    values = {kind: _scaled(by_name[column.column], kind, column) for kind, column in named.items()}
    channel = PowerChannel("the device", values.get("current"), values.get("voltage"), values.get("power"))
    timed = _timing(source, mapping, loaded, by_name, cells, options)
    triggers = {name: _digital(source, loaded, name, cells[name]) for name in mapping.triggers}
    filled = replace(options, voltage_v=options.voltage_v or mapping.voltage_v)
    rows = SampleRows(source, loaded.first_line, loaded.findings)
    return power.trace(rows, channel, timed, filled, spacing=mapping.spacing, triggers=triggers)


def _position(source: FileSource, layout: TableLayout, name: str) -> int:
    position = layout.index(name)
    if position is None:
        listed = ", ".join(f'"{given[:40]}"' for given in layout.names[:_MOST_COLUMNS_LISTED])
        raise source.wrong(f'the mapping wants a column "{name}", but there are {listed}; map the columns of this file')
    return position


def _scaled(values: Values, kind: str, column: MappedColumn) -> Values:
    scale = units.scale(kind, column.unit)
    assert scale is not None, "a ColumnMapping has known units only"
    return values * scale


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


def _timing(
    source: FileSource,
    mapping: ColumnMapping,
    loaded: table.Table,
    numbers: dict[str, Values],
    words: dict[str, tuple[str, ...]],
    options: ReadOptions,
) -> timing.Timing:
    rate_hz = options.rate_hz or mapping.rate_hz
    if rate_hz is not None:
        return timing.evenly(loaded.rows, rate_hz)
    assert mapping.time is not None, "a ColumnMapping has a time or a rate"
    if mapping.time.unit == CLOCK:
        stamps, unit_s = clock.since_1970(source, words[mapping.time.column], first_line=loaded.first_line), 1.0
    else:
        stamps = numbers[mapping.time.column]
        unit_s = units.scale("time", mapping.time.unit) or 0.0
    if mapping.time.unit != GUESS:
        return timing.timed(source, stamps, unit_s, first_line=loaded.first_line)
    unit, unit_s = timing.unit_by_plausibility(stamps, _KIND_OF_RATE_HZ)
    timed = timing.timed(source, stamps, unit_s, first_line=loaded.first_line)
    message = f"the unit of {mapping.time.column} is taken to be {unit}; check the rate"
    guess = Finding("guessed_unit", "warning", message)
    return replace(timed, findings=(guess, *timed.findings))
