"""`manage.py space` as a person at a terminal meets it. No test here may use a database: pytest-django forbids it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from nas_engine.architecture import Block
from nas_engine.search_space.paper_spaces import PAPER_2D, paper_2d
from nas_engine.search_space.spec import SpaceSpec
from webapp.forms.space_file import read_space_file, space_to_toml

OPTIONS_2D = [9, 9, 27, 28, 27, 10, 10, 10, 10, 12, 10, 13]


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("space", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def as_json(*arguments: str) -> dict[str, Any]:
    printed: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return printed


def test_the_papers_space_is_printed_for_programs_with_every_option() -> None:
    printed = as_json("paper-2d", "--samples", "300")
    assert printed["name"] == "paper_2d"
    assert printed["cardinality"] == paper_2d().cardinality
    assert printed["option_counts"] == [position["option_count"] for position in printed["positions"]] == OPTIONS_2D
    for position, space_position in zip(printed["positions"], paper_2d().positions, strict=True):
        assert tuple(map(Block.from_json, position["options"])) == space_position.options
    assert printed["positions"][4]["output_size"] == [13, 10]
    assert set(printed["quantiles"]["flops"]) == {"p5", "p25", "p50", "p75", "p95", "minimum", "maximum"}
    assert printed["limits"] == {"flash_bytes": 60_000, "energy_mj": 1.25}
    assert (printed["samples"], printed["seed"], printed["is_exact"]) == (300, 0, False)
    assert 0 < printed["share_under_limits"] <= printed["share_under_limits_packed"] < 1
    assert "estimate" in printed["energy_source"]


def test_the_table_shows_each_position_and_each_cost_with_its_unit() -> None:
    lines = run("paper-1d", "--samples", "100").splitlines()
    assert lines[0].startswith("paper_1d:")
    rows = [line.split() for line in lines if line.strip() and line.split()[0].isdigit() and " x " in line]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 13)]
    assert "2 x 1" in lines[6]
    for label in ("FLOPs (M)", "parameters (k)", "flash, plain file (kB)", "peak activations (kB)", "energy (mJ)"):
        assert any(line.startswith(label) for line in lines)
    assert any(line.startswith("Under 60 kB and 1.25 mJ:") for line in lines)


def test_names_are_taken_with_hyphen_and_underscore_and_classes_can_be_set() -> None:
    assert as_json("paper_2d", "--samples", "20", "--classes", "4")["head"]["classes"] == 4
    assert as_json("paper-2d", "--samples", "20")["head"]["classes"] == 9


def test_seed_samples_and_limits_are_what_was_asked_for() -> None:
    first = as_json("paper-2d", "--samples", "50", "--seed", "7", "--flash-kb", "70", "--energy-mj", "2")
    assert first == as_json("paper-2d", "--samples", "50", "--seed", "7", "--flash-kb", "70", "--energy-mj", "2")
    assert first["limits"] == {"flash_bytes": 70_000, "energy_mj": 2}
    assert first["quantiles"] != as_json("paper-2d", "--samples", "50", "--seed", "8")["quantiles"]


def test_a_file_started_from_the_papers_space_is_read_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(run("paper-2d", "--toml"), encoding="utf-8")
    assert read_space_file(path) == PAPER_2D
    path.write_text(path.read_text(encoding="utf-8").replace('"paper_2d"', '"mine"'), encoding="utf-8")
    printed = as_json(str(path), "--samples", "20")
    assert (printed["name"], printed["option_counts"]) == ("mine", OPTIONS_2D)


def test_what_a_study_stores_is_read_too_and_counted_completely(tmp_path: Path) -> None:
    small = SpaceSpec("small", PAPER_2D.stem, PAPER_2D.positions[:2], PAPER_2D.head)
    path = tmp_path / "space.json"
    path.write_text(json.dumps(small.search_space().to_json()), encoding="utf-8")
    printed = as_json(str(path))
    assert (printed["is_exact"], printed["samples"], printed["cardinality"]) == (True, 81, 81)
    assert run(str(path)).count("All 81 networks:") == 1


def test_every_problem_of_a_file_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    text = space_to_toml(PAPER_2D).replace('kinds = [\n    "kxk",\n]', "kinds = []")
    path.write_text(
        text.replace('kinds = [\n    "kx1_1xk_dw",\n]', 'kinds = ["mobilenet_v1", "identity"]'), encoding="utf-8"
    )
    with pytest.raises(CommandError) as refusal:
        run(str(path))
    lines = str(refusal.value).splitlines()
    assert lines[0] == "paper_2d cannot be built:"
    assert lines[1] == "position 1: choose at least one kind of block"
    assert lines[2].startswith("position 2: identity cannot stand at strides (2, 1)")


def test_every_position_that_cannot_be_read_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    path.write_text(
        space_to_toml(PAPER_2D).replace("kernel_sizes = [\n    3,\n]", 'kernel_sizes = "3"'), encoding="utf-8"
    )
    with pytest.raises(CommandError) as refusal:
        run(str(path))
    assert str(refusal.value).splitlines() == [
        f"positions[{number}].kernel_sizes must be a list, not str" for number in range(5, 12)
    ]


def test_warnings_are_shown_and_keep_nothing_from_being_counted(tmp_path: Path) -> None:
    path = tmp_path / "space.toml"
    text = space_to_toml(PAPER_2D).replace('kinds = [\n    "kxk",\n]', 'kinds = ["kxk"]\nexcluded = ["kxk-9-9"]')
    path.write_text(text, encoding="utf-8")
    warning = "position 1: excluded names labels that are not options: kxk-9-9"
    assert f"warning: {warning}" in run(str(path), "--samples", "20")
    assert as_json(str(path), "--samples", "20")["warnings"] == [warning]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["paper-3d"], "There is no search space and no file paper-3d. Did you mean paper-2d"),
        (["nowhere.toml"], "Name a file, or one of paper-2d, paper-1d."),
        (["paper-2d", "--samples", "0"], "samples must be from 1 to 100,000, not 0"),
        (["paper-2d", "--seed", "-1"], "non-negative"),
        (["paper-2d", "--classes", "1"], "head.classes must be a whole number of at least 2, not 1"),
        (["paper-2d", "--flash-kb", "nan"], "the limit flash_bytes must be a finite number above 0, not nan"),
        (["paper-2d", "--energy-mj", "0"], "the limit energy_mj must be a finite number above 0, not 0.0"),
    ],
)
def test_wrong_arguments_are_refused_in_words(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError) as refusal:
        run(*arguments)
    assert words in str(refusal.value)


def test_it_runs_without_a_database_and_without_tensorflow_and_ends_with_code_1_for_a_wrong_file(
    tmp_path: Path,
) -> None:
    """In a process of its own, whose database is out of reach and whose TensorFlow cannot be imported."""
    for module in ("tensorflow", "tf_keras", "jax", "sklearn"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('must not be imported')", encoding="utf-8")
    (tmp_path / "space.toml").write_text("name = 'x'", encoding="utf-8")
    environment = os.environ | {"DATABASE_URL": "postgres://x:x@127.0.0.1:1/none", "PYTHONPATH": str(tmp_path)}

    def space(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "space", *arguments]
        return subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
        )

    fine = space("paper-2d", "--json", "--samples", "20")
    assert fine.returncode == 0, fine.stderr
    assert json.loads(fine.stdout)["option_counts"] == OPTIONS_2D
    wrong = space(str(tmp_path / "space.toml"))
    assert wrong.returncode == 1
    assert wrong.stderr.strip().splitlines() == ["CommandError: search space: key 'stem' is missing"]
