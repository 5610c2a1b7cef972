"""Processes that outlived their supervisor.

Every child carries the data folder's path in its environment, and hands it on to its own children. So whoever holds
the folder's lock can find all that an earlier supervisor left behind when it was killed, grandchildren included, with
no list of process ids to go stale.
"""

import contextlib
import os
from pathlib import Path

import psutil

from webapp.data_folder import DataFolder
from webapp.supervisor.endings import has_ended, wait_for_end

MARKER = "EARSHOT_SUPERVISED"
_GRACE_SECONDS = 3.0


def marker(folder: DataFolder) -> dict[str, str]:
    """Variables to add to a child's environment."""
    return {MARKER: str(folder.root)}


def find_strays(folder: DataFolder) -> list[psutil.Process]:
    """The marked processes of a data folder, without the calling process."""
    return [process for process in psutil.process_iter() if _is_marked(process, str(folder.root))]


def end_strays(folder: DataFolder) -> int:
    """End them, politely first; return how many there were. Only for the holder of the folder's lock."""
    strays = find_strays(folder)
    for stray in strays:
        with contextlib.suppress(psutil.Error):
            stray.terminate()
    deaf = wait_for_end(strays, _GRACE_SECONDS)
    for stray in deaf:
        with contextlib.suppress(psutil.Error):
            stray.kill()
    wait_for_end(deaf, _GRACE_SECONDS)
    return len(strays)


def _is_marked(process: psutil.Process, root: str) -> bool:
    try:
        if process.pid == os.getpid() or has_ended(process):
            return False
        found = process.environ().get(MARKER)
    except (psutil.Error, OSError):
        return False  # somebody else's process, or gone by now
    return found is not None and Path(found) == Path(root)
