"""emissions.csv of codecarbon: duration and energy of a run, of the whole computer.

Rows of one run_id count up from its start, so the last holds the sum. Energy is in kWh: of the processor by its
counters or, without access to them, by a constant share of its TDP; of memory by a constant; of graphics cards by their
sensors. Emissions are not read.
Source: mlco2/codecarbon, codecarbon/output_methods, core/cpu.py, external/hardware.py (versions 2 and 3).
"""

import csv
import io
import math

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.loggers import sensors
from nas_engine.energy.readers.sums import Section, summary
from nas_engine.energy.traces.trace import FileReading, Finding

_NEEDED = ("run_id", "duration", "emissions", "energy_consumed", "cpu_energy", "gpu_energy", "ram_energy")
_MJ_PER_KWH = 3.6e9
_AGREES = 0.02
_MOST_BYTES = 10_000_000


class CodeCarbon:
    """Reader of emissions.csv of codecarbon."""

    format = "codecarbon"
    title = "codecarbon emissions.csv"
    accepts = "`duration`, `energy_consumed` and its parts of one run_id, without a trace; indicative"

    def recognises(self, head: FileHead) -> bool:
        """Whether its first line has codecarbon's columns."""
        names = head.text.lstrip().split("\n")[0].split(",")
        return set(_NEEDED) <= {name.strip().strip('"') for name in names}

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Energy and duration of one run, by its run_id as `options.channel` where there are several."""
        *lines, last = source.text(_MOST_BYTES).split("\n")
        cut = (_cut(len(lines) + 1),) if last.strip() else ()
        runs: dict[str, Section] = {}
        for number, row in enumerate(csv.DictReader(io.StringIO("\n".join(lines))), start=2):
            section = _section(source, number, row)
            if section.label in runs and section.duration_s < runs[section.label].duration_s:
                raise source.wrong("the duration runs back within a run: rows are mixed", line=number)
            runs[section.label] = section
        content = summary(source, list(runs.values()), options.channel, (*cut, _NOTE))
        return FileReading(self.format, content)


def _section(source: FileSource, line: int, row: dict[str, str]) -> Section:
    try:
        duration_s, total, *parts = (float(row[name] or 0.0) for name in ("duration", *_NEEDED[3:]))
        pue = float(row.get("pue") or 1.0)
    except (TypeError, ValueError):
        raise source.wrong("a duration or energy that is no number; take this line out", line=line) from None
    if not all(map(math.isfinite, (duration_s, total, *parts, pue))):
        raise source.wrong("a duration or energy that is not finite; take this line out", line=line)
    if min(abs(total - sum(parts) * factor) for factor in (1.0, pue)) > _AGREES * abs(total):
        raise source.wrong(
            f"energy_consumed is {total:g} kWh, its parts are {sum(parts):g} kWh: the row is damaged", line=line
        )
    return Section(str(row["run_id"]), total * _MJ_PER_KWH, duration_s, line)


def _cut(line: int) -> Finding:
    return Finding("unfinished_row", "note", f"line {line:,} has no line end, as where a file was cut; it is left out")


_NOTE = sensors.indicative(
    "an estimate by codecarbon, of the processor often by its TDP and of memory by a constant",
    "the whole computer and no trace, so that nothing can be checked",
)
