"""The environment of event-based scores: tried once, and done without where it cannot be made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.supervisor.processes import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the set-up of event-based scores reads, in a folder of its own."""
    (tmp_path / "bootstrap").mkdir()
    for name in ("bootstrap/event_scores.py", "bootstrap/environment.py", "requirements-events.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def compiler_in(folder: Path) -> Path:
    """A folder with a C compiler that is never called: nothing is there to be installed."""
    folder.mkdir()
    (folder / "cc").write_text("#!/bin/sh\nexit 1\n")
    (folder / "cc").chmod(0o755)
    return folder


def set_up_event_scores(checkout: Path, path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bootstrap.event_scores", *arguments]
    environment = os.environ | {"PATH": path, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def test_without_a_c_compiler_one_line_states_what_to_install(checkout: Path, tmp_path: Path) -> None:
    done = set_up_event_scores(checkout, str(tmp_path / "none"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "no C compiler (Debian: apt-get install gcc python3-dev). Then: make event-scores" in done.stderr


def test_what_could_not_be_installed_is_tried_again_only_when_that_is_wanted(checkout: Path, tmp_path: Path) -> None:
    compiler = compiler_in(checkout / "compiler")
    path = os.pathsep.join([str(compiler), str(tmp_path / "none")])
    first, second = set_up_event_scores(checkout, path), set_up_event_scores(checkout, path)
    assert "Making .venv-events" in first.stdout
    assert "pip could not install it (.venv-events/earshot-setup.log" in first.stderr
    assert (second.returncode, second.stdout, second.stderr) == (1, "", first.stderr)
    assert "Making .venv-events" in set_up_event_scores(checkout, path, "--again").stdout
