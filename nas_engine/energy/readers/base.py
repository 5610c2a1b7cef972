"""Interface of the readers of measurement formats: file, options, and the `Reader` protocol."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from nas_engine.energy.readers.parsing import layout, text
from nas_engine.energy.traces.trace import FileReading
from nas_engine.errors import BadMeasurement

HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class FileHead:
    """Beginning of a file, by which readers recognise it."""

    name: str
    data: bytes  # the first 64 KiB
    size_bytes: int
    members: tuple[str, ...] = ()  # names in a zip, by its directory

    @property
    def text(self) -> str:
        """Beginning as text, without a byte order mark, lines ended by "\\n"; empty where the file is binary."""
        return _decoded(self.data)

    @property
    def layout(self) -> layout.TableLayout | None:
        """Layout of the file as a table; None where it is none."""
        return _layout(self.data, self.size_bytes <= len(self.data))


@dataclass(frozen=True, slots=True)
class FileSource:
    """Plain file on disk, after unpacking, and its name for messages, as given by the owner."""

    name: str
    path: Path
    counted: Literal["line", "sample"] = "line"  # what places in the file count; binary files have no lines

    @property
    def elements(self) -> str:
        """Name of what a trace is made of, for messages: rows of a text, samples of a binary file."""
        return "rows" if self.counted == "line" else "samples"

    def in_samples(self) -> "FileSource":
        """The same file with places that count samples, as readers of binary files want it."""
        return replace(self, counted="sample")

    def head(self) -> FileHead:
        """First 64 KiB and size of the file. Raises OSError where it cannot be read."""
        with self.path.open("rb") as file:
            return FileHead(self.name, file.read(HEAD_BYTES), self.path.stat().st_size)

    def text(self, limit_bytes: int = 50_000_000) -> str:
        """Whole text of a small file (a log, JSON), lines ended by "\\n".

        Raises BadMeasurement for binary files and for more than `limit_bytes`.
        """
        size_bytes = self.path.stat().st_size
        if size_bytes > limit_bytes:
            raise self.wrong(f"{size_bytes / 1e6:,.0f} MB of text; at most {limit_bytes / 1e6:,.0f} MB of this format")
        data = self.path.read_bytes()
        encoding = text.encoding(data)
        if encoding is None:
            raise self.wrong("this is no text; give the file as the tool wrote it")
        return text.decoded(data, encoding)

    def wrong(self, message: str, *, line: int | None = None) -> BadMeasurement:
        """Exception to raise, with the message "FILE, line N: what was found; what to do". Lines count from 1.

        Of a binary file it reads "sample N" instead.
        """
        where = self.name if line is None else f"{self.name}, {self.counted} {line:,}"
        return BadMeasurement(f"{where}: {message}")


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options given by the user for what a file does not state; None: as in the file, or as the reader infers."""

    voltage_v: float | None = None  # supply, for monitors that record only current
    rate_hz: float | None = None  # samples per second, where the file has no times or wrong ones
    channel: str | None = None  # "main", "usb", "aux", or as the format names its channels
    mapping: Mapping[str, Any] | None = field(default=None)  # as `ColumnMapping.to_json()` writes it

    def __post_init__(self) -> None:
        """Raise BadMeasurement for a voltage outside (0, 1000] V or a rate outside (0, 1e8] Hz."""
        if self.voltage_v is not None and not 0.0 < self.voltage_v <= 1000.0:
            raise BadMeasurement(f"a supply of {self.voltage_v} V; give the voltage of the device in volts, e.g. 4.2")
        if self.rate_hz is not None and not 0.0 < self.rate_hz <= 1e8:
            raise BadMeasurement(f"a rate of {self.rate_hz} samples per second; give e.g. 5000")


class Reader(Protocol):
    """Reader of one format. Every implementation passes `nas_engine.testing.readers.ReaderContract`."""

    @property
    def format(self) -> str:
        """Short name that is stored with a result, e.g. "monsoon_python"."""

    @property
    def title(self) -> str:
        """Name for the user, e.g. "Monsoon Python API CSV"."""

    @property
    def accepts(self) -> str:
        """Columns, units and variants that are read, in one line for the table of formats in docs/energy.md."""

    def recognises(self, head: FileHead) -> bool:
        """Whether this file is of this format, by its content. Never raises."""

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Read the whole file; parts left out and inferred units are findings.

        Raises BadMeasurement where the file is damaged, incomplete or contradicts itself.
        """


@lru_cache(maxsize=8)
def _decoded(data: bytes) -> str:
    encoding = text.encoding(data)
    return "" if encoding is None else text.decoded(data, encoding)


@lru_cache(maxsize=8)
def _layout(data: bytes, whole: bool) -> layout.TableLayout | None:
    encoding = text.encoding(data)
    return None if encoding is None else layout.find(text.decoded(data, encoding), encoding, whole=whole)
