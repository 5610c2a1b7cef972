"""Real supervisor processes for tests: a script that supervises small stand-in children, and ways to look at them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from webapp.data_folder import DataFolder
from webapp.supervisor.strays import find_strays

ROOT = Path(__file__).resolve().parents[2]


def environment(folder: DataFolder, **more: str) -> dict[str, str]:
    """As a person has it who runs the application, not its tests, on this data folder."""
    own = {name: value for name, value in os.environ.items() if name not in ("EARSHOT_TEST_DATA", "DATABASE_URL")}
    return {**own, "EARSHOT_DATA": str(folder.root), "DJANGO_SETTINGS_MODULE": "webapp.settings", **more}


def free_port() -> str:
    """For a web server that starts at the same time as another: `--port auto` would choose the same one for both."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextmanager
def manage_running(folder: DataFolder, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """`manage.py` with these arguments in a process of its own, terminated at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)


_SCRIPT = """
import sys
from pathlib import Path
from webapp.data_folder import DataFolder
from webapp.supervisor import locks
from webapp.supervisor.children import Child, Kind
from webapp.supervisor.errors import StartError
from webapp.supervisor.output import Console
from webapp.supervisor.supervisor import Supervisor

folder = DataFolder(Path(sys.argv[1]))
folder.ensure()
notes = folder.root / "notes"

def python(name, code, **more):
    return Child(name, (sys.executable, "-c", code, str(notes)), **more)

{stages}
try:
    with locks.only_one(folder):
        supervisor = Supervisor(stages, folder, Path.cwd(), Console(verbose=True), lambda: print("UP", flush=True))
        sys.exit(supervisor.run())
except StartError as error:
    print(error, file=sys.stderr)
    sys.exit(3)
"""

SLEEPER = "import time; time.sleep(600)"
# Starts a process of its own in a session of its own, out of reach of signals to the group, and notes its pid.
PARENT = (
    "import subprocess, sys, time; from pathlib import Path; "
    "own = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True); "
    "Path(sys.argv[1]).write_text(str(own.pid)); time.sleep(600)"
)
ONE_SLEEPER = f"stages = [[python('sleeper', {SLEEPER!r})]]"
ONE_PARENT = f"stages = [[python('parent', {PARENT!r}, is_ready=notes.exists)]]"


@contextmanager
def supervising(
    folder: DataFolder, stages: str, ignoring: signal.Signals | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A supervisor over the stages that the Python source `stages` assigns to a name `stages`."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT.replace("{stages}", stages), str(folder.root)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: ignoring and signal.signal(ignoring, signal.SIG_IGN),
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)
        for stray in find_strays(folder):
            stray.kill()


def wait_until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Fail if the condition does not become true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def wait_for_line(process: subprocess.Popen[str], text: str) -> None:
    """Read the process's output up to a line that holds `text`."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"The process ended with code {process.wait()} and never said {text!r}.")


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def is_gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has, too: nobody collects orphans in a container without an init."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
