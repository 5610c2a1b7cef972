"""CSV written by `pyjls csv`: `# timestamp,JS220-001234.current,JS220-001234.voltage`, seconds, A, V, W.

Each of so many rows is the mean of length // rows samples, by the recording's summaries; the times, however, are
spread evenly over the whole length. What the division leaves over is never read, and the times are stretched by it:
next to nothing for rows of many samples, up to a factor of two for rows of one. The factor is not in the file.
Source: pyjls 0.17, entry_points/csv.py.
"""

from collections.abc import Iterator
from dataclasses import replace

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import device_clock, power, table, timing
from nas_engine.energy.readers.parsing.layout import TableLayout, folded
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_TIME = "timestamp"
_TO_OURS = {".current": 1e3, ".voltage": 1.0, ".power": 1e3}  # A, V, W into mA, V, mW
_STRETCHED = Finding(
    "stretched_time",
    "warning",
    "`pyjls csv` wrote this file: its times are stretched by up to a factor of two, and its rows are means by "
    "summaries that are not sample-accurate. Mean power holds, windows and durations do not: bring the .jls itself",
)


class PyjlsCsv:
    """Reader of CSV that `pyjls csv` writes."""

    format = "joulescope_pyjls_csv"
    title = "CSV of `pyjls csv`"
    accepts = "`# timestamp,JS220-001234.current,JS220-001234.voltage`; times are stretched, better bring the .jls"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the column of time and one of current or power with an instrument's name."""
        layout = head.layout
        if layout is None or layout.index(_TIME) is None:
            return False
        return any(_signal(name) in (".current", ".power") for name in layout.names)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of one instrument with a warning of its times. Raises BadMeasurement without time or channel."""
        layout = source.head().layout
        if layout is None or (time := layout.index(_TIME)) is None:
            raise source.wrong(f"no column {_TIME}; bring the .jls itself")
        wanted = [index for index, name in enumerate(layout.names) if _signal(name)]
        loaded = table.load(source, layout, [time, *wanted])
        channels = _channels(layout, dict(zip(wanted, loaded.numbers[1:], strict=True)))
        channel, chosen = power.choose(source, channels, options.channel)
        stamps_s = loaded.numbers[0]
        stamped = device_clock.timed(source, stamps_s, 1.0, first_line=loaded.first_line, even=False)
        timed = replace(timing.evenly(loaded.rows, stamped.rate_hz), findings=(_STRETCHED,))
        rows = power.SampleRows(source, loaded.first_line, (*loaded.findings, *chosen))
        return FileReading(self.format, power.trace(rows, channel, timed, options, spacing="interval"))


def _signal(name: str) -> str:
    """The ending `.current`, `.voltage` or `.power` of a name such as `JS220-001234.current`, else nothing."""
    bare = folded(name)
    return next((ending for ending in _TO_OURS if bare.endswith(ending) and bare != ending), "")


def _channels(layout: TableLayout, columns: dict[int, Values]) -> Iterator[power.PowerChannel]:
    """One channel for each instrument that has current or power."""
    found: dict[str, dict[str, Values]] = {}
    for index, values in columns.items():
        name, ending = layout.names[index], _signal(layout.names[index])
        found.setdefault(name[: -len(ending)], {})[ending] = values * _TO_OURS[ending]
    for name, signals in found.items():
        current_ma, power_mw = signals.get(".current"), signals.get(".power")
        if current_ma is not None or power_mw is not None:
            yield power.PowerChannel(name, current_ma, signals.get(".voltage"), power_mw, most_voltage_v=20.0)
