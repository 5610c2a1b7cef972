import gzip
from pathlib import Path

import numpy as np
import pytest

from nas_engine.energy.regression import csv_table, table_benchmark
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.tables import costs, networks
from tests.real_data import DATA


def _file(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_texts_are_options_numbers_are_numbers_and_other_measurements_are_no_features(tmp_path: Path) -> None:
    path = _file(tmp_path, "op,width,a_ms,b_ms,energy [mJ]\nconv,8,1.5,3,7\nskip,16,0.5,1,9\n")
    table = csv_table.read(path, "a_ms")
    assert table.rows == [{"op": "conv", "width": 8.0}, {"op": "skip", "width": 16.0}]
    assert np.array_equal(table.measurements["a_ms"], [1.5, 0.5])
    assert table.skipped == {"b_ms": "a measurement", "energy [mJ]": "a measurement"}


def test_the_known_device_is_a_measurement_and_ignored_columns_are_left_out(tmp_path: Path) -> None:
    path = _file(tmp_path, "op,width,a_ms,b_ms\nconv,8,1.5,3\nskip,16,0.5,1\n")
    table = csv_table.read(path, "a_ms", "b_ms", ["width"])
    assert table.rows == [{"op": "conv"}, {"op": "skip"}]
    assert set(table.measurements) == {"a_ms", "b_ms"}
    assert table.skipped == {"width": "ignored"}


def test_a_string_of_many_parts_is_a_column_for_each_and_an_identifier_none(tmp_path: Path) -> None:
    lines = [f"|op{i % 3}~0|+|op{i % 4}~0|op{i // 12}~1|,id{i:05x},{i}" for i in range(60)]
    table = csv_table.read(_file(tmp_path, "arch_str,hash,y\n" + "\n".join(lines)), "y")
    assert table.rows[59] == {"arch_str 1": "op2~0", "arch_str 2": "op3~0", "arch_str 3": "op4~1"}
    assert table.skipped == {"hash": "named as an identifier"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# only a comment\n\n", "line 1: a header"),
        ("op,y\nconv,1\nop,y\nskip,2\n", "line 3: a second header"),
        ('op,y\n"conv,1\nskip,2\n', "line 3: 1 cells"),
        ('op,y\n"' + "conv,1\n" * 20_000, "is a quotation mark not closed"),
        ("op,width,y\nconv,inf,1\n", "line 2: 'inf' in column 'width' is not finite"),
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
    with pytest.raises(BadMeasurement, match="no text"):
        csv_table.read(path, "y")


_PLAIN = "op,width,y\nconv,8,1.5\nskip,16,0.5\n"
_AS_WRITTEN = {
    "blank lines": "\n\nop,width,y\n\nconv,8,1.5\n  \nskip,16,0.5\n\n\n",
    "spaces around cells": "op , width, y\n conv, 8, 1.5 \nskip ,16 ,0.5\n",
    "semicolons": "op;width;y\nconv;8;1.5\nskip;16;0.5\n",
    "decimal commas": "op;width;y\nconv;8;1,5\nskip;16;0,5\n",
    "quoted decimal commas": 'op,width,y\nconv,8,"1,5"\nskip,16,"0,5"\n',
    "tabs": "op\twidth\ty\nconv\t8\t1.5\nskip\t16\t0.5\n",
    "blanks": "op   width y\nconv  8   1.5\nskip 16   0.5\n",
    "comments": "# made by a script\nop,width,y\n# warm-up\nconv,8,1.5\nskip,16,0.5\n# end\n",
    "the header in a comment": "# made by a script\n# op,width,y\nconv,8,1.5\nskip,16,0.5\n",
    "quoted cells": '"op","width","y"\n"conv","8","1.5"\n"skip", "16", "0.5"\n',
    "a delimiter at the end": "op,width,y,\nconv,8,1.5,\nskip,16,0.5,\n",
    "Windows' line ends": _PLAIN.replace("\n", "\r\n"),
    "old line ends": _PLAIN.replace("\n", "\r"),
    "no line end at the end": _PLAIN.rstrip("\n"),
    "NumPy's numbers": "op,width,y\nconv,np.float64(8.0),1.5\nskip,np.float64(16.0),0.5\n",
}


@pytest.mark.parametrize("text", _AS_WRITTEN.values(), ids=_AS_WRITTEN)
def test_a_table_is_read_as_people_write_it(tmp_path: Path, text: str) -> None:
    table = csv_table.read(_file(tmp_path, text), "y")
    assert table.rows == [{"op": "conv", "width": 8.0}, {"op": "skip", "width": 16.0}]
    assert table.measurements["y"].tolist() == [1.5, 0.5]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_a_table_is_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(_PLAIN.replace("op", "größe").encode(encoding))
    assert csv_table.read(path, "y").rows == [{"größe": "conv", "width": 8.0}, {"größe": "skip", "width": 16.0}]


def test_a_packed_table_is_read_and_two_in_one_archive_are_not(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(_PLAIN.encode()))
    assert len(csv_table.read(path, "y").rows) == 2


def test_a_network_lacks_what_its_cell_lacks(tmp_path: Path) -> None:
    table = csv_table.read(_file(tmp_path, "op,width,y\nconv,8,1\nskip,,2\n,16,3\n"), "y")
    assert table.rows == [{"op": "conv", "width": 8.0}, {"op": "skip"}, {"width": 16.0}]


def _sorted_table(folder: Path, name: str, cells: list[str]) -> csv_table.CostTable:
    """Rows by energy, which does not depend on the option; beside it the column `name`."""
    rng = np.random.default_rng(0)
    energies = np.sort(rng.uniform(1, 9, len(cells)))
    lines = [f"{cell},op{rng.integers(4)},{y:.5f}" for cell, y in zip(cells, energies, strict=True)]
    return csv_table.read(_file(folder, f"{name},op,y\n" + "\n".join(lines)), "y")


_COUNTS = [str(row) for row in range(60)]
_IDENTIFIERS = {
    "an index": ("id", _COUNTS),
    "an index without a name": ("", _COUNTS),
    "pandas' index": ("Unnamed: 0", _COUNTS),
    "a row number of any name": ("where", [str(row + 1) for row in range(60)]),
    "a row number in another order": ("where", [str(7 * row % 60) for row in range(60)]),
    "a row number with a point": ("where", [f"{row}.0" for row in range(60)]),
    "row numbers with some left out": ("where", [str(row + row // 3) for row in range(60)]),
    "an identifier of any digits": ("networkId", [str(1000 * row + 17) for row in range(60)]),
    "an identifier that repeats": ("arch_id", [str(row // 2) for row in range(60)]),
    "a name": ("what", [f"net{row:02d}" for row in range(60)]),
    "few names": ("what", [f"net{row:02d}" for row in range(12)]),
    "names of two words": ("what", [f"net {row:02d}" for row in range(40)]),
    "a hash": ("hash", [f"{row:08x}f" for row in range(60)]),
    "dates": ("measured", [f"2026-01-02 03:{row:02d}:00" for row in range(60)]),
    "time stamps": ("timestamp", [str(1767312000 + 97 * row) for row in range(60)]),
}


@pytest.mark.parametrize(("name", "cells"), _IDENTIFIERS.values(), ids=_IDENTIFIERS)
def test_what_numbers_or_names_the_rows_is_no_feature(tmp_path: Path, name: str, cells: list[str]) -> None:
    table = _sorted_table(tmp_path, name, cells)
    kept = {key for row in table.rows for key in row}
    assert kept - {"op"} <= {"what 1"}  # the same word in every row
    assert name in table.skipped or len(cells) == 40


def test_a_column_that_counts_is_a_feature_if_it_is_named_as_one(tmp_path: Path) -> None:
    path = _file(tmp_path, "depth,y\n" + "\n".join(f"{row},{row * row}" for row in range(12)))
    with pytest.raises(BadMeasurement, match="no column that describes"):
        csv_table.read(path, "y")
    assert csv_table.read(path, "y", features=["depth"]).rows[3] == {"depth": 3.0}
    with pytest.raises(BadMeasurement, match="no column 'width'"):
        csv_table.read(path, "y", features=["width"])


def test_columns_of_few_or_great_numbers_stay_features_in_a_sorted_table(tmp_path: Path) -> None:
    rows = sorted(networks(60), key=lambda row: float(row["bytes"]))
    lines = [f"{row['edge 0']},{row['width']},{1000 * row['bytes']:.0f},{row['bytes']},1" for row in rows]
    table = csv_table.read(_file(tmp_path, "op,width,parameters,bytes,y\n" + "\n".join(lines)), "y")
    assert set(table.rows[0]) == {"op", "width", "parameters", "bytes"}


def test_nothing_is_learned_where_energy_depends_on_nothing_although_rows_are_sorted_by_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows, energies = networks(100), np.sort(rng.uniform(1, 9, 100))
    lines = [f"{row},{one['edge 0']},{y:.4f}" for row, (one, y) in enumerate(zip(rows, energies, strict=True))]
    table = csv_table.read(_file(tmp_path, "id,op,y\n" + "\n".join(lines)), "y")
    scores = table_benchmark.evaluate(table.rows, table.measurements["y"], measured=60, seed=0)
    assert scores.r2 < 0.3


def test_what_is_learned_does_not_depend_on_how_a_table_is_written(tmp_path: Path) -> None:
    rows = networks(30)
    lines = [f"{one['edge 0']};{one['width']};{y:.4f}" for one, y in zip(rows, costs(rows), strict=True)]
    written = csv_table.read(_file(tmp_path, "op;width;y\n" + "\n".join(lines).replace(".", ",")), "y")
    plain = csv_table.read(_file(tmp_path, "op;width;y\n" + "\n".join(lines)), "y")
    assert written.rows == plain.rows
    assert written.measurements["y"].tolist() == plain.measurements["y"].tolist()


@pytest.mark.real_data("cases")
def test_tables_as_people_bring_them_have_the_rows_of_the_plain_one() -> None:
    tables = DATA / "cases" / "tables"
    plain = csv_table.read(tables / "plain.csv", "energy_mj")
    wide = csv_table.read(tables / "utf16.csv", "energy_mj")
    assert (wide.rows, wide.measurements["energy_mj"].tolist()) == (
        plain.rows,
        plain.measurements["energy_mj"].tolist(),
    )
    assert len(plain.rows) == 120
    sorted_rows = csv_table.read(tables / "id_sorted.csv", "energy_mj")
    for name in ("trailing_blank_line.csv", "space_after_comma.csv"):
        assert csv_table.read(tables / name, "energy_mj").rows == sorted_rows.rows
    assert set(sorted_rows.rows[0]) == {"block", "filters"}


@pytest.mark.real_data("cases")
def test_an_index_of_a_sorted_table_predicts_nothing() -> None:
    table = csv_table.read(DATA / "cases" / "tables" / "id_sorted.csv", "energy_mj")
    scores = table_benchmark.evaluate(table.rows, table.measurements["energy_mj"], measured=100, seed=0)
    assert -0.3 < scores.r2 < 0.3


def test_excel_s_line_of_the_delimiter_is_no_header(tmp_path: Path) -> None:
    table = csv_table.read(_file(tmp_path, "sep=;\nop;width;y\nconv;8;1,5\nskip;16;0,5\n"), "y")
    assert table.rows == [{"op": "conv", "width": 8.0}, {"op": "skip", "width": 16.0}]


def test_a_table_too_small_to_learn_from_is_rejected_in_words() -> None:
    with pytest.raises(BadMeasurement, match="3 networks are too few: a fifth is held back, and 10 are needed"):
        table_benchmark.evaluate([{"width": 1.0}] * 3, np.ones(3), measured=3, seed=0)
