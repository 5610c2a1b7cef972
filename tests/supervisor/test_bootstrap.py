"""Setting up on machines whose Python is not what its name says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.supervisor.processes import ROOT

TOOLS = ("sh", "mktemp", "rm", "cat", "tail", "cut", "dirname")
# Any interpreter that runs and is not this virtual environment's.
REAL_PYTHON = Path(sys.base_prefix) / "bin" / "python3"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with the few programs that the scripts use, and no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None, f"{name} is missing on this machine"
        (folder / name).symlink_to(found)
    return folder


def shim(folder: Path, name: str, text: str) -> Path:
    """A program that looks like a Python and is none."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def find_python(tmp_path: Path, folders: list[Path], *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.pathsep.join(map(str, folders)),
        "HOME": str(tmp_path),
        "EARSHOT_PYTHON_ROOT": str(tmp_path),
    }
    command = [str(shutil.which("sh")), str(ROOT / "bootstrap" / "find-python.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_broken_shim_before_a_real_python_is_passed_over(tmp_path, tools):
    shim(tmp_path / "shims", "python3", 'echo "pyenv: python3: command not found" >&2; exit 127')
    shim(tmp_path / "shims", "python3.12", "exit 0")  # runs, and says nothing
    real = tmp_path / "real"
    real.mkdir()
    (real / "python3.11").symlink_to(REAL_PYTHON)
    found = find_python(tmp_path, [tmp_path / "shims", real, tools])
    assert found.returncode == 0, found.stderr
    version = subprocess.run([found.stdout.strip(), "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("Python 3.1")


def test_a_python_too_old_is_passed_over_and_named(tmp_path, tools):
    old = "echo 'AssertionError: is Python 3.9' >&2; exit 1"
    shim(tmp_path / "shims", "python3", old)
    found = find_python(tmp_path, [tmp_path / "shims", tools])
    assert found.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in found.stderr
    assert "shims/python3: AssertionError: is Python 3.9" in found.stderr
    assert "make setup PYTHON=" in found.stderr


def test_a_machine_without_python_is_told_what_to_install(tmp_path, tools):
    found = find_python(tmp_path, [tools])
    assert found.returncode == 1
    assert "apt-get install python3 python3-venv" in found.stderr


def test_a_python_named_by_hand_is_tried_as_well(tmp_path, tools):
    broken = shim(tmp_path / "shims", "mine", "exit 3")
    found = find_python(tmp_path, [tools], "--python", str(broken))
    assert found.returncode == 1
    assert "given with PYTHON= does not serve" in found.stderr
    assert find_python(tmp_path, [tools], "--python", str(REAL_PYTHON)).returncode == 0


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the set-up scripts and no requirements; its path holds a space."""
    folder = tmp_path / "my earshot"
    shutil.copytree(ROOT / "bootstrap", folder / "bootstrap")
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").write_text("# nothing\n")
    return folder


def run_make(checkout: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """As from a shell: what the make that runs the tests tells its children is left out."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment.pop("PYTHON", None)  # of `make test PYTHON=...`
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def make_setup(checkout: Path) -> str:
    command = ["make", "setup", f"PYTHON={REAL_PYTHON}"] if not (checkout / ".venv").exists() else ["make", "setup"]
    made = run_make(checkout, command)
    assert made.returncode == 0, made.stdout + made.stderr
    return made.stdout


@pytest.mark.slow
def test_the_environment_is_made_kept_renewed_and_mended(checkout):
    assert "Making .venv" in make_setup(checkout)
    assert list((checkout / ".venv" / "lib").rglob("__pycache__/*.pyc")), "each process would compile the packages"
    assert make_setup(checkout) == ""  # nothing to do

    (checkout / "requirements.txt").write_text("# something else\n")
    again = make_setup(checkout)
    assert "Making .venv" not in again
    assert "Installing" in again

    (checkout / ".venv" / "bin" / "python").unlink()  # as an interrupted set-up or an upgraded system leaves it
    assert "incomplete or broken: making it again" in make_setup(checkout)
    assert make_setup(checkout) == ""


def test_a_folder_in_the_way_of_the_environment_is_not_touched(checkout):
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "precious").write_text("mine")
    made = run_make(checkout, ["make", "setup"])
    assert made.returncode != 0
    assert "is in the way" in made.stderr
    assert (checkout / ".venv" / "precious").read_text() == "mine"
