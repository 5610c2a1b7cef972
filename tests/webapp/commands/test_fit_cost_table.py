import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.nas_engine.energy.tables import costs, networks


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """250 networks, measured on two devices of which one takes 1.5 times as long and scatters."""
    rows = networks(250)
    path = tmp_path / "cells.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, [*rows[0], "phone_ms", "board_ms"])
        writer.writeheader()
        for row, fast, slow in zip(rows, costs(rows), 1.5 * costs(rows, 0.4), strict=True):
            writer.writerow({**row, "phone_ms": fast, "board_ms": slow})
    return path


def _report(file: Path, *arguments: str) -> dict[str, object]:
    out = StringIO()
    call_command("fit_cost_table", str(file), *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_a_column_is_learned_from_few_rows_and_scored_on_those_held_back(file: Path) -> None:
    report = _report(file, "--target", "board_ms", "--measured", "60", "--seed", "1")
    assert (report["measured"], report["held_back"]) == (60, 50)
    assert report["r2"] > 0.9
    assert report["spearman"] > 0.9
    assert report["left_out"] == ["phone_ms"]
    assert report == _report(file, "--target", "board_ms", "--measured", "60", "--seed", "1") | {
        "seconds": report["seconds"]
    }


def test_another_device_helps_where_few_are_measured(file: Path) -> None:
    alone = _report(file, "--target", "board_ms", "--measured", "12")
    helped = _report(file, "--target", "board_ms", "--known", "phone_ms", "--measured", "12")
    assert helped["rmse"] < alone["rmse"]


def test_a_learning_curve_ends_with_all_that_is_measured(file: Path) -> None:
    curve = _report(file, "--target", "board_ms", "--measured", "40", "--curve")["curve"]
    assert [point["measured"] for point in curve] == [10, 20, 40]
    assert curve[-1]["rmse"] < curve[0]["rmse"]


def test_more_networks_than_there_are_and_unknown_columns_are_refused(file: Path) -> None:
    with pytest.raises(CommandError, match="choose 10 to 200"):
        _report(file, "--target", "board_ms", "--measured", "201")
    with pytest.raises(CommandError, match="no column 'watch_ms'"):
        _report(file, "--target", "watch_ms")
