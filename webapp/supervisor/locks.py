"""One supervisor per data folder, by a lock that the kernel frees whatever way its holder ends."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from webapp.data_folder import DataFolder
from webapp.supervisor.errors import AlreadyRunningError


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a data folder, as it wrote down itself."""

    pid: int
    since: str
    address: str


def lock_path(folder: DataFolder) -> Path:
    return folder.run / "up.lock"


@contextlib.contextmanager
def only_one(folder: DataFolder, address: str) -> Iterator[None]:
    """Hold the data folder for the length of a `with` block.

    Raises AlreadyRunningError, naming the holder, if another process has it.
    """
    with lock_path(folder).open("a+") as file:
        if not _take_soon(file.fileno()):
            raise AlreadyRunningError(_refusal(folder, holder(folder)))
        file.truncate(0)
        file.write(json.dumps(asdict(Holder(os.getpid(), time.strftime("%Y-%m-%d %H:%M:%S"), address))))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def holder(folder: DataFolder) -> Holder | None:
    """The running supervisor of a data folder; None if there is none."""
    try:
        with lock_path(folder).open("r") as file:
            if _take(file.fileno()):
                return None
            return Holder(**json.loads(file.read()))
    except (OSError, ValueError, TypeError):
        return None


def _take_soon(descriptor: int) -> bool:
    """Try a few times: `holder` takes the lock for an instant to see whether it is free."""
    for _ in range(5):
        if _take(descriptor):
            return True
        time.sleep(0.1)
    return False


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refusal(folder: DataFolder, running: Holder | None) -> str:
    who = f"process {running.pid}, {running.address}, since {running.since}" if running else "a process just starting"
    stop = f"press Ctrl-C in its terminal or run `kill {running.pid}`" if running else "wait for it, or stop it"
    return (
        f"Earshot already runs on the data folder {folder.root} ({who}). "
        f"To stop that one, {stop}. To run a second one beside it, set EARSHOT_DATA to another folder."
    )
