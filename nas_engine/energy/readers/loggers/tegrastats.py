"""Output of NVIDIA's tegrastats on Jetson boards: a line an interval, the rails as `VDD_IN 5226mW/5100mW`.

The first number is the power now, the second the average since the start; older versions leave `mW` out. The date
`05-01-2024 10:00:00` (month first) stands before the line since JetPack 5, in whole seconds; without it the interval is
that of `--interval`, a second by default. VDD_IN, and POM_5V_IN of a Nano, feed the whole module; boards without either
have rails that overlap, of which one has to be chosen.
Sources: Jetson Linux Developer Guide, tegrastats; rbonghi/jetson_stats, jtop/core/tegra_parse.py.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import dropwhile

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.loggers import sensors
from nas_engine.energy.readers.parsing import coarse_clock, power, timing
from nas_engine.energy.traces.trace import FileReading, Finding

_LINE = re.compile(r"(?m)\bRAM \d+/\d+MB .*\bCPU \[")
_STAMP = re.compile(r"^\s*(\d\d-\d\d-\d{4} \d\d:\d\d:\d\d)\s")
_RAIL = re.compile(r"(?<!\S)([A-Z][A-Z0-9_]*) (\d+)(?:mW)?/(\d+)(?:mW)?(?=\s|$)")
_WHOLE = ("VDD_IN", "POM_5V_IN")
_DEFAULT_HZ = 1.0


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    stamp: str | None
    rails_mw: dict[str, float]


class Tegrastats:
    """Reader of the output of tegrastats."""

    format = "tegrastats"
    title = "tegrastats log"
    accepts = "Lines with rails such as `VDD_IN 5226mW/5100mW`, the power now; with or without dates; indicative"

    def recognises(self, head: FileHead) -> bool:
        """Whether a line has memory and processors as tegrastats prints them."""
        return bool(_LINE.search(head.text))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of the rail that feeds the module, or of `options.channel`. Raises BadMeasurement without rails."""
        rows, findings = _rows(source)
        rail = _rail(source, rows[0], options.channel)
        missing = next((row for row in rows if rail not in row.rails_mw), None)
        if missing is not None:
            raise source.wrong(f"no {rail} in this line; take it out or record again", line=missing.line)
        channel = power.PowerChannel(rail, power_mw=np.array([row.rails_mw[rail] for row in rows]))
        timed = _timed(source, rows, options)
        note = sensors.indicative("an estimate of the board's own sensors", f"what {rail} feeds, without the carrier")
        kept = power.SampleRows(source, rows[0].line, (*findings, note))
        return FileReading(self.format, power.trace(kept, channel, timed, options, spacing="point"))


def _rows(source: FileSource) -> tuple[list[_Row], tuple[Finding, ...]]:
    """Rows of all whole lines, without a command above them; a last line without its end may be cut and is left out."""
    *lines, last = source.text().split("\n")
    begun = dropwhile(lambda numbered: _is_command(numbered[1]), enumerate(lines, start=1))
    rows = [_row(number, line) for number, line in begun if line.strip()]
    if len(rows) < 2:
        raise source.wrong("fewer than two whole lines; record longer")
    if not last.strip():
        return rows, ()
    message = f"line {len(lines) + 1:,} has no line end, as where a file was cut; it is left out"
    return rows, (Finding("unfinished_row", "note", message),)


def _is_command(line: str) -> bool:
    return not line.strip() or ("tegrastats" in line and not _LINE.search(line))


def _row(number: int, line: str) -> _Row:
    stamp = _STAMP.match(line)
    rails_mw = {name: float(now) for name, now, _ in _RAIL.findall(line)}
    return _Row(number, stamp.group(1) if stamp else None, rails_mw)


def _rail(source: FileSource, first: _Row, wanted: str | None) -> str:
    found = list(first.rails_mw)
    if not found:
        raise source.wrong(
            "no power of any rail: this board, or a container without access to its sensors, reports none; run "
            "tegrastats with sudo on the board itself",
            line=first.line,
        )
    if wanted is not None:
        rail = next((name for name in found if name.lower() == wanted.strip().lower()), None)
        if rail is None:
            raise source.wrong(f"there is no rail {wanted}; it has {', '.join(found)}")
        return rail
    rail = next((name for name in _WHOLE if name in found), None)
    if rail is None:
        raise source.wrong(
            f"no rail feeds the whole module; choose one of {', '.join(found)} as the channel, or measure at the supply"
        )
    return rail


def _timed(source: FileSource, rows: list[_Row], options: ReadOptions) -> timing.Timing:
    if options.rate_hz is not None:
        return timing.evenly(len(rows), options.rate_hz)
    stamped = [row for row in rows if row.stamp is not None]
    if not stamped:
        message = (
            "no dates: one line a second, tegrastats' default, is assumed; give lines per second if it was another"
        )
        return timing.evenly(len(rows), _DEFAULT_HZ, (Finding("guessed_rate", "warning", message),))
    if len(stamped) < len(rows):
        wrong = next(row for row in rows if row.stamp is None)
        raise source.wrong("no date in this line; take it out or record again", line=wrong.line)
    stamps_s = np.array([_seconds(source, row) for row in rows])
    return coarse_clock.timed(source, stamps_s, first_line=rows[0].line)


def _seconds(source: FileSource, row: _Row) -> float:
    try:
        return datetime.strptime(row.stamp or "", "%m-%d-%Y %H:%M:%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise source.wrong(
            f'"{row.stamp}" is no date with the month first; take this line out', line=row.line
        ) from None
