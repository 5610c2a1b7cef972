"""`manage.py paper` as a person runs it: a process of its own, real files, no database."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from nas_engine.testing.audio import tiny_folder
from tests.webapp.factories import make_study


def paper(*arguments: str | Path | int) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    command = [sys.executable, "manage.py", "paper", *map(str, arguments)]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)


def objects(*arguments: str | Path | int) -> Sequence[dict[str, Any]]:
    """What the command writes to standard output, which is JSON and nothing else."""
    run = paper(*arguments, "--json")
    assert run.returncode == 0, run.stderr
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found


@pytest.mark.slow
def test_table_2s_total_is_the_size_of_the_file_that_is_delivered() -> None:
    *_, total = objects("table2")
    assert total["row"] == "total"
    assert total["flops"] / 1e6 == pytest.approx(12.52, abs=0.05)
    assert total["parameters"] / 1e3 == pytest.approx(23.86, abs=0.15)
    assert total["flash_bytes"] <= 51_200
    assert total["flash_bytes_plain"] == pytest.approx(51_220, rel=0.03)
    assert total["flash_bytes_published"] == 51_220
    assert not total["flash_is_estimate"]


def test_estimates_need_neither_tensorflow_nor_a_database() -> None:
    run = paper("table2", "--estimate")
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0].split()[:3] == ["row", "block", "kernel"]
    assert lines[1].split()[:4] == ["1", "KxK", "5", "8"]
    assert "unexplained" in next(line for line in lines if line.startswith("6"))
    assert run.stderr == ""


def test_json_goes_to_a_file_where_one_is_named(tmp_path: Path) -> None:
    out = tmp_path / "table1.json"
    run = paper("table1", "--estimate", "--json", out)
    assert run.stdout == ""
    rows = json.loads(out.read_text())
    assert {"model", "flops", "flops_published", "parameters", "parameters_published", "parameters_trainable"} <= set(
        rows[0]
    )
    assert all(row["flash_is_estimate"] == (row["flash_bytes"] is not None) for row in rows)


@pytest.mark.slow
def test_figure_2_trains_networks_and_ends_with_their_correlations(tmp_path: Path) -> None:
    sounds = tiny_folder(tmp_path / "tones")
    *networks, found = objects("figure2", "--samples", 2, "--epochs", 2, "--data", sounds, "--space", "paper-1d")
    assert [network["name"] for network in networks] == ["network 1", "network 2"]
    assert all(0 <= network["int8_accuracy"] <= 1 for network in networks)
    assert networks[0]["flash_bytes"] > 0
    assert (found["row"], found["networks"], found["source"]) == ("correlations", 2, "tones")
    assert found["memory_pearson"] in (1.0, -1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("figure2", "--samples", 0), "--samples must be at least 1, not 0."),
        (("figure2", "--data", "/nowhere"), "There is no file or folder /nowhere."),
    ],
)
def test_a_wrong_option_is_named(arguments: tuple[str | int, ...], message: str) -> None:
    run = paper(*arguments)
    assert run.returncode == 1
    assert run.stderr.strip() == f"CommandError: {message}"


@pytest.mark.django_db
def test_figure_2_reads_the_completed_trials_of_a_study(capsys: pytest.CaptureFixture[str]) -> None:
    study = make_study(completed=5, running=1)
    call_command("paper", "figure2", "--study", study.pk, "--json")
    *networks, found = json.loads(capsys.readouterr().out)
    assert [network["name"] for network in networks] == [f"trial {number}" for number in range(1, 6)]
    assert found["networks"] == 5
    assert found["source"].startswith(f"study {study.pk} on ")
    with pytest.raises(CommandError, match="There is no study 999999"):
        call_command("paper", "figure2", "--study", 999_999)
