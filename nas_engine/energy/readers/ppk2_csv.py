"""CSV exported by Nordic's Power Profiler for the PPK2: columns by four switches, current in microamperes, no voltage.

`Timestamp(ms)`, `Current(uA)`, `D0-D7` (one word), `D0,...,D7`; by default the first three, 100,000 rows per second.
Samples that were lost have no row: holes are real. Scripts write the same columns at their own pace.
Source: nordicsemi/pc-nrfconnect-ppk, src/actions/exportChartAction.ts.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.readers import ppk2_inputs
from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import device_clock, power, table, timing
from nas_engine.energy.readers.parsing.layout import TableLayout
from nas_engine.energy.readers.parsing.timing import Timing
from nas_engine.energy.readers.ppk2_inputs import Inputs
from nas_engine.energy.traces.trace import FileReading, Finding, Values
from nas_engine.errors import BadMeasurement

_RATE_HZ = 100_000.0
_MAX_BYTES = 150_000_000  # 6 million rows, a minute
_MAX_BYTES_IN_WORDS = 50_000_000
_COLUMNS_AT_ONCE = 4
_TIME, _CURRENT, _WORD = "Timestamp(ms)", "Current(uA)", "D0-D7"
_OLD_WORD = "Bits"  # of the first versions, one of which wrote the inputs the other way round


class Ppk2Csv:
    """Reader of CSV exported by Nordic's Power Profiler for the PPK2."""

    format = "ppk2_csv"
    title = "Nordic PPK2 CSV (Power Profiler)"
    accepts = (
        "Any of `Timestamp(ms),Current(uA),D0-D7` and `D0` to `D7`, as the switches were; the supply voltage has to be "
        "given"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the column of current, or those of time and D0-D7."""
        layout = head.layout
        if layout is None:
            return False
        return layout.index(_CURRENT) is not None or (
            layout.index(_TIME) is not None and layout.index(_WORD) is not None
        )

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace with D0 to D7 as triggers. Raises BadMeasurement without a supply voltage or current."""
        layout = source.head().layout
        if layout is None or layout.index(_CURRENT) is None:
            raise source.wrong(f"no column {_CURRENT}; export again with Current switched on")
        if options.voltage_v is None:
            raise source.wrong("a PPK2 records no voltage; give the supply voltage of the device, e.g. 3.0")
        if source.path.stat().st_size > _MAX_BYTES:
            raise source.wrong(
                f"more than {_MAX_BYTES // 1_000_000} MB of CSV; save the session as .ppk2, which is a tenth, or "
                "export a shorter part"
            )
        triggers, doubts = _inputs(source, layout)
        columns, rows = _columns(source, layout)
        if float(np.nanmax(np.abs(columns[_CURRENT]), initial=0.0)) > ppk2_inputs.MOST_CURRENT_UA:
            raise source.wrong(
                "a current beyond 2 A, where a PPK2 ends at 1 A: columns are swapped or the file is damaged"
            )
        is_even = _TIME not in columns or not _is_of_another_logger(columns[_TIME])
        timed = (_timing if is_even else _uneven)(source, columns, options, rows.first_line)
        channel = power.PowerChannel("PPK2", current_ma=columns.pop(_CURRENT) / 1e3)
        spacing: Literal["interval", "point"] = "interval" if is_even else "point"
        trace = power.trace(rows, channel, timed, options, spacing=spacing, triggers=triggers)
        return FileReading(self.format, trace, doubts)


def _columns(source: FileSource, layout: TableLayout) -> tuple[dict[str, Values], power.SampleRows]:
    at = {name: position for name in (_CURRENT, _TIME) if (position := layout.index(name)) is not None}
    loaded = table.load(source, layout, list(at.values()))
    return dict(zip(at, loaded.numbers, strict=True)), power.SampleRows(source, loaded.first_line, loaded.findings)


def _timing(source: FileSource, columns: dict[str, Values], options: ReadOptions, first_line: int) -> Timing:
    if _TIME in columns:
        return device_clock.timed(source, columns[_TIME], 1e-3, first_line=first_line)
    rate_hz = options.rate_hz or _RATE_HZ
    message = f"no column {_TIME}: {rate_hz:,.0f} samples per second without holes are assumed"
    findings = () if options.rate_hz else (Finding("guessed_rate", "warning", message),)
    return timing.evenly(len(columns[_CURRENT]), rate_hz, findings)


def _is_of_another_logger(stamps: Values) -> bool:
    """Whether stamps [n] in ms never run back and are neither even nor rounded to few digits, as no PPK2's are."""
    if len(stamps) < 2 or not (np.diff(stamps) >= 0.0).all():
        return False
    return not device_clock.is_even(stamps) and timing.rounded(stamps, 1e-3) is None


def _uneven(source: FileSource, columns: dict[str, Values], options: ReadOptions, first_line: int) -> Timing:
    """Times of a logger that writes PPK2's columns at its own pace, by its stamps."""
    if options.rate_hz is not None:
        return timing.evenly(len(columns[_TIME]), options.rate_hz)
    timed = timing.timed(source, columns[_TIME], 1e-3, first_line=first_line)
    step_ms = np.diff(columns[_TIME])
    message = (
        f"the stamps are {step_ms.min():.4g} to {step_ms.max():.4g} ms apart, which no PPK2's are: another logger "
        "wrote them, and its stamps are used; check that its currents are microamperes"
    )
    return replace(timed, findings=(Finding("uneven_stamps", "warning", message), *timed.findings))


def _inputs(source: FileSource, layout: TableLayout) -> tuple[Inputs, tuple[Finding, ...]]:
    """Inputs D0 to D7 from their columns or from the word; none where the file has neither."""
    positions = [position for name in ppk2_inputs.NAMES if (position := layout.index(name)) is not None]
    if len(positions) == len(ppk2_inputs.NAMES):
        return ppk2_inputs.changing(_states(source, layout, positions)), ()
    if (word := layout.index(_WORD)) is not None:
        return _words(source, layout, word), ()
    if (word := layout.index(_OLD_WORD)) is None:
        return {}, ()
    try:
        inputs = _words(source, layout, word)
    except BadMeasurement:
        return {}, (
            Finding("inputs_unknown", "note", f"the column {_OLD_WORD} is not read; export again for D0 to D7"),
        )
    message = f"{_OLD_WORD} of an old version: D0 may be first or last; check the windows on the plot"
    return inputs, (Finding("inputs_unknown", "warning", message),)


def _words(source: FileSource, layout: TableLayout, word: int) -> Inputs:
    try:
        return ppk2_inputs.from_digits(table.load(source, layout, [word]).numbers[0])
    except BadMeasurement:
        if source.path.stat().st_size > _MAX_BYTES_IN_WORDS:
            raise
        return ppk2_inputs.from_words(table.load(source, layout, [], [word]).texts[0])


def _states(source: FileSource, layout: TableLayout, positions: list[int]) -> Iterator[NDArray[np.bool_]]:
    """The inputs, a few columns at a time, so that long files fit into memory."""
    for first in range(0, len(positions), _COLUMNS_AT_ONCE):
        for state in table.load(source, layout, positions[first : first + _COLUMNS_AT_ONCE]).numbers:
            if ((state != 0.0) & (state != 1.0) & np.isfinite(state)).any():
                raise source.wrong("D0 to D7 hold something else than 0 and 1: columns are swapped; export again")
            yield np.asarray(state == 1.0)
