"""Makes the virtual environment `.venv` and installs the pinned requirements. Needs the standard library alone.

`--check` only reports, by its exit code, whether everything is installed for the present version of requirements.txt.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "earshot-setup.json"
LOG = VENV / "earshot-setup.log"
NEEDED_BYTES = 5_000_000_000
SHOWN_LINES = 25


def requirements(dev: bool) -> list[Path]:
    return [ROOT / "requirements.txt", *([ROOT / "requirements-dev.txt"] if dev else [])]


def digest(dev: bool) -> str:
    """Changes when a pin changes."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in requirements(dev))).hexdigest()


def is_complete(dev: bool) -> bool:
    """Whether the last installation into `.venv` ran to its end, with these requirements and by this interpreter."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    return stamp.get("dev" if dev else "run") == digest(dev) and Path(sys.prefix).resolve() == VENV.resolve()


def make_environment() -> None:
    """Make `.venv`, or keep the one there if it works. A half-made or broken one is replaced."""
    if works():
        return
    if VENV.exists():
        if not (VENV / "pyvenv.cfg").exists() and any(VENV.iterdir()):
            sys.exit(f"{VENV} is in the way: it is not a virtual environment. Move it elsewhere and try again.")
        print("The environment in .venv is incomplete or broken: making it again.", flush=True)
        shutil.rmtree(VENV)
    print(f"Making .venv with Python {sys.version.split()[0]} ({sys.executable})", flush=True)
    for command in venv_commands(VENV):
        run(command)


def venv_commands(folder: Path) -> list[list[str]]:
    """Commands that make a virtual environment with pip in `folder`, also where Debian's package of ensurepip lacks."""
    venv = [sys.executable, "-m", "venv"]
    try:
        import_module("ensurepip")
    except ImportError:
        python = str(folder / "bin" / "python")
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "pip"]
        return [[*venv, "--without-pip", str(folder)], pip]
    return [[*venv, str(folder)]]


def works() -> bool:
    """Whether `.venv` holds an interpreter that runs, is of a supported version and has pip."""
    probe = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    try:
        return subprocess.run([str(PYTHON), "-c", probe], capture_output=True).returncode == 0
    except OSError:
        return False


def install(dev: bool) -> None:
    """Install the pins with pip, from wherever pip is configured to find packages."""
    files = requirements(dev)
    names = sum(line[:1].isalnum() for path in files for line in path.read_text().splitlines())
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-compile"]
    for path in files:
        command += ["-r", path.name]
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    started = time.monotonic()
    print(f"Installing {names} packages, about 3 GB unpacked; this takes a minute or more.", flush=True)
    with LOG.open("w") as log:
        pip = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert pip.stdout is not None
        show_progress(pip.stdout, log, names)
    if pip.wait() != 0:
        last = "".join(LOG.read_text().splitlines(keepends=True)[-SHOWN_LINES:])
        sys.exit(
            f"pip could not install the requirements (all of its words: {LOG}):\n{last}\nThen run `make setup` again."
        )
    compile_packages()
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)


def compile_packages() -> None:
    """Compile what is installed to bytecode, on every core; pip would on one.

    Where PYTHONDONTWRITEBYTECODE is set, as images of containers do, no process keeps what it has compiled: each one
    with TensorFlow or JAX would take 10 s of processor to start instead of 4. What cannot be compiled (packages carry
    templates and tests for other versions of Python) is left to fail where it is imported.
    """
    command = [str(PYTHON), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def show_progress(lines: Iterable[str], log: TextIO, names: int) -> None:
    """Write pip's words to the log, and one line that counts to the terminal."""
    collected = 0
    for line in lines:
        log.write(line)
        if not sys.stdout.isatty():
            continue
        if line.startswith("Collecting "):
            collected += 1
            print(f"\r\033[K  {min(collected, names)}/{names} {line.split()[1]}", end="", flush=True)
        elif line.startswith("Installing collected packages"):
            print("\r\033[K  unpacking ...", end="", flush=True)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)


def run(command: list[str]) -> None:
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{made.stdout}{made.stderr}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--dev", action="store_true", help="also what tests and linters need")
    options = parser.parse_args()
    if options.check:
        sys.exit(not is_complete(options.dev))
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES and not works():
        sys.exit(f"{ROOT} has {free / 1e9:.1f} GB free; the installation needs {NEEDED_BYTES / 1e9:.0f} GB.")
    make_environment()
    STAMP.unlink(missing_ok=True)
    install(options.dev)
    stamp = {"run": digest(False), **({"dev": digest(True)} if options.dev else {})}
    STAMP.write_text(json.dumps(stamp))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The same command goes on from here.")
