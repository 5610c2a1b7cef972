"""Temporary data folder of a benchmark, and Django on it. Import before anything of `webapp`."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

BASE = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """Context with a temporary EARSHOT_DATA, without the user's database or broker in the environment."""
    with tempfile.TemporaryDirectory(prefix="earshot-bench-") as folder:
        for name in ("DATABASE_URL", "CELERY_BROKER_URL"):
            os.environ.pop(name, None)
        os.environ["EARSHOT_DATA"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
        yield Path(folder)


@contextlib.contextmanager
def database() -> Iterator[Path]:
    """Context with a `data_folder`, PostgreSQL with tables, and Django in this process; no other Earshot process."""
    with data_folder() as path:
        from webapp.data_folder import DataFolder
        from webapp.supervisor.postgres import Cluster, running

        folder = DataFolder(path.resolve())
        folder.ensure()
        with running(Cluster.of(folder)) as cluster:
            cluster.ensure_database()
            import django

            django.setup()
            subprocess.run([sys.executable, str(BASE / "manage.py"), "prepare"], check=True, env=os.environ)
            yield path


class RunningMachine:
    """`manage.py up` and its child processes."""

    def __init__(self, process: "subprocess.Popen[str]", address: str) -> None:
        self.address = address
        self._process = process

    def kill(self) -> None:
        """Kill it as a power cut would; the kernel ends the children."""
        self._process.kill()
        self._process.wait()

    def processor_seconds(self) -> dict[str, float]:
        """Seconds of user and system time so far of each process that `up` started, children included."""
        spent = {}
        for child in psutil.Process(self._process.pid).children():
            with contextlib.suppress(psutil.Error):
                family = [child, *child.children(recursive=True)]
                spent[_name(child)] = spent.get(_name(child), 0.0) + sum(sum(one.cpu_times()[:4]) for one in family)
        return {name: round(seconds, 1) for name, seconds in sorted(spent.items())}


@contextlib.contextmanager
def machine_up(*arguments: str, ready_seconds: float = 180) -> Iterator[RunningMachine]:
    """Context with `manage.py up` and all its processes ready, and Django in this process on the same database."""
    process = subprocess.Popen(
        [sys.executable, str(BASE / "manage.py"), "up", "--port", "auto", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=BASE,
    )  # fmt: skip
    try:
        yield RunningMachine(process, _address(process, ready_seconds))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _address(process: "subprocess.Popen[str]", ready_seconds: float) -> str:
    """Wait until it responds."""
    assert process.stdout is not None
    deadline = time.monotonic() + ready_seconds
    address = ""
    for line in process.stdout:
        if "answers at" in line:
            address = line.split("answers at")[1].split()[0]
            break
        if time.monotonic() > deadline:
            raise TimeoutError(f"`manage.py up` was not ready within {ready_seconds:.0f} s.")
    # Whoever stops reading would stop the machine once the pipe is full.
    threading.Thread(target=process.stdout.read, daemon=True).start()
    import django
    from django.db import connection

    django.setup()
    connection.close()  # to the server of an earlier life
    return address


def _name(child: psutil.Process) -> str:
    """Queue of a worker, name of the program for other processes."""
    words = child.cmdline()
    if "--queues" in words:
        return words[words.index("--queues") + 1]
    return next(word for word in ("serve", "reap", "postgres", "other") if word in " ".join(words) or word == "other")
