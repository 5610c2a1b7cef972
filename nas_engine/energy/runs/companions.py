"""Files that belong to a run and lie beside it: a session of EnergyRunner is a folder, its trace says no number.

`trace1-energy.bin` and `trace1-timestamps.json` do not say how many inferences a window holds; the `results.txt` of the
same folder does.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from nas_engine.energy.readers.base import ReadOptions
from nas_engine.energy.traces.trace import EnergyTable, FileReading, Finding, Stamps, Trace
from nas_engine.errors import BadMeasurement

Readings = tuple[FileReading, ...]
ReadFile = Callable[[Path, ReadOptions], Readings]
_RESULTS = "results.txt"


def companions(
    paths: Sequence[Path], contents: Sequence[Readings | str], options: ReadOptions, read: ReadFile
) -> Readings:
    """The results beside a trace with time stamps of uncounted windows, if nobody gave them; otherwise nothing.

    `contents` are the readings of `paths`, or why one cannot be read. What is taken says so in a finding.
    """
    readings = [reading for content in contents if not isinstance(content, str) for reading in content]
    if any(isinstance(reading.content, EnergyTable) for reading in readings):
        return ()
    uncounted = any(
        isinstance(reading.content, Stamps)
        and not reading.content.epoch
        and any(window.inferences is None for window in reading.content.windows)
        for reading in readings
    )
    folders = {path.parent for path, content in zip(paths, contents, strict=True) if _is_trace(content)}
    if not uncounted or len(folders) != 1:
        return ()
    return _results_in(folders.pop(), options, read)


def _results_in(folder: Path, options: ReadOptions, read: ReadFile) -> Readings:
    if not (folder / _RESULTS).is_file():
        return ()
    try:
        found = read(folder / _RESULTS, options)
    except BadMeasurement:
        return ()
    message = f"{_RESULTS} beside the trace was read for the number of inferences in each window"
    finding = Finding("companion", "note", message)
    return tuple(
        replace(reading, findings=(*reading.findings, finding))
        for reading in found
        if isinstance(reading.content, EnergyTable)
    )


def _is_trace(content: Readings | str) -> bool:
    return not isinstance(content, str) and any(isinstance(reading.content, Trace) for reading in content)
