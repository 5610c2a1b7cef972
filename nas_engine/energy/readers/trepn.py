"""CSV of Qualcomm's Trepn profiler (retired): estimates of the phone, indicative.

Every quantity has a column `Time  [ms]` of its own before it (two blanks), `Battery Power* [uW] (Raw)` and `(Delta)`
among them; CRLF, 41 to 161 ms apart. Raw is the whole phone, Delta what was added to a baseline. Lines of the app's
state may precede the header. Source: files of Android Runner's Trepn plugin and scripts that read them.
"""

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.battery_manager import AWAKE_MW, INDICATIVE
from nas_engine.energy.readers.parsing import power, table, timing
from nas_engine.energy.readers.parsing.layout import TableLayout, folded
from nas_engine.energy.traces.trace import FileReading, Finding

_POWER = "batterypower*[uw](raw)"
_TIME = "time[ms]"


class Trepn:
    """Reader of CSV of the Trepn profiler."""

    format = "trepn"
    title = "Trepn profiler CSV"
    accepts = "`Time  [ms],Battery Power* [uW] (Raw)` among any other columns; indicative"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the column of raw battery power with its column of time."""
        layout = head.layout
        return layout is not None and _power_at(layout) is not None and _time_at(layout) is not None

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Power of the whole phone over time; indicative. Raises BadMeasurement for an implausible mean."""
        layout = source.head().layout
        if layout is None or (raw := _power_at(layout)) is None or (time := _time_at(layout)) is None:
            raise source.wrong(
                "no column Battery Power* [uW] (Raw) with its Time [ms]; export again with battery power ticked"
            )
        loaded = table.load(source, layout, [time, raw])
        stamps_ms, power_uw = loaded.numbers
        ends = int(np.isfinite(stamps_ms).sum())
        if not np.isfinite(stamps_ms[:ends]).all():
            raise source.wrong("rows without a time between others; export again")
        timed = timing.timed(source, stamps_ms[:ends], 1e-3, first_line=loaded.first_line)
        if (np.diff(stamps_ms[:ends]) <= 0.0).any():
            raise source.wrong(
                "time stands still or runs back: columns are swapped, or two recordings are mixed; export again"
            )
        rows = power.SampleRows(
            source, loaded.first_line, (*loaded.findings, INDICATIVE, *_shorter(ends, len(stamps_ms)))
        )
        channel = power.PowerChannel("battery", power_mw=power_uw[:ends] / 1e3)
        trace = power.trace(rows, channel, timed, options, spacing="point")
        if not AWAKE_MW[0] <= float(trace.power_mw.mean()) <= AWAKE_MW[1]:
            raise source.wrong(
                f"{trace.power_mw.mean():.4g} mW on average, which no phone takes that computes: columns are swapped, "
                "or the unit is another; export again"
            )
        return FileReading(self.format, trace)


def _power_at(layout: TableLayout) -> int | None:
    return next((at for at, name in enumerate(layout.names) if folded(name) == _POWER), None)


def _time_at(layout: TableLayout) -> int | None:
    """Position of the last column of time before that of power, which is its own, or of the only one."""
    times = [at for at, name in enumerate(layout.names) if folded(name) == _TIME]
    before = [at for at in times if at < (_power_at(layout) or 0)]
    return before[-1] if before else times[0] if len(times) == 1 else None


def _shorter(rows: int, all_rows: int) -> tuple[Finding, ...]:
    """Quantities are sampled at different rates, so that columns end at different rows."""
    if rows == all_rows:
        return ()
    message = f"power was sampled {rows:,} times; the {all_rows:,} rows of the file are those of faster quantities"
    return (Finding("shorter_column", "note", message),)
