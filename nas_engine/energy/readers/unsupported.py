"""Recognised formats without usable measurements: the error names the format and the file to give instead.

They lie in the same folders as measurements, so that "unknown format" would not help who uploads a whole folder.
"""

import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.parsing.layout import TableLayout, folded
from nas_engine.energy.traces.trace import FileReading

_MOST_BSON_BYTES = 1_000_000
_BSON_TYPES = frozenset((1, 2, 3, 4, 8, 10, 16, 18))


@dataclass(frozen=True, slots=True)
class UnsupportedFormat:
    """Format that is recognised and never read; `recognise` decides by the beginning of the file."""

    format: str
    description: str  # with its article
    advice: str  # file to give instead
    recognise: Callable[[FileHead], bool]

    @property
    def title(self) -> str:
        """Name for the user: `description` without its article."""
        bare = re.sub(r"^(?:a|an|the) ", "", self.description)
        return bare[0].upper() + bare[1:]

    @property
    def accepts(self) -> str:
        """Advice for the table of formats in docs/energy.md."""
        return f"Recognised, not read: {self.advice}"

    def recognises(self, head: FileHead) -> bool:
        """Whether this file is of this format. Never raises."""
        return self.recognise(head)

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Raise BadMeasurement with the advice, always."""
        raise source.wrong(f"this is {self.description}, which holds no measurement that can be used; {self.advice}")


def _holds(*marks: str) -> Callable[[FileHead], bool]:
    return lambda head: all(mark in head.text for mark in marks)


def _names(head: FileHead) -> frozenset[str]:
    layout: TableLayout | None = head.layout
    return frozenset(folded(name) for name in layout.names) if layout else frozenset()


def _columns(*names: str) -> Callable[[FileHead], bool]:
    return lambda head: frozenset(names) <= _names(head)


def _is_runner_script(head: FileHead) -> bool:
    return bool(re.match(r"\s*\[\s*\{\s*cmd: '", head.text))


def _is_op_profile(head: FileHead) -> bool:
    """The CSV of --op_profiling_output_mode=csv; node types hold commas, so that it is no table."""
    return bool(re.search(r"(?m)^node type,(?: ?start,)? ?first,", head.text))


def _is_session_log(head: FileHead) -> bool:
    return " sequencer: m-sequenc" in head.text or bool(re.match(r"\d+\.\d+ session: m-session-start", head.text))


def _is_old_ppk(head: FileHead) -> bool:
    """Deflated without any header; then BSON: the document's length and the type of its first element."""
    try:
        begin = zlib.decompressobj(-zlib.MAX_WBITS).decompress(head.data[:4096], 4096)
    except zlib.error:
        return False
    return len(begin) > 100 and struct.unpack_from("<I", begin)[0] < _MOST_BSON_BYTES and begin[4] in _BSON_TYPES


UNSUPPORTED: tuple[UnsupportedFormat, ...] = (
    UnsupportedFormat(
        "energyrunner_log",
        "the log of an EnergyRunner session",
        "give trace1-energy.bin with trace1-timestamps.json and results.txt of the same folder",
        _is_session_log,
    ),
    UnsupportedFormat(
        "energyrunner_script",
        "the script of an EnergyRunner session",
        "give trace1-energy.bin with trace1-timestamps.json and results.txt of the same folder",
        _is_runner_script,
    ),
    UnsupportedFormat(
        "mlcommons_log",
        "the log of the MLCommons Tiny runner",
        "give results.json of the same folder, which has the samples, or its results.txt",
        _holds("Initializing SerialDevice on port:"),
    ),
    UnsupportedFormat(
        "android_runner_aggregate",
        "Android Runner's table of several runs",
        "give the CSV of each run from its folder: a trace, or for the Monsoon plugin its one row of energy and "
        "duration",
        lambda head: (
            _columns("device", "subject", "energy_joules")(head)
            or _columns("subject", "energytrapz(j)")(head)
            or _columns("battery_property_current_now", "avgpower(w)")(head)
        ),
    ),
    UnsupportedFormat(
        "op_profile",
        "an op profile of benchmark_model",
        "give the log of a run without --enable_op_profiling",
        _is_op_profile,
    ),
    UnsupportedFormat(
        "tflm_profile",
        "a profile of TFLite Micro's generic benchmark, whose ticks have no rate",
        "print `NAME(10) took ... ticks (... ms)` as its other benchmarks do, or give the time of one inference in the "
        "settings of the run",
        _holds('"Unique Tag","Total ticks across all events with that tag."'),
    ),
    UnsupportedFormat(
        "nvidia_smi_monitor",
        "the output of nvidia-smi dmon, whose power is in whole watts",
        "query nvidia-smi --query-gpu=timestamp,index,power.draw.instant --format=csv -lms 100",
        lambda head: bool(re.match(r"\s*#(?:Date\s+Time\s+)?\s*gpu\s+pwr\s", head.text)),
    ),
    UnsupportedFormat(
        "pyjoules_printed",
        "what pyJoules prints",
        "write it with its CSVHandler",
        lambda head: bool(re.match(r"\s*begin timestamp : [\d.]+; tag : ", head.text)),
    ),
    UnsupportedFormat(
        "pyrapl_printed",
        "what pyRAPL prints",
        "write it with its CSVOutput",
        lambda head: bool(re.search(r"(?m)^\s*Duration\s*:\s*[\d.]+ us\s*$", head.text)) and "Label :" in head.text,
    ),
    UnsupportedFormat(
        "ppk2_summary",
        "a table of averages of a ppk2-api script",
        "give the samples: export CSV in nRF Connect's Power Profiler, or save the session as .ppk2",
        _columns("test_number", "avg_current_ua"),
    ),
    UnsupportedFormat(
        "ppk_session",
        "a session of the old Power Profiler (.ppk)",
        "open it in the Power Profiler and export CSV, or save it as .ppk2 with version 4 or later",
        _is_old_ppk,
    ),
    UnsupportedFormat(
        "results_table",
        "a table of results of several networks",
        'import it with "Import a table" on the page of the campaign',
        lambda head: _columns("architecture", "energy_mj")(head) or _columns("architecture", "latency_ms")(head),
    ),
    UnsupportedFormat(
        "web_page",
        "a web page",
        "download the file itself (on GitHub: Raw), not the page that shows it",
        lambda head: bool(re.match(r"\s*<(!doctype html|html)\b", head.text, re.IGNORECASE)),
    ),
    UnsupportedFormat(
        "lfs_pointer",
        "a pointer of Git LFS",
        "fetch the file itself with git lfs pull",
        lambda head: head.text.startswith("version https://git-lfs.github.com/"),
    ),
    UnsupportedFormat(
        "battery_stats",
        "Android's battery statistics",
        "record with a power monitor, or poll the BatteryManager to CSV",
        _holds("Statistics since last charge", "Estimated power use"),
    ),
)
