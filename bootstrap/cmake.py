"""Makes sure there are a C++ compiler and CMake for the tests that build the projects of a deploy bundle."""

import os
import shutil
import subprocess
import sys

PROGRAMS = ("cmake", "make", "gcc", "g++")
"""What is needed; Debian's packages have the same names."""


def missing() -> list[str]:
    """Programs that are not on PATH or do not run."""
    return [name for name in PROGRAMS if not (shutil.which(name) and succeeds([name, "--version"]))]


def succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=900).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> None:
    if not missing():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {', '.join(PROGRAMS)} with apt-get, for the tests of deploy bundles.", flush=True)
        succeeds(["apt-get", "update"])
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *PROGRAMS], check=False)
    if without := missing():
        sys.exit(
            f"The tests of deploy bundles need {', '.join(without)} on PATH (Debian: apt-get install "
            f"{' '.join(PROGRAMS)})."
        )


if __name__ == "__main__":
    main()
