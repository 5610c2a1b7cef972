"""CSV of Qoitech's Otii, both generations.

The older app writes one file a channel, `Main current - Arc.csv` with the columns `Timestamp,Value` in seconds and A;
only the name states which channel it is. The newer one quotes everything: `"Wall-clock time (UTC)",
"Arc Main Current (A)","Arc Main Voltage (V)","Arc Main Energy (J)"`. 4 kHz. Known from scripts that read
such files, without an example file, so times are read as seconds or as dates.
"""

import re
from collections.abc import Iterator

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing import clock, device_clock, power, table, timing, units
from nas_engine.energy.readers.parsing.layout import TableLayout, folded, split
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_MAX_BYTES = 200_000_000  # dates are read as text
_RATE_HZ = 4_000.0
_MOST_VOLTAGE_V = 25.0  # an Otii Ace Pro gives 25 V
_NEWER = re.compile(r"(?:(.*?)\s+)?main\s+(current|voltage|power|energy)\s*\((\w+)\)\Z", re.IGNORECASE)
_TIMES = ("wall-clocktime(utc)", "wall-clocktime", "relativetime(s)", "timestamp", "timestamp(s)", "time", "time(s)")
_OTHER_CHANNELS = ("voltage", "power", "energy", "temperature", "gpi", "rx", "uart")


class Otii:
    """Reader of CSV of Qoitech's Otii, both generations."""

    format = "otii"
    title = "Otii CSV"
    accepts = (
        '`"Wall-clock time (UTC)","Arc Main Current (A)","Arc Main Voltage (V)"` or one file a channel, '
        "`Timestamp,Value` in "
        "A; without voltage the supply voltage has to be given"
    )

    def recognises(self, head: FileHead) -> bool:
        """Whether it has a column of time, and currents or powers of an Otii or one `value`."""
        layout = head.layout
        if layout is None or _time_at(layout) is None:
            return False
        kinds = {kind for kind, _ in _newer(layout).values()}
        return bool(kinds & {"current", "power"}) or _is_older(layout)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of the main output. Raises BadMeasurement for another channel's file or contradicting energy."""
        layout = source.head().layout
        if layout is None or (time := _time_at(layout)) is None:
            raise source.wrong("no column of time; export it again")
        if source.path.stat().st_size > _MAX_BYTES:
            raise source.wrong(f"more than {_MAX_BYTES // 1_000_000} MB of CSV; export a shorter part")
        findings = _older_findings(source) if _is_older(layout) else ()
        wanted = {layout.index("value"): ("current", 1e3)} if _is_older(layout) else _newer(layout)
        positions = [at for at in wanted if at is not None]
        dated = _is_dated(source, layout, time)
        loaded = table.load(source, layout, positions if dated else [*positions, time], [time] if dated else [])
        columns = {wanted[at][0]: values * wanted[at][1] for at, values in zip(positions, loaded.numbers, strict=False)}
        timed = _timed(source, loaded, dated=dated)
        channel = power.PowerChannel(
            "main", columns.get("current"), columns.get("voltage"), columns.get("power"), most_voltage_v=_MOST_VOLTAGE_V
        )
        rows = power.SampleRows(source, loaded.first_line, (*loaded.findings, *findings))
        trace = power.trace(rows, channel, timed, options, spacing="interval")
        return FileReading(self.format, trace, tuple(_energy_findings(source, columns, trace.power_mw, timed)))


def _time_at(layout: TableLayout) -> int | None:
    return next((at for at, name in enumerate(layout.names) if folded(name) in _TIMES), None)


def _is_older(layout: TableLayout) -> bool:
    return len(layout.names) == 2 and layout.index("value") is not None


def _newer(layout: TableLayout) -> dict[int | None, tuple[str, float]]:
    """Quantity of each column by position, and its factor to mA, V, mW and, for energy, J."""
    found: dict[int | None, tuple[str, float]] = {}
    for at, name in enumerate(layout.names):
        match = _NEWER.match(name.strip())
        if match is None:
            continue
        kind, unit = match.group(2).lower(), match.group(3)
        factor = {"J": 1.0, "Wh": 3600.0}.get(unit) if kind == "energy" else units.scale(kind, unit)
        if factor is not None and kind not in {known for known, _ in found.values()}:
            found[at] = (kind, factor)
    return found


def _older_findings(source: FileSource) -> tuple[Finding, ...]:
    """Finding on the channel, which only the name states. Raises BadMeasurement for a channel other than current."""
    name = source.name.lower()
    if "current" in name:
        return ()
    if other := next((word for word in _OTHER_CHANNELS if word in name), None):
        raise source.wrong(f"by its name the channel {other}; give the file of the same recording named Main current")
    message = "neither header nor name states which channel this is; current in amperes is assumed"
    return (Finding("guessed_unit", "warning", message),)


def _is_dated(source: FileSource, layout: TableLayout, time: int) -> bool:
    lines = source.head().text.split("\n")
    cells = split(lines[layout.first_row], layout.delimiter) if layout.first_row < len(lines) else []
    return time < len(cells) and clock.is_date(cells[time].strip().strip('"'))


def _timed(source: FileSource, loaded: table.Table, *, dated: bool) -> timing.Timing:
    """Dates may be cut to milliseconds, so that they repeat; seconds never do."""
    if not dated:
        return device_clock.timed(source, loaded.numbers[-1], 1.0, first_line=loaded.first_line)
    stamps = clock.since_1970(source, loaded.texts[0], first_line=loaded.first_line)
    return timing.timed(source, stamps, 1.0, nominal_hz=_RATE_HZ, first_line=loaded.first_line)


def _energy_findings(
    source: FileSource, columns: dict[str, Values], power_mw: Values, timed: timing.Timing
) -> Iterator[Finding]:
    """Check of power against the column of energy, if any. Raises BadMeasurement where they differ by over 5 %."""
    counted = columns.get("energy")
    if counted is None:
        return
    counted_mj = 1e3 * float(np.nanmax(counted) - np.nanmin(counted))
    rows_mj = float(power_mw.mean()) * float(timed.time_s[-1])
    apart = abs(rows_mj - counted_mj) / max(abs(rows_mj), abs(counted_mj), 1e-30)
    if apart > 0.05:
        raise source.wrong(
            f"the rows give {rows_mj:.6g} mJ, the column of energy counts {counted_mj:.6g} mJ: columns are swapped "
            "or the times "
            "are wrong; export it again"
        )
    if apart > 0.005:
        message = (
            f"the rows give {rows_mj:.6g} mJ, the column of energy counts {counted_mj:.6g} mJ: some rows are missing"
        )
        yield Finding("lost_samples", "warning", message)
