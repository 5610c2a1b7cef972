"""Makes `.venv-events`, the environment of sed_scores_eval, which is compiled here; at once if it is there.

Nothing else needs it: without a C compiler, or without room, one line states what is missing and the exit status is 1.
What failed once is tried again with `--again` alone. Needs the standard library alone.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from bootstrap.environment import venv_commands

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements-events.txt"
VENV = ROOT / ".venv-events"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "earshot-setup.txt"
LOG = VENV / "earshot-setup.log"
NEEDED_BYTES = 2_000_000_000
COMPILERS = ("cc", "gcc", "clang")
TIMEOUT_S = 1_800


def digest() -> str:
    """Changes when a pin changes."""
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def outcome() -> str | None:
    """What went wrong in the last try with the present pins, "" if nothing did; None if there was no try."""
    tried, _, wrong = STAMP.read_text().partition("\n") if STAMP.exists() else ("", "", "")
    return wrong if tried == digest() else None


def lacking() -> str:
    """What this machine lacks to make the environment, in a sentence; "" if nothing is known to."""
    if not any(map(shutil.which, COMPILERS)):
        return "there is no C compiler (Debian: apt-get install gcc python3-dev)"
    if shutil.disk_usage(ROOT).free < NEEDED_BYTES:
        return f"{ROOT} has less than {NEEDED_BYTES / 1e9:.0f} GB free"
    return ""


def make() -> str:
    """Make the environment; what went wrong in a sentence, "" if nothing did."""
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    install = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps", "-r"]
    commands = (*venv_commands(VENV), [str(PYTHON), *install, str(REQUIREMENTS)])
    with LOG.open("w") as log:
        for command in commands:
            try:
                made = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, timeout=TIMEOUT_S)
            except (OSError, subprocess.TimeoutExpired) as error:
                return str(error)
            if made.returncode != 0:
                return f"pip could not install it ({LOG.relative_to(ROOT)} has its words)"
    return ""


def main() -> None:
    wrong = outcome()
    if wrong is None or (wrong and "--again" in sys.argv):
        wrong = lacking()
        if not wrong:
            print("Making .venv-events for event-based and PSD scores; this takes a minute or two.", flush=True)
            wrong = make()
            STAMP.write_text(f"{digest()}\n{wrong}")
    if wrong:
        sys.exit(f"Event-based and PSD scores stay absent, everything else works: {wrong}. Then: make event-scores")


if __name__ == "__main__":
    main()
