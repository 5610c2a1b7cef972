"""Text of Android's `monsoon.py`: blanks, no header; seconds and amperes, or milliseconds and milliamperes.

With whole seconds many samples share one: they are spread evenly over it. Without `-timestamp` a line holds the
amperes alone, and the rate must be given.
"""

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.monsoon_python import channel
from nas_engine.energy.readers.parsing import coarse_clock, power, table, timing
from nas_engine.energy.readers.parsing.layout import TableLayout
from nas_engine.energy.readers.parsing.power import SampleRows
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_SECONDS = (1.0e9, 4.2e9)  # 2001 to 2103
_MILLISECONDS = (1.0e12, 4.2e12)


class AospMonsoon:
    """Reader of lines `<seconds> <amperes> [volts]`, `<milliseconds> <milliamperes> [millivolts]` or `<amperes>`."""

    format = "aosp_monsoon"
    title = "AOSP monsoon.py text"
    accepts = (
        "Lines of `<epoch seconds> <amperes> [volts]` or `<epoch ms> <mA> [mV]`, no header; or amperes alone with the "
        "rate given. Without volts the supply voltage must be given"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether it has one to three numbers per line, no header, and of two or three the first is a time."""
        layout = head.layout
        if layout is None or layout.names or not layout.cells or head.text.lstrip().startswith("#"):
            return False
        if layout.cells == 1:
            return True
        return layout.delimiter in " \t" and layout.cells <= 3 and _stamp_scale(_first_stamp(head)) is not None

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of the main output. Raises BadMeasurement for mixed units, or without times and rate."""
        head = source.head()
        layout = head.layout
        if layout is None or layout.names or not 1 <= layout.cells <= 3:
            raise source.wrong("not the text of monsoon.py: lines of seconds, amperes and perhaps volts")
        if layout.cells == 1:
            return self._without_stamps(source, layout, options)
        loaded = table.load(source, layout, range(layout.cells))
        scale = _scale(source, loaded)
        current_ma = loaded.numbers[1] * (1e3 if scale == 1.0 else 1.0)
        voltage_v = loaded.numbers[2] * (1.0 if scale == 1.0 else 1e-3) if layout.cells == 3 else None
        timed = _timing(source, loaded.numbers[0], scale, options)
        output = channel("main", current_ma, voltage_v)
        rows = SampleRows(source, loaded.first_line, loaded.findings)
        return FileReading(self.format, power.trace(rows, output, timed, options, spacing="point"))

    def _without_stamps(self, source: FileSource, layout: TableLayout, options: ReadOptions) -> FileReading:
        if options.rate_hz is None:
            raise source.wrong("one number a line and no time; give the samples per second (and the supply voltage)")
        loaded = table.load(source, layout, [0])
        guess = Finding("guessed_unit", "warning", "one number a line, read as amperes as monsoon.py writes them")
        rows = SampleRows(source, loaded.first_line, (*loaded.findings, guess))
        output = channel("main", 1e3 * loaded.numbers[0])
        timed = timing.evenly(loaded.rows, options.rate_hz)
        return FileReading(self.format, power.trace(rows, output, timed, options, spacing="point"))


def _first_stamp(head: FileHead) -> float:
    line = next((line for line in head.text.split("\n") if line.strip()), "")
    try:
        return float(line.split()[0])
    except (ValueError, IndexError):
        return 0.0


def _stamp_scale(stamp: float) -> float | None:
    if _SECONDS[0] <= stamp < _SECONDS[1]:
        return 1.0
    return 1e-3 if _MILLISECONDS[0] <= stamp < _MILLISECONDS[1] else None


def _scale(source: FileSource, loaded: table.Table) -> float:
    """Unit of the stamps in seconds. Raises BadMeasurement for a file with both forms, as Battery Historian does."""
    stamps = loaded.numbers[0]
    scale = _stamp_scale(float(stamps[0]))
    if scale is None:
        raise source.wrong("the first column holds no time since 1970", line=loaded.first_line)
    low, high = _SECONDS if scale == 1.0 else _MILLISECONDS
    other = ~((stamps >= low) & (stamps < high))
    if other.any():
        raise source.wrong(
            "a time in another unit than the lines before, or none; give each recording alone",
            line=loaded.first_line + int(np.argmax(other)),
        )
    return scale


def _timing(source: FileSource, stamps: Values, scale: float, options: ReadOptions) -> timing.Timing:
    if options.rate_hz is not None:
        return timing.evenly(len(stamps), options.rate_hz)
    if scale != 1.0 or (stamps % 1.0).any():
        return timing.timed(source, stamps, scale)
    return coarse_clock.spread(source, stamps)
