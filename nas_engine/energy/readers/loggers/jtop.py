"""CSV of jtop's logger on Jetson boards: a column for each of `jetson.stats`, power in mW.

`time,uptime,CPU1,...,Power VDD_CPU_GPU_CV,Power VDD_SOC,Power TOT,...` since version 4, `power cur,power avg` before.
TOT is what feeds the module where the board measures it, else the sum of its rails.
Source: rbonghi/jetson_stats, examples/jtop_logger.py, jtop/jtop.py (stats).
"""

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.loggers import sensors
from nas_engine.energy.readers.parsing import clock, power, table, timing
from nas_engine.energy.readers.parsing.layout import TableLayout, folded
from nas_engine.energy.traces.trace import FileReading

_TOTALS = ("Power TOT", "power cur")
_RAIL = "power"
_NOT_NOW = ("poweravg",)


class Jtop:
    """Reader of CSV of jtop's logger."""

    format = "jtop"
    title = "jtop logger CSV"
    accepts = "`time,uptime,...,Power TOT` (or `power cur`) in mW among any other columns; indicative"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the columns of time, uptime and total power."""
        layout = head.layout
        if layout is None or None in (layout.index("time"), layout.index("uptime")):
            return False
        return any(layout.index(name) is not None for name in _TOTALS)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of the total, or of the rail `options.channel`. Raises BadMeasurement without time or power."""
        layout = source.head().layout
        if layout is None or (time := layout.index("time")) is None:
            raise source.wrong("no column time; log again with examples/jtop_logger.py")
        name, place = _column(source, layout, options.channel)
        loaded = table.load(source, layout, [place], [time])
        stamps_s = clock.since_1970(source, loaded.texts[0], first_line=loaded.first_line)
        timed = timing.timed(source, stamps_s, 1.0, first_line=loaded.first_line)
        note = sensors.indicative("an estimate of the board's own sensors", "the module, without the carrier board")
        rows = power.SampleRows(source, loaded.first_line, (*loaded.findings, note))
        channel = power.PowerChannel(name, power_mw=loaded.numbers[0])
        return FileReading(self.format, power.trace(rows, channel, timed, options, spacing="point"))


def _column(source: FileSource, layout: TableLayout, wanted: str | None) -> tuple[str, int]:
    """Name and place of the column to read."""
    rails = {
        name: place
        for place, name in enumerate(layout.names)
        if folded(name).startswith(_RAIL) and folded(name) not in _NOT_NOW
    }
    if wanted is None:
        name = next((name for total in _TOTALS for name in rails if folded(name) == folded(total)), None)
    else:
        keys = (folded(wanted), _RAIL + folded(wanted))
        name = next((name for name in rails if folded(name) in keys), None)
    if name is None:
        raise source.wrong(f"there is no power of {wanted or 'the whole'}; it has {', '.join(rails) or 'none'}")
    return name, rails[name]
