"""EnergyRunner's trace1-timestamps.json: seconds of falling edges from the beginning of the trace, rounded to ms.

The first edge is the runner's `timestamp` command, after it come pairs: begin and end of one window of inferences. The
file does not state how many inferences a window holds; results.txt does. Source: eembc/energyrunner.
"""

import itertools
import json
import math
import re

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.traces.trace import FileReading, Finding, Stamps, Window
from nas_engine.errors import BadMeasurement

_ONLY_NUMBERS = re.compile(r"\s*\[[\s\d.,eE+-]*\]?\s*\Z")
_MAX_BYTES = 1_000_000
_MAX_SECONDS = 7 * 86_400.0


class EnergyRunnerStamps:
    """Reader of `trace1-timestamps.json` of EnergyRunner."""

    format = "energyrunner_stamps"
    title = "EnergyRunner time stamps (JSON)"
    accepts = "A list of seconds: one edge at the beginning, then begin and end of each window; belongs to a trace"

    def recognises(self, head: FileHead) -> bool:
        """Whether it is a JSON list of numbers alone."""
        return head.size_bytes <= _MAX_BYTES and bool(_ONLY_NUMBERS.match(head.text)) and len(head.text.strip()) > 2

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Windows without numbers of inferences. Raises BadMeasurement where edges do not rise or pair up."""
        edges_s = _edges(source)
        return FileReading(self.format, stamps(edges_s))


def _edges(source: FileSource) -> list[float]:
    try:
        values = json.loads(source.text(_MAX_BYTES))
    except (ValueError, RecursionError) as error:
        raise BadMeasurement(f"A list of time stamps that is not valid JSON ({error}); copy the file again") from None
    if not isinstance(values, list) or not all(isinstance(value, int | float) for value in values):
        raise BadMeasurement("A list of seconds was expected; give trace1-timestamps.json as EnergyRunner wrote it")
    try:
        return [float(value) for value in values]
    except OverflowError:
        raise BadMeasurement("a time stamp of hundreds of digits; copy the file again") from None


def stamps(edges_s: list[float]) -> Stamps:
    """Windows between `edges_s` [m] (s), labelled as in results.txt: window k ends at edge k (from 0).

    Raises BadMeasurement where the edges do not rise or do not pair up.
    """
    for number, (edge, after) in enumerate(itertools.pairwise(edges_s), start=2):
        if not edge < after:
            raise BadMeasurement(
                f"stamp {number} ({after:g} s) is not after stamp {number - 1} ({edge:g} s); copy the file again"
            )
    if not all(math.isfinite(edge) and 0.0 <= edge <= _MAX_SECONDS for edge in edges_s):
        raise BadMeasurement("time stamps are seconds from the beginning of the trace; these are not")
    first = len(edges_s) % 2
    if len(edges_s) < 2 or (first == 0 and len(edges_s) != 2):
        raise BadMeasurement(
            f"{len(edges_s)} stamps, but it takes one at the beginning and then a pair for every window; an edge was "
            "missed: "
            "record again, or choose the window on the plot"
        )
    windows = tuple(
        Window(edges_s[index], edges_s[index + 1], label=f"window {index + 1}")
        for index in range(first, len(edges_s), 2)
    )
    message = (
        "the stamps do not state how many inferences a window holds; give results.txt of the same session with them"
    )
    return Stamps(windows, epoch=False, findings=(Finding("inferences_unknown", "note", message),))
