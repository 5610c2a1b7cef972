import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.energy.readers.base import FileSource
from nas_engine.energy.readers.parsing import table, text
from nas_engine.energy.readers.parsing.layout import TableLayout
from nas_engine.errors import BadMeasurement

NUMBERS = st.floats(allow_nan=True, allow_infinity=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all examples of a property."""
    return tmp_path_factory.mktemp("table")


def source(folder: Path, data: bytes | str) -> tuple[FileSource, TableLayout]:
    path = folder / "t"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    given_source = FileSource("t.csv", path)
    layout = given_source.head().layout
    assert layout is not None
    return given_source, layout


def numbers(folder: Path, data: bytes | str) -> list[list[float]]:
    found, layout = source(folder, data)
    return [column.tolist() for column in table.load(found, layout, range(layout.columns)).numbers]


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_numbers_come_back_as_they_were_written(rows: list[tuple[float, float]], folder: Path) -> None:
    data = "a,b\n1.0,2.0\n" + "".join(f"{one!r},{other!r}\n" for one, other in rows)
    read = numbers(folder, data)
    np.testing.assert_array_equal(read, np.array([(1.0, 2.0), *rows]).T)


@pytest.mark.parametrize(
    "data",
    [
        "a,b\n1,2.5\n3,4\n",
        "a,b,\n1,2.5,\n3,4,\n",
        "a,b\r\n1,2.5\r\n3,4\r\n",
        "a,b\r1,2.5\r3,4\r",
        "a,b\n\n1,2.5\n\n\n3,4\n\n",
        "a , b\n 1 , 2.5\n3,  4 \n",
        "a\tb\n1\t2.5\n3\t4\n",
        "a;b\n1;2,5\n3;4\n",
        "a;b\n1;2,5\n3;4.0\n",
        '"a","b"\n"1","2.5"\n"3","4"\n',
        '"a","b"\n"1","2,5"\n"3","4"\n',
        "a,b\nnp.float64(1),np.float64(2.5)\nnp.float64(3),np.float64(4)\n",
        "a,b\nnumpy.float64(1),2.5\n3,4\n",
        "# made by hand\n# a,b\n1,2.5\n3,4\n",
        "made by hand\n\na,b\n1,2.5\n3,4\n",
        "1,2.5\n3,4\n",
        "1 2.5\n3    4\n",
        "1\t 2.5\n3 \t4\n",
        "a,b\n1,0002.5e0\n+3,4.\n",
        "a,b\n1,2.5\n# a comment\n3,4\n",
    ],
)
def test_every_way_to_write_a_table_gives_its_numbers(data: str, tmp_path: Path) -> None:
    assert numbers(tmp_path, data) == [[1.0, 3.0], [2.5, 4.0]]
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        assert numbers(tmp_path, data.encode(encoding)) == [[1.0, 3.0], [2.5, 4.0]]


def test_names_in_another_encoding_are_names(tmp_path: Path) -> None:
    for encoding in ("utf-8", "latin-1", "utf-16"):
        _, layout = source(tmp_path, "Zeit (s),Strom (µA)\n1,2\n".encode(encoding))
        assert layout.names == ("Zeit (s)", "Strom (µA)")
        assert layout.index("strom (μA)") == 1


@pytest.mark.parametrize("word", ["", "nan", "NaN", "NA", "n/a", "null", "None", "-nan(ind)", " ", '""'])
def test_cells_that_say_there_is_no_number_are_nan(word: str, tmp_path: Path) -> None:
    one, other = numbers(tmp_path, f"a,b\n1,2\n3,{word}\n5,6\n")
    assert one == [1.0, 3.0, 5.0]
    assert math.isnan(other[1])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("3,four", '"four" under b is no number'),
        ("3,4 mA", '"4 mA" under b is no number'),
        ("3,1_000", "no number"),
        ("3,0x10", "no number"),
        ("3,1.2.3", "no number"),
        ("3,１２", "no number"),
        ("3", "1 cells where the rows before have 2"),
        ("3,4,5", "3 cells where the rows before have 2"),
        ("a,b", "a second header: two recordings in one file"),
    ],
)
def test_a_row_that_is_wrong_names_its_line(row: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=f"t.csv, line 4: .*{message}"):
        numbers(tmp_path, f"a,b\n1,2\n1,2\n{row}\n5,6\n")


def test_a_header_with_a_name_less_than_cells_is_refused_unless_rows_end_empty(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"t.csv, line 2: 2 names in the header but 3 cells in the row"):
        numbers(tmp_path, "a,b\n1,0.5,2.5\n2,0.6,2.6\n")
    assert numbers(tmp_path, "a,b\n1,2.5,\n3,4,\n") == [[1.0, 3.0], [2.5, 4.0]]


@pytest.mark.parametrize("header", ["a,b\n", ""])
def test_a_row_that_may_be_a_remark_is_not_lost(header: str, tmp_path: Path) -> None:
    found, layout = source(tmp_path, header + "first,1\n2,2\n3,3\n")
    assert table.load(found, layout, [1]).numbers[0].tolist() == [1.0, 2.0, 3.0]


def test_lines_are_counted_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, layout = source(tmp_path, "a,b\n" + "1,2\n" * 5_000 + "1,x\n" + "1,2\n" * 5_000)
    blocks = text.blocks
    monkeypatch.setattr(text, "blocks", lambda path, encoding: blocks(path, encoding, 1_000))
    with pytest.raises(BadMeasurement, match=r"line 5,002: "):
        table.load(found, layout, [0, 1])


def test_a_bad_cell_in_a_column_that_nobody_wants_does_not_matter(tmp_path: Path) -> None:
    found, layout = source(tmp_path, "a,b,c\n1,2,3\n4,flag,6\n")
    loaded = table.load(found, layout, [2, 0], [1])
    assert [column.tolist() for column in loaded.numbers] == [[3.0, 6.0], [1.0, 4.0]]
    assert loaded.texts == (("2", "flag"),)


def test_a_last_line_without_its_end_is_left_out_and_told(tmp_path: Path) -> None:
    found, layout = source(tmp_path, "a,b\n1,2\n3,4\n5,6.7")
    loaded = table.load(found, layout, [0, 1])
    assert loaded.numbers[0].tolist() == [1.0, 3.0]
    assert [(finding.code, finding.message[:6]) for finding in loaded.findings] == [("unfinished_row", "line 4")]


def test_a_comma_at_the_end_of_rows_shows_that_the_last_is_whole(tmp_path: Path) -> None:
    assert numbers(tmp_path, "a,b,\n1,2,\n3,4,") == [[1.0, 3.0], [2.0, 4.0]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("a,b\n", "a header but no row of numbers"),
        ("a,b\n1,2", "a header but no complete row"),
        ("a,b,c\n1,2,3,4,5\n", "line 2: 3 names in the header but 5 cells"),
    ],
)
def test_what_holds_no_row_says_so(data: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=message):
        numbers(tmp_path, data)


def test_more_rows_than_memory_should_hold_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 100)
    with pytest.raises(BadMeasurement, match="over 100 rows; export a shorter stretch"):
        numbers(tmp_path, "a,b\n" + "1,2\n" * 101)


def test_a_file_without_line_ends_does_not_fill_memory(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_bytes(b"1," * 3_000_000)
    assert max(map(len, text.blocks(path, "utf-8", 100_000))) <= 1_200_000


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300), start=st.sampled_from([b"", b"a,b\n1,2\n", b"a;b\n1;2,5\n"]))
def test_no_bytes_whatever_raise_anything_else(data: bytes, start: bytes, folder: Path) -> None:
    path = folder / "t"
    path.write_bytes(start + data)
    found = FileSource("t.csv", path)
    layout: Any = found.head().layout
    if layout is None:
        return
    try:
        loaded = table.load(found, layout, range(layout.columns))
    except BadMeasurement:
        return
    assert len({len(column) for column in loaded.numbers}) == 1
