"""CSV of the Joulescope UI's "Export visible data as CSV": means of as many intervals as the screen has points.

`# time,JS220-001234.i,JS220-001234.v,JS220-001234.p`, seconds, A, V and W, all as `%.18e`.
Source: joulescope_ui 1.x, widgets/waveform/waveform_widget.py (_on_export_csv).
"""

from collections.abc import Iterator

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import device_clock, power, table
from nas_engine.energy.readers.parsing.layout import TableLayout, folded
from nas_engine.energy.traces.trace import FileReading, Values

_SIGNALS = (".i", ".v", ".p")


class JoulescopeExport:
    """Reader of "Export visible data as CSV" of the Joulescope UI."""

    format = "joulescope_export"
    title = "Joulescope CSV of visible data"
    accepts = "`# time,JS220-001234.i,JS220-001234.v,JS220-001234.p`, any of them; of several instruments one is chosen"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has a column of time and one of current or power with an instrument's name."""
        layout = head.layout
        if layout is None or layout.index("time") is None:
            return False
        return any(_signal(name) in (".i", ".p") for name in layout.names)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of one instrument, by `options.channel`. Raises BadMeasurement without time or channel."""
        layout = source.head().layout
        if layout is None or (time := layout.index("time")) is None:
            raise source.wrong("no column of time; export it again")
        wanted = [index for index, name in enumerate(layout.names) if _signal(name)]
        loaded = table.load(source, layout, [time, *wanted])
        channels = _channels(layout, dict(zip(wanted, loaded.numbers[1:], strict=True)))
        channel, chosen = power.choose(source, channels, options.channel)
        timed = device_clock.timed(source, loaded.numbers[0], 1.0, first_line=loaded.first_line)
        rows = power.SampleRows(source, loaded.first_line, (*loaded.findings, *chosen))
        return FileReading(self.format, power.trace(rows, channel, timed, options, spacing="interval"))


def _signal(name: str) -> str:
    """The ending `.i`, `.v` or `.p` of a name such as `JS220-001234.i`, else nothing."""
    ending = folded(name)[-2:]
    return ending if ending in _SIGNALS and len(folded(name)) > 2 else ""


def _channels(layout: TableLayout, columns: dict[int, Values]) -> Iterator[power.PowerChannel]:
    """One channel for each instrument that has current or power."""
    found: dict[str, dict[str, Values]] = {}
    for index, values in columns.items():
        name = layout.names[index]
        found.setdefault(name[:-2], {})[_signal(name)] = values
    for name, signals in found.items():
        current, watts = signals.get(".i"), signals.get(".p")
        if current is None and watts is None:
            continue
        yield power.PowerChannel(
            name,
            None if current is None else 1e3 * current,
            signals.get(".v"),
            None if watts is None else 1e3 * watts,
            most_voltage_v=20.0,
        )
