"""Summaries by window of Joulescope's trigger.py: a row for each time that an input was high, or for each duration.

`#start_time(samples),start_time(iso),...,current_mean(A),...,power_mean(W),...,charge(C),charge(Ah),energy(J),...`.
Rows have a length in samples after the statistics of each signal, which the header of older versions leaves out. Times
are those of the computer when it noticed, so a window lasts energy / mean power, which charge and current must confirm.
Source: pyjoulescope_examples, bin/trigger.py.
"""

import re
from dataclasses import replace

import numpy as np

from nas_engine.energy.readers import sums
from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import table
from nas_engine.energy.readers.parsing.layout import TableLayout, folded
from nas_engine.energy.traces.trace import EnergySummary, FileReading, Finding, Values

_BEGIN = re.compile(r"#?\s*start_time\(samples\),start_time\(iso\),end_time\(samples\),")
_SIGNALS = ("current", "voltage", "power")
_NEEDED = ("current_mean(A)", "voltage_mean(V)", "power_mean(W)", "charge(C)", "energy(J)")
_AGREES = 0.01  # figures have six digits


class TriggerSummaries:
    """Reader of summaries by window of Joulescope's trigger.py."""

    format = "joulescope_trigger"
    title = "Joulescope trigger summaries CSV"
    accepts = "`#start_time(samples),...,power_mean(W),...,energy(J)` of trigger.py: energy and duration of each window"

    def recognises(self, head: FileHead) -> bool:
        """Whether it begins with the columns of trigger.py."""
        return bool(_BEGIN.match(head.text.lstrip()))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Energy and duration of each window. Raises BadMeasurement where a row contradicts itself."""
        layout = source.head().layout
        if layout is None:
            raise source.wrong("no row of numbers; record again")
        layout = _with_lengths(layout)
        places = [layout.index(name) for name in _NEEDED]
        if None in places:
            raise source.wrong(f"a column is missing; needed are {', '.join(_NEEDED)}")
        loaded = table.load(source, layout, [place for place in places if place is not None])
        columns = dict(zip(_NEEDED, loaded.numbers, strict=True))
        kept = np.logical_and.reduce([np.isfinite(values) for values in columns.values()])
        findings = (*loaded.findings, *_left_out(kept))
        parts = tuple(_window(source, columns, int(row), loaded.first_line) for row in np.flatnonzero(kept))
        if not parts:
            raise source.wrong("no window holds a sample; record again")
        return FileReading(self.format, EnergySummary.of(parts), findings)


def _with_lengths(layout: TableLayout) -> TableLayout:
    """Layout whose names have the lengths that rows have and headers of older versions leave out."""
    if layout.cells != len(layout.names) + len(_SIGNALS):
        return layout
    names: list[str] = []
    for name in layout.names:
        names.append(name)
        names += [f"{signal}_length(samples)" for signal in _SIGNALS if folded(name).startswith(f"{signal}_max(")]
    return replace(layout, names=tuple(names))


def _window(source: FileSource, columns: dict[str, Values], row: int, first_line: int) -> EnergySummary:
    current_a, voltage_v, power_w, charge_c, energy_j = (float(columns[name][row]) for name in _NEEDED)
    line = first_line + row
    if not power_w > 0.0:
        raise source.wrong("no power, or a negative one: the device was charging, or nothing was connected", line=line)
    found = sums.checked(source, 1e3 * energy_j, energy_j / power_w, line=line)
    duration_s = found.duration_s
    if abs(charge_c - current_a * duration_s) > _AGREES * abs(charge_c) or not 0.0 < voltage_v <= 20.0:
        raise source.wrong(
            f"{charge_c:g} C and {energy_j:g} J are of different durations at {current_a:g} A and {power_w:g} W: "
            "columns are swapped, or the row is damaged; record again",
            line=line,
        )
    return found


def _left_out(kept: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[Finding, ...]:
    missing = int((~kept).sum())
    if not missing:
        return ()
    message = f"{missing} of {len(kept)} windows hold no sample; they are left out"
    return (Finding("nan_cells", "warning", message),)
