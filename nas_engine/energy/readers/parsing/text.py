"""Decoding of text and numbers: UTF-8, UTF-16, Latin-1, any line end, quotes, decimal commas, `np.float64(...)`.

Files are read in blocks of whole lines, so that memory does not grow with the file.
"""

import codecs
import math
import re
from collections.abc import Iterator
from pathlib import Path

BLOCK_BYTES = 16_000_000
_LONGEST_LINE = 1_000_000
_SNIFFED_BYTES = 4_096
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MISSING = frozenset(("", "nan", "na", "n/a", "null", "none", "-nan", "nan(ind)", "-nan(ind)", "--"))
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_WRAPPED = re.compile(r"(?:np|numpy)\.float\d+\((.*)\)\Z")


def encoding(data: bytes) -> str | None:
    """Encoding of a text that begins with `data`; None where it is no text."""
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return name
    sniffed = data[:_SNIFFED_BYTES]
    if wide := _utf16_without_mark(sniffed):
        return wide
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in sniffed):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sniffed)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def decoded(data: bytes, encoding: str) -> str:
    """Text of `data` without byte order mark, lines ended by "\\n"; undecodable bytes become U+FFFD."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(data)
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def whole(data: bytes) -> str | None:
    """Text of a whole file as `decoded` makes it, in the encoding that `encoding` finds; None where it is no text."""
    found = encoding(data)
    return None if found is None else decoded(data, found)


def blocks(path: Path, encoding: str, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Blocks of whole lines of the file, in UTF-8, every line ended by "\\n" except possibly the last of the file.

    A line longer than a megabyte is cut there: no table has one, and a file without line ends must not fill memory.
    """
    rest = b""
    for block in _utf8(path, encoding, block_bytes):
        cut = block.rfind(b"\n") + 1
        if not cut:
            rest += block
            if len(rest) > _LONGEST_LINE:
                yield rest[:_LONGEST_LINE] + b"\n"
                rest = rest[_LONGEST_LINE : 2 * _LONGEST_LINE]
            continue
        yield rest + block[:cut] if rest else block[:cut]
        rest = block[cut:]
    if rest:
        yield rest


def lines(path: Path, encoding: str) -> Iterator[str]:
    """Lines of the file without their ends."""
    for block in blocks(path, encoding, 1_000_000):
        yield from block.decode("utf-8", "replace").removesuffix("\n").split("\n")


def number(cell: str, *, decimal_comma: bool = False) -> float:
    """Number in a cell; NaN for an empty cell and for words such as "n/a" and "null".

    Raises:
        ValueError: there is something else in it, e.g. a unit, a date, two points.
    """
    bare = bare_cell(cell)
    if bare.lower() in _MISSING:
        return math.nan
    if bare.lower().lstrip("+-") in ("inf", "infinity"):
        return math.inf
    if decimal_comma:
        bare = bare.replace(",", ".") if "." not in bare else "a point and a decimal comma"
    if not _NUMBER.match(bare):
        raise ValueError(bare)
    return float(bare)


def bare_cell(cell: str) -> str:
    """Cell without blanks, quotes and the wrapping `np.float64(...)` that NumPy 2 prints around numbers."""
    bare = cell.strip().strip("\"'").strip()
    wrapped = _WRAPPED.match(bare)
    return wrapped.group(1).strip() if wrapped else bare


def _utf8(path: Path, encoding: str, block_bytes: int) -> Iterator[bytes]:
    """The file's bytes, decoded and encoded again only where they are not UTF-8 or Latin-1 (numbers are ASCII)."""
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding.startswith("utf-16") else None
    with path.open("rb") as file:
        first = True
        held = b""
        while block := file.read(block_bytes):
            if decoder:
                block = decoder.decode(block).encode("utf-8", "replace")
            if first:
                block = block.removeprefix(codecs.BOM_UTF8)
                first = False
            block = held + block
            held = b"\r" if block.endswith(b"\r") else b""  # its "\n" may be the first byte of the next block
            if b"\r" in block:
                block = block[: len(block) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            yield block
        if held:
            yield b"\n"


def _utf16_without_mark(data: bytes) -> str | None:
    """Latin text in UTF-16 has a zero in every second byte."""
    pairs = len(data) // 2
    if pairs < 4:
        return None
    if data[1 : 2 * pairs : 2].count(0) > 0.9 * pairs and data[0 : 2 * pairs : 2].count(0) == 0:
        return "utf-16-le"
    if data[0 : 2 * pairs : 2].count(0) > 0.9 * pairs and data[1 : 2 * pairs : 2].count(0) == 0:
        return "utf-16-be"
    return None
