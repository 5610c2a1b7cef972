"""Contract of readers of measurements. Subclass `ReaderContract` in a test module; pytest does the rest.

However a file is damaged, its reader raises a `BadMeasurement` that names the file, or returns the content of the whole
file, or a part of it with a finding; never another exception and never another number.
"""

import gzip
import random
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.readers.base import HEAD_BYTES, FileHead, Reader, ReadOptions
from nas_engine.energy.traces.trace import BenchmarkLog, Content, EnergySummary, EnergyTable, FileReading, Stamps, Trace
from nas_engine.errors import BadMeasurement

_NAME = "measured.dat"
_CUTS = 24
_JUNK = (b"\xff\xfe\xfd", b"\x00" * 7, b"junk", b"\xc3\x28", b"\n\n", b'"', b"-")
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1")


class ReaderContract:
    """Tests of one reader: set `reader`, `whole` (a small file, 100 rows or more if a trace) and perhaps `options`."""

    reader: Reader
    whole: bytes
    options: ReadOptions = ReadOptions()

    def read(self, folder: Path, data: bytes, name: str = _NAME) -> FileReading:
        """Reading of a file with these bytes by the registry. Raises BadMeasurement."""
        path = folder / name
        path.write_bytes(data)
        return registry.read(path, self.options)

    def outcome(self, folder: Path, data: bytes) -> FileReading | None:
        """Reading of a damaged file; None for a BadMeasurement, which must name the file and state a reason."""
        try:
            return self.read(folder, data)
        except BadMeasurement as error:
            message = str(error)
        assert message.startswith(_NAME)
        assert len(message) > len(_NAME) + 10
        return None

    def check(self, damaged: FileReading, whole: FileReading) -> None:
        """Fail where the reading of a damaged file differs from that of the whole one without a finding."""
        assert_part_of(damaged, whole)

    def test_its_own_file_is_read_whatever_its_name(self, tmp_path: Path) -> None:
        """Recognition goes by content, not by name."""
        for name in ("a.csv", "b.json", "c"):
            assert self.read(tmp_path, self.whole, name).format == self.reader.format

    def test_it_recognises_no_junk_and_never_raises(self) -> None:
        """`recognises` is False for empty, short and random files."""
        chance = random.Random(0)
        for data in (
            b"",
            b"\n",
            b"\x00",
            b"a,b\n",
            b"# ",
            b'"',
            b"PK\x03\x04",
            *(chance.randbytes(300) for _ in range(50)),
        ):
            assert not self.reader.recognises(FileHead("a", data, len(data)))

    def test_it_states_what_it_accepts(self) -> None:
        """Format, title and a single line of `accepts` are set."""
        assert all((self.reader.format, self.reader.title, self.reader.accepts))
        assert "\n" not in self.reader.accepts

    def test_packed_it_gives_the_same(self, tmp_path: Path) -> None:
        """Gzip does not change the reading."""
        if self.whole.startswith(b"PK"):
            return  # an archive by itself, and archives in archives are rejected
        packed = self.read(tmp_path, gzip.compress(self.whole), "packed.gz")
        self.check(packed, self.read(tmp_path, self.whole))

    def test_cut_anywhere_it_gives_a_part_or_an_error(self, tmp_path: Path) -> None:
        """A file cut at the end gives a part of the reading, or BadMeasurement."""
        whole = self.read(tmp_path, self.whole)
        for end in _places(len(self.whole)):
            if (damaged := self.outcome(tmp_path, self.whole[:end])) is not None:
                self.check(damaged, whole)

    def test_with_its_beginning_missing_it_gives_a_part_or_an_error(self, tmp_path: Path) -> None:
        """A file without its beginning gives a reading or BadMeasurement, never another exception."""
        for start in _places(len(self.whole)):
            self.outcome(tmp_path, self.whole[start:])

    def test_with_junk_inside_it_gives_the_same_or_an_error(self, tmp_path: Path) -> None:
        """Foreign bytes inside give the same reading, a finding, or BadMeasurement."""
        whole = self.read(tmp_path, self.whole)
        for place, junk in zip(_places(len(self.whole)), _JUNK * _CUTS, strict=False):
            damaged = self.outcome(tmp_path, self.whole[:place] + junk + self.whole[place:])
            if damaged is not None and junk != b"-":
                self.check(damaged, whole)

    def test_in_another_encoding_or_with_other_line_ends_it_gives_the_same(self, tmp_path: Path) -> None:
        """Text files may be UTF-8, UTF-16 or Latin-1, with any line ends."""
        if not FileHead(_NAME, self.whole[:HEAD_BYTES], len(self.whole)).text:
            return
        whole = self.read(tmp_path, self.whole)
        text = self.whole.decode()
        variants = [text.encode(encoding) for encoding in _ENCODINGS]
        for data in (*variants, text.replace("\n", "\r\n").encode(), text.replace("\n", "\r").encode()):
            if (damaged := self.outcome(tmp_path, data)) is not None:
                self.check(damaged, whole)

    def test_next_to_nothing_of_it_is_no_measurement(self, tmp_path: Path) -> None:
        """Empty files and a first line alone raise BadMeasurement."""
        for data in (b"", b"\n", b" ", b"\x00\x00", self.whole[:1], self.whole.split(b"\n")[0][:HEAD_BYTES] + b"\n"):
            if data != self.whole:
                with pytest.raises(BadMeasurement):
                    self.read(tmp_path, data)


class TableContract(ReaderContract):
    """Additional tests for tables with a header: damaged cells, rows and columns."""

    def cells(self) -> list[list[str]]:
        """Cells of header and rows."""
        return [line.split(",") for line in self.whole.decode().splitlines()]

    def joined(self, rows: list[list[str]]) -> bytes:
        """Bytes of a file with these rows; inverse of `cells`."""
        return "".join(",".join(row) + "\n" for row in rows).encode()

    def test_columns_may_stand_in_any_order(self, tmp_path: Path) -> None:
        """Columns are found by name."""
        order = list(range(len([name for name in self.cells()[0] if name])))[::-1]
        reordered = self.joined([[row[index] for index in order] for row in self.cells()])
        assert_equal(self.read(tmp_path, reordered), self.read(tmp_path, self.whole))

    def test_values_under_the_wrong_name_are_rejected_or_change_nothing(self, tmp_path: Path) -> None:
        """Swapped columns give the same mean power, a finding, or BadMeasurement."""
        whole = self.read(tmp_path, self.whole)
        header, *rows = self.cells()
        for first, second in _pairs(len(header)):
            swapped = [_swapped(row, first, second) for row in rows]
            if (damaged := self.outcome(tmp_path, self.joined([header, *swapped]))) is not None:
                assert_same_or_reported(damaged, whole)

    def test_a_cell_that_is_no_number_is_left_out_or_rejected(self, tmp_path: Path) -> None:
        """Cells without a finite number give a finding or BadMeasurement."""
        whole = self.read(tmp_path, self.whole)
        for number, cell in enumerate(("NaN", "nan", "", "inf", "-", "1.2.3", "0x1f", "1e999")):
            rows = self.cells()
            row = rows[1 + (17 * number) % (len(rows) - 1)]
            row[number % len([name for name in rows[0] if name])] = cell
            if (damaged := self.outcome(tmp_path, self.joined(rows))) is not None:
                assert_same_or_reported(damaged, whole)

    def test_a_row_with_too_many_or_too_few_cells_is_rejected(self, tmp_path: Path) -> None:
        """BadMeasurement names the line of a ragged row."""
        for change in (lambda row: [*row, "1.0", "2.0"], lambda row: row[:1]):
            rows = self.cells()
            rows[50] = change(rows[50])
            with pytest.raises(BadMeasurement, match="line 51: "):
                self.read(tmp_path, self.joined(rows))

    def test_a_header_alone_is_no_measurement(self, tmp_path: Path) -> None:
        """BadMeasurement for a header without rows."""
        with pytest.raises(BadMeasurement, match="no row of numbers"):
            self.read(tmp_path, self.joined(self.cells()[:1]))


def assert_equal(one: FileReading, other: FileReading) -> None:
    """Assert that two traces have the same samples (mW) at the same times (s), to 1e-9."""
    assert isinstance(one.content, Trace)
    assert isinstance(other.content, Trace)
    np.testing.assert_allclose(one.content.power_mw, other.content.power_mw, rtol=1e-9)
    np.testing.assert_allclose(one.content.time_s, other.content.time_s, rtol=1e-9)


def assert_same_or_reported(damaged: FileReading, whole: FileReading) -> None:
    """Assert equal mean power (to 1e-6), or a finding that the damaged file has in addition to the whole one."""
    assert isinstance(damaged.content, Trace)
    assert isinstance(whole.content, Trace)
    added = set(damaged.all_findings) - set(whole.all_findings)
    if not added:
        assert damaged.content.power_mw.mean() == pytest.approx(whole.content.power_mw.mean(), rel=1e-6)


def assert_part_of(damaged: FileReading, whole: FileReading) -> None:
    """Assert that the damaged file's content is part of the whole one's; traces with other samples need a finding."""
    one, other = damaged.content, whole.content
    if not (isinstance(one, Trace) and isinstance(other, Trace)):
        assert type(one) is type(other)
        known = [_numbers(part) for part in _parts(other)]
        assert all(any(_numbers(part) <= numbers for numbers in known) for part in _parts(one))
        return
    assert one.samples <= other.samples
    first = other.power_mw[: one.samples]
    if not np.allclose(one.power_mw, first, rtol=1e-6, atol=1e-9):
        assert set(damaged.all_findings) - set(whole.all_findings), "samples differ without a finding"
        assert one.power_mw.mean() == pytest.approx(first.mean(), rel=0.05)


def _parts(content: Content) -> tuple[object, ...]:
    match content:
        case BenchmarkLog():
            return content.results
        case EnergyTable():
            return content.rows
        case Stamps():
            return content.windows
        case EnergySummary():
            return content.parts or (replace(content, findings=()),)
        case Trace():
            return (content,)


def _numbers(part: object) -> frozenset[tuple[str, float]]:
    """Numbers of a result by name, without what a damaged file no longer states and without texts."""
    if not is_dataclass(part):
        return frozenset({(type(part).__name__, float(str(part)))})
    values = {each.name: getattr(part, each.name) for each in fields(part)}
    return frozenset((name, value) for name, value in values.items() if isinstance(value, int | float))


def _places(size: int) -> Iterator[int]:
    """Places near the beginning, near the end and at random in a file; deterministic."""
    chance = random.Random(size)
    yield from (1, 2, 5, 33, size - 1, size - 2, size - 9)
    yield from (chance.randrange(1, size) for _ in range(_CUTS))


def _pairs(columns: int) -> Iterator[tuple[int, int]]:
    return ((first, second) for first in range(columns) for second in range(first + 1, columns))


def _swapped(row: list[str], first: int, second: int) -> list[str]:
    swapped = list(row)
    swapped[first], swapped[second] = row[second], row[first]
    return swapped
