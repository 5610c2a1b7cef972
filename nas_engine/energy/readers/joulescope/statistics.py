"""Statistics that Joulescope's UI and its script downsample_logging.py write twice a second, or at a rate chosen.

`#time,current,voltage,power,charge,energy` in SI units; time in seconds, as a date in UTC, or left out; charge and
energy count up from the first row. A row covers the time that ENDS at its stamp, so the first row, which ends where
the file begins, is left out: the others and the counted energy then cover the same time. downsample_logging adds
current_min and current_max, and can write its header as comments (`#= header=...`).
Source: joulescope_ui, statistics_record.py; pyjoulescope_examples, bin/downsample_logging.py.
"""

import re
from dataclasses import dataclass, replace

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import clock, power, table, text, timing
from nas_engine.energy.readers.parsing.layout import TableLayout, folded, split
from nas_engine.energy.traces.trace import FileReading, Finding, Trace, Values

_NAMES = ("current", "voltage", "power", "charge", "energy")
_COMMENT = "=header="
_START = re.compile(r"(?m)^#= start_time=(\d+\.?\d*)\s*$")
_RATE_HZ = 2.0
_AGREES = 0.005  # counted energy and rows: the file of the samples agrees to 1e-5
_WRONG = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class _Statistics:
    columns: dict[str, Values]
    stamps_s: Values | None
    rows: power.SampleRows


class JoulescopeStatistics:
    """Reader of statistics of the Joulescope UI and downsample_logging."""

    format = "joulescope_statistics"
    title = "Joulescope statistics CSV"
    accepts = (
        "`#time,current,voltage,power,charge,energy` of the Joulescope UI, with time in seconds, in UTC or without, "
        "and of "
        "downsample_logging (`current_min,current_max` besides, header as comments)"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether it has columns of current, voltage, power, charge and energy."""
        layout = head.layout
        return layout is not None and set(_NAMES) <= {folded(name) for name in _named(layout).names}

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of intervals between the rows. Raises BadMeasurement where power and energy disagree by over 5 %."""
        layout = source.head().layout
        if layout is None or any(_named(layout).index(name) is None for name in _NAMES):
            raise source.wrong(f"a column is missing; needed are {', '.join(_NAMES)}")
        statistics = _load(source, _named(layout))
        if len(statistics.columns["power"]) < 3:
            raise source.wrong("fewer than three rows of statistics; record longer")
        return FileReading(self.format, _trace(source, statistics, options))


def _named(layout: TableLayout) -> TableLayout:
    """The layout with its first name freed from downsample_logging's `= header=`."""
    if not layout.names or not folded(layout.names[0]).startswith(_COMMENT):
        return layout
    first = layout.names[0].split("=")[-1].strip()
    return replace(layout, names=(first, *layout.names[1:]))


def _load(source: FileSource, layout: TableLayout) -> _Statistics:
    at = {name: position for name in (*_NAMES, "time") if (position := layout.index(name)) is not None}
    dated = "time" in at and _first_is_date(source, layout, at["time"])
    words = [at.pop("time")] if dated else []
    loaded = table.load(source, layout, list(at.values()), words)
    columns = dict(zip(at, loaded.numbers, strict=True))
    stamps_s = columns.pop("time", None)
    if dated:
        stamps_s = clock.since_1970(source, loaded.texts[0], first_line=loaded.first_line)
    elif stamps_s is not None and (start := _START.search(source.head().text)):
        stamps_s = stamps_s + float(start.group(1))
    return _Statistics(columns, stamps_s, power.SampleRows(source, loaded.first_line, loaded.findings))


def _first_is_date(source: FileSource, layout: TableLayout, at: int) -> bool:
    lines = source.head().text.split("\n")[layout.first_row :]
    cells = split(next((line for line in lines if line.strip()), ""), layout.delimiter)
    return at < len(cells) and clock.is_date(text.bare_cell(cells[at]))


def _trace(source: FileSource, statistics: _Statistics, options: ReadOptions) -> Trace:
    columns, rows = statistics.columns, statistics.rows
    if statistics.stamps_s is None or options.rate_hz is not None:
        edges = _evenly(statistics, options)
    else:
        edges = timing.timed(source, statistics.stamps_s, 1.0, first_line=rows.first_line)
    findings = (*rows.findings, *_energy_findings(source, columns, np.diff(edges.time_s)))
    starts = timing.Timing(edges.time_s[:-1], edges.rate_hz, edges.started_at_s, edges.findings)
    channel = power.PowerChannel(
        "Joulescope",
        1e3 * columns["current"][1:],
        columns["voltage"][1:],
        1e3 * columns["power"][1:],
        most_voltage_v=20.0,
    )
    kept = power.SampleRows(source, rows.first_line + 1, findings)
    return power.trace(kept, channel, starts, options, spacing="interval")


def _evenly(statistics: _Statistics, options: ReadOptions) -> timing.Timing:
    """Without times: the rate that was given, else that by which power gives the counted energy, else 2 Hz."""
    columns, samples = statistics.columns, len(statistics.columns["power"])
    if options.rate_hz is not None:
        return timing.evenly(samples, options.rate_hz)
    powers, counted = columns["power"][1:], np.diff(columns["energy"])
    known = (powers > 0.0) & (counted > 0.0)
    rate_hz = float(np.median(powers[known] / counted[known])) if known.any() else _RATE_HZ
    message = f"no column of time: {rate_hz:.4g} rows per second follow from the counted energy"
    return timing.evenly(samples, rate_hz, (Finding("guessed_rate", "note", message),))


def _energy_findings(source: FileSource, columns: dict[str, Values], seconds: Values) -> tuple[Finding, ...]:
    rows_j = float(np.nansum(columns["power"][1:] * seconds))
    return agreement(source, rows_j, float(columns["energy"][-1] - columns["energy"][0]))


def agreement(source: FileSource, rows_j: float, counted_j: float) -> tuple[Finding, ...]:
    """Check of the rows' energy (J) against the counted one. Raises BadMeasurement where they are over 5 % apart."""
    apart = abs(rows_j - counted_j) / max(abs(counted_j), abs(rows_j), 1e-30)
    if not apart <= _WRONG:
        raise source.wrong(
            f"the rows give {rows_j:.6g} J, the column energy counts {counted_j:.6g} J: columns are swapped, rows "
            "are missing or "
            "the times are wrong; record again"
        )
    if apart <= _AGREES:
        return ()
    message = f"the rows give {rows_j:.6g} J, the column energy counts {counted_j:.6g} J: some rows are missing"
    return (Finding("lost_samples", "warning", message),)
