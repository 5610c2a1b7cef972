"""Programs of the system: whether they run, and installing Debian packages of them. Standard library alone."""

import os
import shutil
import subprocess
from collections.abc import Iterable

TIMEOUT_S = 900


def succeeds(command: list[str]) -> bool:
    """Whether the program is there and ends with 0 within a quarter of an hour; its output is kept to itself."""
    try:
        return subprocess.run(command, capture_output=True, timeout=TIMEOUT_S).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def can_install() -> bool:
    """Whether this process may install packages: root, with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Iterable[str]) -> bool:
    """Install packages of Debian with apt-get; whether that worked."""
    succeeds(["apt-get", "update"])
    return succeeds(["apt-get", "install", "-y", "--no-install-recommends", *packages])
