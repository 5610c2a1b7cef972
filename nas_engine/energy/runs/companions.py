"""Companion files of a run in the same folder: the results of an EnergyRunner session.

`trace1-energy.bin` and `trace1-timestamps.json` do not state how many inferences a window holds; `results.txt` of the
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
    """Readings of `results.txt` in the folder of a trace whose stamped windows have no number of inferences.

    () where results are among the files, or no such file can be read. `contents` are the readings of `paths`, or the
    message why one cannot be read. Every reading carries a finding that it was added.
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
    message = f"{_RESULTS} in the folder of the trace was read for the number of inferences in each window"
    finding = Finding("companion", "note", message)
    return tuple(
        replace(reading, findings=(*reading.findings, finding))
        for reading in found
        if isinstance(reading.content, EnergyTable)
    )


def _is_trace(content: Readings | str) -> bool:
    return not isinstance(content, str) and any(isinstance(reading.content, Trace) for reading in content)
