"""docs/extending.md is followed to the letter in a copy of the code, and its own tests are run there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/extending.md").read_text("utf-8")
COPIED = ("nas_engine", "webapp", "static/earshot")
_BLOCK = re.compile(r'^```(python|diff) title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)

SECTIONS = dict(_SECTION.findall(TEXT))
SETTINGS = '[tool.ruff]\nextend = "{}"\n[tool.pytest.ini_options]\naddopts = "-p no:cacheprovider"\n'
WITHOUT_PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the examples need no database and no browser


def changed(text: str, difference: str) -> str:
    """`text` after the hunks of a difference, each of which must fit in exactly one place."""
    for hunk in re.split(r"^@@.*\n", difference, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if not line.startswith("+"))
        new = "".join(line[1:] for line in lines if not line.startswith("-"))
        assert text.count(old) == 1, f"the hunk fits in {text.count(old)} places:\n{hunk}"
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code with everything done that the page says."""
    folder = tmp_path_factory.mktemp("house")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    (folder / "tests").mkdir()
    (folder / "pyproject.toml").write_text(SETTINGS.format(ROOT / "pyproject.toml"), "utf-8")
    for kind, name, content in _BLOCK.findall(TEXT):
        path = folder / name
        assert (kind == "diff") == path.exists(), f"{name}: new files are shown whole, changes as differences"
        path.write_text(changed(path.read_text("utf-8"), content) if kind == "diff" else content, "utf-8")
    return folder


def run(folder: Path, *arguments: str) -> None:
    command, environment = [sys.executable, "-m", *arguments], os.environ | WITHOUT_PLUGINS
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("section", SECTIONS)
def test_the_tests_of_an_example_pass_once_its_changes_are_made(house: Path, section: str) -> None:
    tests = [name for _, name, _ in _BLOCK.findall(SECTIONS[section]) if name.startswith("tests/")]
    assert tests
    run(house, "pytest", "-q", "--tb=line", *tests)


def test_the_examples_keep_the_style_of_the_house(house: Path) -> None:
    names = [name for _, name, _ in _BLOCK.findall(TEXT) if name.endswith(".py")]
    run(house, "ruff", "check", *names)
    run(house, "ruff", "format", "--check", *names)


def test_a_hunk_that_fits_nowhere_or_twice_is_an_error() -> None:
    assert changed("a\nb\n", " a\n+c\n") == "a\nc\nb\n"
    for text in ("b\n", "a\na\n"):
        with pytest.raises(AssertionError, match="the hunk fits in"):
            changed(text, " a\n+c\n")
