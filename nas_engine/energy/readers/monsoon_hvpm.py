"""CSV of the program powermonitor-hvpm on top of Monsoon's HVPM: SI units, time by the monitor's own sample index."""

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.monsoon_python import NOMINAL_HZ, channel
from nas_engine.energy.readers.parsing import power, table, timing
from nas_engine.energy.readers.parsing.layout import folded
from nas_engine.energy.readers.parsing.power import SampleRows
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_COLUMNS = ("time_s", "current_a", "voltage_v", "power_w", "dropped")


class MonsoonHvpm:
    """Reader of `index,time_s,host_elapsed_s,current_a,voltage_v,power_w,flags,dropped`."""

    format = "monsoon_hvpm"
    title = "powermonitor-hvpm CSV"
    accepts = "`index,time_s,host_elapsed_s,current_a,voltage_v,power_w,flags,dropped`"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has all columns of powermonitor-hvpm."""
        return head.layout is not None and set(_COLUMNS) <= {folded(name) for name in head.layout.names}

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of the main output. Raises BadMeasurement for a missing column."""
        layout = source.head().layout
        if layout is None or any(layout.index(name) is None for name in _COLUMNS):
            raise source.wrong(f"a column is missing; needed are {', '.join(_COLUMNS)}")
        loaded = table.load(source, layout, [layout.names.index(name) for name in layout.names if _known(name)])
        columns = dict(zip([folded(n) for n in layout.names if _known(n)], loaded.numbers, strict=True))
        timed = timing.timed(source, columns["time_s"], 1.0, nominal_hz=NOMINAL_HZ, first_line=loaded.first_line)
        if options.rate_hz is not None:
            timed = timing.evenly(loaded.rows, options.rate_hz)
        output = channel("main", 1e3 * columns["current_a"], columns["voltage_v"], 1e3 * columns["power_w"])
        rows = SampleRows(source, loaded.first_line, (*loaded.findings, *_dropped(columns["dropped"])))
        return FileReading(self.format, power.trace(rows, output, timed, options, spacing="point"))


def _known(name: str) -> bool:
    return folded(name) in _COLUMNS


def _dropped(counts: Values) -> tuple[Finding, ...]:
    most = float(counts.max(initial=0.0, where=counts == counts))
    if not most:
        return ()
    return (Finding("lost_samples", "warning", f"the recorder counts up to {most:,.0f} dropped samples"),)
