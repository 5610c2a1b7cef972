"""Tests of real files in a checkout of three small tests: with the files, without them, and where they are required."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import real_data

TESTS = """
import pytest
from tests import real_data

@pytest.mark.real_data("measurements")
@pytest.mark.parametrize("name", ["a.csv", "b.csv"])
def test_of_a_list_of_files(name):
    assert (real_data.MEASUREMENTS / name).read_text() == name

def test_by_fixture(sound_events):
    assert sound_events.is_dir()

def test_of_nothing_real():
    pass
"""
SETTINGS = """[pytest]
addopts = --strict-markers -ra
markers = real_data
"""
IN_PARALLEL = ("-p", "xdist", "-n", "2", "--dist", "loadfile")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    tests = tmp_path / "checkout" / "tests"
    tests.mkdir(parents=True)
    shutil.copy(real_data.__file__, tests)
    (tests / "__init__.py").touch()
    (tests / "conftest.py").write_text('pytest_plugins = ("tests.real_data",)\n')
    (tests / "test_three.py").write_text(TESTS)
    (tests.parent / "pytest.ini").write_text(SETTINGS)
    return tests.parent


def run(checkout: Path, *arguments: str, real: str = "") -> tuple[int, str]:
    """Exit code and output of pytest."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "EARSHOT_REAL_DATA": real}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=checkout, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def make_real_files(checkout: Path) -> None:
    for folder in ("measurements", "soundevents"):
        (checkout.parent / "shared" / "data" / folder).mkdir(parents=True)
    for name in ("a.csv", "b.csv"):
        (checkout.parent / "shared" / "data" / "measurements" / name).write_text(name)


@pytest.mark.parametrize("how", [(), IN_PARALLEL], ids=["alone", "parallel"])
def test_without_the_files_their_tests_are_skipped_and_counted_in_one_line(checkout: Path, how: tuple[str]) -> None:
    code, output = run(checkout, *how)
    assert code == 0, output
    assert "1 passed, 3 skipped" in output
    line = "3 tests skipped: real data not found in ../shared/data (set EARSHOT_REAL_DATA=required to require it)\n"
    assert output.count(line) == 1


@pytest.mark.parametrize("how", [(), IN_PARALLEL], ids=["alone", "parallel"])
def test_where_the_files_are_required_and_missing_their_tests_fail_and_say_so(checkout: Path, how: tuple[str]) -> None:
    code, output = run(checkout, *how, real="required")
    assert code == 1
    assert re.search(r"1 passed, 3 (errors|failed)", output), output
    for folder in ("measurements", "soundevents"):
        assert f"real data not found in ../shared/data/{folder}, and EARSHOT_REAL_DATA=required requires it" in output


def test_with_the_files_every_test_runs(checkout: Path) -> None:
    make_real_files(checkout)
    code, output = run(checkout, real="required")
    assert code == 0
    assert "4 passed" in output
    assert "skipped" not in output


def test_one_missing_folder_skips_the_tests_that_read_it_alone(checkout: Path) -> None:
    make_real_files(checkout)
    (checkout.parent / "shared" / "data" / "soundevents").rmdir()
    code, output = run(checkout)
    assert code == 0
    assert "3 passed, 1 skipped" in output
    assert "\n1 test skipped: real data not found in ../shared/data (set" in output


def test_tests_that_ask_for_a_fixture_of_real_files_are_selected_by_the_mark(checkout: Path) -> None:
    assert "3 skipped, 1 deselected" in run(checkout, "-m", "real_data")[1]
    assert "1 passed, 3 deselected" in run(checkout, "-m", "not real_data")[1]


def test_a_misspelt_requirement_is_no_requirement_and_refused(checkout: Path) -> None:
    code, output = run(checkout, real="require")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "EARSHOT_REAL_DATA is 'require'; it may be 'required' or unset." in output


def test_no_other_file_of_the_tests_knows_where_the_real_files_are() -> None:
    """A path of its own, read at import, would break the collection of a clone by itself."""
    root = Path(real_data.__file__).parent
    own = {Path(real_data.__file__), Path(__file__)}
    knowing = re.compile(r"""/ ["']shared["']|shared/data/""")
    assert [path for path in sorted(root.rglob("*.py")) if path not in own and knowing.search(path.read_text())] == []
