"""Marks that choose files: found by their text, and refused where they come from elsewhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import written_marks
from tests.written_marks import MARKS, files_with

MARK_ALONE, MARK_FAULTS = (f"pytest.mark.{mark}" for mark in MARKS)
ALONE = f"import pytest\n\n@{MARK_ALONE}\ndef test_a():\n    pass\n"
BOTH = f"import pytest\n\npytestmark = [{MARK_ALONE}, {MARK_FAULTS}]\n\ndef test_b():\n    pass\n"
SETTINGS = "[pytest]\naddopts = --strict-markers\nmarkers =\n    alone\n    faults\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    tests = tmp_path / "tests"
    tests.mkdir()
    shutil.copy(written_marks.__file__, tests)
    (tests / "__init__.py").touch()
    (tests / "conftest.py").write_text('pytest_plugins = ("tests.written_marks",)\n')
    (tests / "test_a.py").write_text(ALONE)
    (tests / "test_b.py").write_text(BOTH)
    (tests / "test_c.py").write_text("def test_c():\n    pass\n")
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    return tmp_path


def run(checkout: Path) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "not alone"],
        cwd=checkout, env=environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_files_are_found_by_all_of_their_marks(checkout: Path) -> None:
    names = {marks: [Path(path).name for path in files_with(marks, checkout)] for marks in (("alone",), MARKS)}
    assert names == {("alone",): ["test_a.py", "test_b.py"], MARKS: ["test_b.py"]}


def test_a_mark_from_elsewhere_is_refused_also_where_it_is_not_selected(checkout: Path) -> None:
    assert "1 passed, 2 deselected" in run(checkout)[1]
    (checkout / "tests" / "test_c.py").write_text("from tests.test_b import pytestmark\n\ndef test_c():\n    pass\n")
    code, output = run(checkout)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert f"test_c.py::test_c is marked `alone`: write {MARK_ALONE} in its own file." in output
