"""CSV that Monsoon's PowerTool and PowerToolCmd export: whatever channels were ticked, at full rate or averaged."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.monsoon_python import NOMINAL_HZ, channel
from nas_engine.energy.readers.parsing import power, table, timing, units
from nas_engine.energy.readers.parsing.layout import folded
from nas_engine.energy.readers.parsing.power import PowerChannel, SampleRows
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_COLUMN = re.compile(r"(main|usb|aux)(avg|min|max)(current|power|voltage)\(([num]?[avw])\)\Z")
_TIME = re.compile(r"time\((s|ms)\)\Z")
_FASTEST_HZ = 1.2 * NOMINAL_HZ
_SLOWEST_HZ = 0.5  # of averaged rows; fewer may be milliseconds under "(s)"


class PowerTool:
    """Reader of `Time (s|ms)` and any `(Main|USB|Aux) (Avg|Min|Max) (Current|Power|Voltage) (unit)`, in any order."""

    format = "powertool"
    title = "Monsoon PowerTool CSV"
    accepts = (
        "`Time (s)` or `Time (ms)` and any of `Main/USB/Aux Avg/Min/Max Current/Power/Voltage (unit)`, averages "
        "being read; commas, semicolons or tabs; decimal commas, also in files separated by commas"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether it has a column of current, power or voltage as PowerTool names them."""
        return head.layout is not None and any(_COLUMN.match(folded(name)) for name in head.layout.names)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of one output, by `options.channel`. Raises BadMeasurement without averages or time."""
        layout = source.head().layout
        if layout is None:
            raise source.wrong("this is no table; give the CSV as PowerTool exported it")
        wanted = [index for index, name in enumerate(layout.names) if _is_read(name)]
        if not any(_COLUMN.match(folded(layout.names[index])) for index in wanted):
            raise source.wrong("only least and greatest values; export Avg Power, or Avg Current and Avg Voltage")
        loaded = table.load(source, layout, wanted)
        names = [layout.names[index] for index in wanted]
        output, chosen = power.choose(source, _channels(names, loaded.numbers), options.channel)
        timed = _timing(source, names, loaded, options)
        rows = SampleRows(source, loaded.first_line, (*loaded.findings, *chosen))
        return FileReading(self.format, power.trace(rows, output, timed, options, spacing="interval"))


def _is_read(name: str) -> bool:
    """Times and averages; extremes of an interval do not determine its energy."""
    found = _COLUMN.match(folded(name))
    return bool(_TIME.match(folded(name))) or (found is not None and found.group(2) == "avg")


def _channels(names: Sequence[str], columns: Sequence[Values]) -> Iterator[PowerChannel]:
    found: dict[str, dict[str, Values]] = {}
    for column, values in zip(names, columns, strict=True):
        if match := _COLUMN.match(folded(column)):
            output, _, kind, unit = match.groups()
            scale = units.scale(kind, unit)
            if scale is not None:
                found.setdefault(output, {})[kind] = values * scale
    for name in ("main", "usb", "aux"):
        kinds = found.get(name, {})
        if "power" in kinds or "current" in kinds:
            yield channel(name, kinds.get("current"), kinds.get("voltage"), kinds.get("power"))


def _timing(source: FileSource, names: Sequence[str], loaded: table.Table, options: ReadOptions) -> timing.Timing:
    if options.rate_hz is not None:
        return timing.evenly(loaded.rows, options.rate_hz)
    at = next((index for index, name in enumerate(names) if _TIME.match(folded(name))), None)
    if at is None:
        raise source.wrong("no column of time; export it too, or give the rows per second")
    unit = units.split(names[at])[1]
    timed = timing.timed(source, loaded.numbers[at], units.SECONDS[unit], first_line=loaded.first_line)
    if unit == "ms" and _FASTEST_HZ < timed.rate_hz <= 1e3 * _FASTEST_HZ:
        timed = timing.timed(source, loaded.numbers[at], 1.0, first_line=loaded.first_line)
        return _doubted(timed, f'"{names[at]}" would be over {NOMINAL_HZ:,.0f} Hz: read as seconds')
    if timed.rate_hz > _FASTEST_HZ:
        raise source.wrong(
            f"{timed.rate_hz:,.0f} rows per second, but the monitor has {NOMINAL_HZ:,.0f}; check the time"
        )
    if timed.rate_hz < _SLOWEST_HZ:
        return _doubted(timed, f'by "{names[at]}" rows are {1.0 / timed.rate_hz:,.3g} s apart; if not, give their rate')
    return timed


def _doubted(timed: timing.Timing, message: str) -> timing.Timing:
    guess = Finding("guessed_unit", "warning", message)
    return replace(timed, findings=(guess, *timed.findings))
