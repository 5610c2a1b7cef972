"""CSV of pyJoules and pyRAPL: energies of sections of a program by the processor's counters (RAPL).

pyJoules: `timestamp;tag;duration;package_0;dram_0;core_0;nvidia_gpu_0`, seconds, microjoules, of graphics cards
millijoules. pyRAPL: `label,timestamp,duration,pkg,dram,socket`, microseconds and microjoules, a row for each socket.
Packages, memory and cards are added up; cores and uncore are parts of a package and are not.
Sources: powerapi-ng/pyJoules, handler/csv_handler.py, device/; powerapi-ng/pyRAPL, outputs/csvoutput.py, result.py.
"""

from collections.abc import Iterator

import numpy as np

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.loggers import sensors
from nas_engine.energy.readers.parsing import table
from nas_engine.energy.readers.parsing.layout import TableLayout, folded
from nas_engine.energy.readers.sums import Section, summary
from nas_engine.energy.traces.trace import FileReading, Finding, Values

_PYJOULES = ("timestamp", "tag", "duration")
_PYRAPL = ("label", "timestamp", "duration", "pkg", "dram", "socket")
_TO_MJ = {"package_": 1e-3, "dram_": 1e-3, "nvidia_gpu_": 1.0}
_PARTS = ("core_", "uncore_")


class PyJoules:
    """Reader of CSV of pyJoules."""

    format = "pyjoules"
    title = "pyJoules CSV"
    accepts = "`timestamp;tag;duration;package_0;...`: energy of the runs of one tag, without a trace; indicative"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the columns of pyJoules and a domain to read."""
        layout = head.layout
        if layout is None or any(layout.index(name) is None for name in _PYJOULES):
            return False
        return any(_unit_mj(name) for name in layout.names)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Sum over the runs of the tag `options.channel`. Raises BadMeasurement for several tags without a choice."""
        layout = source.head().layout
        if layout is None or (tag := layout.index("tag")) is None or (duration := layout.index("duration")) is None:
            raise source.wrong(f"a column is missing; needed are {', '.join(_PYJOULES)}")
        domains = _domains(source, layout)
        loaded = table.load(source, layout, [duration, *domains], [tag])
        duration_s, *energies = loaded.numbers
        energy_mj = np.sum([values * unit for values, unit in zip(energies, domains.values(), strict=True)], axis=0)
        sections = [
            Section(label, float(energy_mj[row]), float(duration_s[row]), loaded.first_line + row)
            for row, label in enumerate(loaded.texts[0])
        ]
        names = ", ".join(layout.names[place] for place in domains)
        return FileReading(self.format, summary(source, sections, options.channel, (*loaded.findings, _note(names))))


class PyRapl:
    """Reader of CSV of pyRAPL."""

    format = "pyrapl"
    title = "pyRAPL CSV"
    accepts = "`label,timestamp,duration,pkg,dram,socket`: energy of the runs of one label, without a trace; indicative"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the columns of pyRAPL."""
        layout = head.layout
        return layout is not None and all(layout.index(name) is not None for name in _PYRAPL)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Sum over the runs of the label `options.channel`. Raises BadMeasurement for several without a choice."""
        layout = source.head().layout
        if layout is None or any(layout.index(name) is None for name in _PYRAPL):
            raise source.wrong(f"a column is missing; needed are {', '.join(_PYRAPL)}")
        loaded = table.load(source, layout, _places(layout, _PYRAPL[1:5]), _places(layout, _PYRAPL[:1]))
        sections = list(_by_run(loaded.texts[0], loaded.numbers, loaded.first_line))
        note = _note("pkg and dram of all sockets")
        return FileReading(self.format, summary(source, sections, options.channel, (*loaded.findings, note)))


def _places(layout: TableLayout, names: tuple[str, ...]) -> list[int]:
    return [place for name in names if (place := layout.index(name)) is not None]


def _domains(source: FileSource, layout: TableLayout) -> dict[int, float]:
    """Places of the domains to add up, each with its unit in mJ. Raises BadMeasurement for an unknown column."""
    for name in layout.names:
        if folded(name) not in _PYJOULES and not _unit_mj(name) and not folded(name).startswith(_PARTS):
            raise source.wrong(f'"{name[:30]}" is no domain that pyJoules writes; give the file as it wrote it')
    return {place: unit for place, name in enumerate(layout.names) if (unit := _unit_mj(name))}


def _unit_mj(name: str) -> float:
    """Unit of a domain in mJ, 0 for what is no domain or a part of another."""
    return next((unit for prefix, unit in _TO_MJ.items() if folded(name).startswith(prefix)), 0.0)


def _by_run(labels: tuple[str, ...], columns: tuple[Values, ...], first_line: int) -> Iterator[Section]:
    """Runs, each with the energies of its sockets added up; rows of one run have one label and one time."""
    runs: dict[tuple[str, float], Section] = {}
    for row, label in enumerate(labels):
        stamp, duration_us, package_uj, memory_uj = (float(values[row]) for values in columns)
        energy_mj = 1e-3 * (package_uj + (memory_uj if memory_uj == memory_uj else 0.0))
        known = runs.get((label, stamp))
        total_mj = energy_mj + (known.energy_mj if known else 0.0)
        runs[label, stamp] = Section(label, total_mj, 1e-6 * duration_us, first_line + row)
    yield from runs.values()


def _note(names: str) -> Finding:
    return sensors.indicative("energy by the processor's own counters", f"{names}, with all that ran on the computer")
