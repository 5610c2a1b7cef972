"""Waiting for the end of processes that are not our children."""

import time
from collections.abc import Iterable

import psutil


def has_ended(process: psutil.Process) -> bool:
    """Whether it is gone. A zombie is, too: in a container without an init nobody ever collects an orphan."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for_end(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended, but no longer than that; return those that have not."""
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if not has_ended(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive
