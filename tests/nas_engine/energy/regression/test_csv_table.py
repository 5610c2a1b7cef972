from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.regression import csv_table
from nas_engine.errors import BadMeasurement


def _file(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_texts_are_options_numbers_are_numbers_and_other_measurements_are_no_features(tmp_path: Path) -> None:
    path = _file(tmp_path, "op,width,a_ms,b_ms,energy [mJ]\nconv,8,1.5,3,7\nskip,16,0.5,1,9\n")
    table = csv_table.read(path, "a_ms")
    assert table.rows == [{"op": "conv", "width": 8.0}, {"op": "skip", "width": 16.0}]
    assert np.array_equal(table.measurements["a_ms"], [1.5, 0.5])
    assert table.skipped == ("b_ms", "energy [mJ]")


def test_the_known_device_is_a_measurement_and_ignored_columns_are_left_out(tmp_path: Path) -> None:
    path = _file(tmp_path, "op,width,a_ms,b_ms\nconv,8,1.5,3\nskip,16,0.5,1\n")
    table = csv_table.read(path, "a_ms", "b_ms", ["width"])
    assert table.rows == [{"op": "conv"}, {"op": "skip"}]
    assert set(table.measurements) == {"a_ms", "b_ms"}
    assert table.skipped == ("width",)


def test_a_string_of_many_parts_is_a_column_for_each_and_an_identifier_none(tmp_path: Path) -> None:
    lines = [f"|op{i % 3}~0|+|op{i % 4}~0|op{i // 12}~1|,id{i:05x},{i}" for i in range(60)]
    table = csv_table.read(_file(tmp_path, "arch_str,hash,y\n" + "\n".join(lines)), "y")
    assert table.rows[59] == {"arch_str 1": "op2~0", "arch_str 2": "op3~0", "arch_str 3": "op4~1"}
    assert table.skipped == ("hash",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("op,y\nconv,1\nskip\n", "line 3: 1 cells"),
        ("op,y\nconv,fast\n", "line 2: 'fast' in column 'y' is no number"),
        ("op,y\nconv,nan\n", "line 2: 'nan'"),
        ("op,x\nconv,1\n", "no column 'y'; it has op, x"),
        ("z_ms,y\n1,1\n", "no column that describes"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadMeasurement, match=message):
        csv_table.read(_file(tmp_path, text), "y")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"\x93NUMPY\xff\x00")
    with pytest.raises(BadMeasurement, match="cannot be read"):
        csv_table.read(path, "y")
