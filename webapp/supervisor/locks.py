"""One supervisor per data folder, by a lock that the kernel frees whatever way its holder ends."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from webapp.data_folder import DataFolder
from webapp.supervisor.errors import AlreadyRunningError


@dataclass(frozen=True, slots=True)
class Holder:
    """Process that holds a data folder, by its own record; `address` is empty while it starts or serves no pages."""

    pid: int
    since: str
    address: str


def lock_path(folder: DataFolder) -> Path:
    return folder.run / "up.lock"


@contextlib.contextmanager
def only_one(folder: DataFolder) -> Iterator[Callable[[str], None]]:
    """Hold the data folder for the length of a `with` block; the block gets a function to make its address known.

    Raises AlreadyRunningError, naming the holder, if another process has it.
    """
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    with lock_path(folder).open("a+") as file:
        if not _take_soon(file.fileno()):
            raise AlreadyRunningError(_already_running(folder, holder(folder)))

        def announce(address: str) -> None:
            file.truncate(0)
            file.write(json.dumps(asdict(Holder(os.getpid(), since, address))))
            file.flush()

        announce("")
        try:
            yield announce
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


def _already_running(folder: DataFolder, running: Holder | None) -> str:
    who = "a process just starting"
    if running:
        who = ", ".join(filter(None, [f"process {running.pid}", running.address, f"since {running.since}"]))
    stop = f"press Ctrl-C in its terminal or run `kill {running.pid}`" if running else "wait for it, or stop it"
    return (
        f"Earshot already runs on the data folder {folder.root} ({who}). "
        f"To stop that one, {stop}. To run a second one alongside it, set EARSHOT_DATA to another folder."
    )
