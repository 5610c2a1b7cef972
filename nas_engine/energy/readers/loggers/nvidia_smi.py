"""CSV of `nvidia-smi --query-gpu=timestamp,index,power.draw --format=csv -lms 100`: power of graphics cards.

`timestamp, index, power.draw [W]`, cells with their unit (`35.20 W`) or without it (nounits); lines of several cards
alternate. `power.draw.instant` is the power now; `power.draw` is the mean of a second on cards since Ampere.
Source: nvidia-smi --help-query-gpu.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.loggers import sensors
from nas_engine.energy.readers.parsing import clock, power, timing
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_POWERS = ("power.draw.instant [W]", "power.draw [W]", "power.draw.average [W]")
_CARDS = ("index", "uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id")
_TIME = "timestamp"
_WATTS = re.compile(r"(\d+(?:\.\d+)?)(?: W)?\Z")
_MISSING = ("[N/A]", "[Not Supported]", "[Unknown Error]", "[GPU requires reset]", "N/A")
_MOST_W = 100.0


@dataclass(frozen=True, slots=True)
class _Rows:
    names: list[str]
    cells: list[list[str]]
    lines: list[int]
    findings: tuple[Finding, ...]

    def column(self, name: str) -> list[str]:
        place = self.names.index(name)
        return [row[place] for row in self.cells]


class NvidiaSmi:
    """Reader of CSV of nvidia-smi's queries."""

    format = "nvidia_smi"
    title = "nvidia-smi CSV"
    accepts = "`timestamp, index, power.draw [W]` of `--query-gpu`, with units or without; one card; indicative"

    def recognises(self, head: FileHead) -> bool:
        """Whether its first line names the power of a card."""
        return any(name in _POWERS for name in _cells(head.text.lstrip().split("\n")[0]))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Trace of one card, by `options.channel`. Raises BadMeasurement without time, or beyond 100 W."""
        rows, chosen = _of_one_card(source, _rows(source), options.channel)
        name = next((name for name in _POWERS if name in rows.names), None)
        if name is None:
            raise source.wrong("no column power.draw; query timestamp,power.draw.instant")
        watts = _watts(source, rows, name)
        if float(np.nanmax(watts, initial=0.0)) > _MOST_W:
            raise source.wrong(f"{np.nanmax(watts):.0f} W: figures of devices beyond {_MOST_W:.0f} W are not evaluated")
        timed = _timed(source, rows, options)
        note = sensors.indicative("an estimate of the card's own sensor", "the card, without the computer around it")
        kept = power.SampleRows(source, rows.lines[0], (*rows.findings, *chosen, *_mean(name), note))
        channel = power.PowerChannel("the card", power_mw=1e3 * watts)
        return FileReading(self.format, power.trace(kept, channel, timed, options, spacing="point"))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line.replace("\0", "")]), [])]


def _rows(source: FileSource) -> _Rows:
    """All whole rows; a last line without its end may be cut and is left out."""
    *lines, last = source.text().split("\n")
    numbered = [(number, _cells(line)) for number, line in enumerate(lines, start=1) if line.strip()]
    if len(numbered) < 3:
        raise source.wrong("it has a header but no row of numbers, or one; record longer")
    (_, names), *rows = numbered
    for number, cells in rows:
        if cells == names:
            raise source.wrong("a second header: two recordings in one file; give each alone", line=number)
        if len(cells) != len(names):
            raise source.wrong(f"{len(cells)} cells under {len(names)} names; take this line out", line=number)
    message = f"line {len(lines) + 1:,} has no line end, as where a file was cut; it is left out"
    findings = (Finding("unfinished_row", "note", message),) if last.strip() else ()
    return _Rows(names, [cells for _, cells in rows], [number for number, _ in rows], findings)


def _of_one_card(source: FileSource, rows: _Rows, wanted: str | None) -> tuple[_Rows, tuple[Finding, ...]]:
    """Rows of one card: the one wanted, else the first, with a finding where there are others."""
    key = next((name for name in _CARDS if name in rows.names), None)
    cards = rows.column(key) if key else [""] * len(rows.cells)
    found = list(dict.fromkeys(cards))
    if wanted is not None and wanted not in found:
        raise source.wrong(f"there is no card {wanted}; it has {', '.join(found) if key else 'no column index'}")
    chosen = wanted if wanted is not None else found[0]
    kept = [place for place, card in enumerate(cards) if card == chosen]
    if len(kept) < 2:
        raise source.wrong(f"fewer than two rows of card {chosen}; record longer")
    ours = _Rows(rows.names, [rows.cells[at] for at in kept], [rows.lines[at] for at in kept], rows.findings)
    if wanted is not None or len(found) == 1:
        return ours, ()
    message = f"several cards ({', '.join(found)}); {chosen} is read: choose the one that ran the network"
    return ours, (Finding("guessed_channel", "warning", message),)


def _watts(source: FileSource, rows: _Rows, name: str) -> Values:
    watts = np.full(len(rows.cells), np.nan)
    for place, cell in enumerate(rows.column(name)):
        match = _WATTS.match(cell)
        if match:
            watts[place] = float(match.group(1))
        elif cell not in _MISSING:
            raise source.wrong(f'"{cell[:30]}" under {name} is no power; take this line out', line=rows.lines[place])
    if np.isnan(watts).all():
        raise source.wrong("this card reports no power; measure at the supply")
    return watts


def _timed(source: FileSource, rows: _Rows, options: ReadOptions) -> timing.Timing:
    if options.rate_hz is not None:
        return timing.evenly(len(rows.cells), options.rate_hz)
    if _TIME not in rows.names:
        raise source.wrong("no column timestamp; query it as well, or give the rows per second")
    words = [cell.replace("/", "-") for cell in rows.column(_TIME)]
    return timing.timed(source, _seconds(source, words, rows.lines), 1.0, first_line=rows.lines[0])


def _seconds(source: FileSource, words: Sequence[str], lines: Sequence[int]) -> Values:
    wrong = next((place for place, word in enumerate(words) if not clock.is_date(word)), None)
    if wrong is not None:
        raise source.wrong(f'"{words[wrong][:30]}" is no date with a time; take this line out', line=lines[wrong])
    return clock.since_1970(source, words, first_line=lines[0])


def _mean(name: str) -> tuple[Finding, ...]:
    if name == _POWERS[0]:
        return ()
    message = f"{name} is the mean of a second on recent cards; query power.draw.instant for short runs"
    return (Finding("averaged", "note", message),)
