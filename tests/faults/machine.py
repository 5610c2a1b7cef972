"""A whole machine for fault tests: `manage.py up` on a data folder of its own, evaluations simulated."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from nas_engine.audio.synthesis.generator import Recipe, synthesise
from tests.supervisor.processes import free_port
from webapp.data_folder import DataFolder

ROOT = Path(__file__).resolve().parents[2]
_FEW_CLIPS = Recipe(train_clips_per_class=2, eval_clips_per_class=5, test_clips_per_class=1)


class Machine:
    """A running `manage.py up`: its processes by name, its database, its commands."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = DataFolder(folder)
        cleared = ("DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")
        inherited = {name: value for name, value in os.environ.items() if name not in cleared}
        self.environment = {**inherited, "EARSHOT_DATA": str(folder), "EARSHOT_EVALUATOR": "simulated", **environment}
        self.address = ""
        self._up: subprocess.Popen[str] | None = None
        self._studies: list[subprocess.Popen[str]] = []

    @contextmanager
    def up(self, *, trainers: int = 2) -> Iterator["Machine"]:
        self._up = self._start("up", "--port", free_port(), "--trainers", str(trainers))
        try:
            self._wait_for_address()
            yield self
        except BaseException:
            for study in self._studies:  # nobody waits for them any more
                study.kill()
            raise
        finally:
            self._up.terminate()
            self._up.wait(timeout=60)

    def kill_supervisor(self) -> None:
        """What a power cut leaves: `manage.py up` is gone without a word."""
        assert self._up is not None
        self._up.kill()
        self._up.wait()

    def manage(self, *arguments: str) -> str:
        """Run a command to its end; its output."""
        process = self._start(*arguments)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        return output

    def start_study(self, file: Path, *arguments: str) -> "subprocess.Popen[str]":
        self._studies.append(self._start("run_study", str(file), "--wait", *arguments))
        return self._studies[-1]

    def add_clips(self, folder: Path, name: str) -> None:
        synthesise(folder, 1, lambda done, total, phase: None, recipe=_FEW_CLIPS)
        self.manage("add_dataset", str(folder), "--name", name)

    def process(self, *words: str) -> psutil.Process:
        """The one process of this machine whose command line holds all words; waited for while it starts again."""
        found: psutil.Process = until(lambda: self._only_process(words))
        return found

    def _only_process(self, words: tuple[str, ...]) -> psutil.Process:
        """Raises psutil.Error where a process ends while it is looked at, LookupError unless exactly one is found."""
        assert self._up is not None
        found = [p for p in psutil.Process(self._up.pid).children(recursive=True) if _says(p, words)]
        top = [p for p in found if p.parent() not in found]  # PostgreSQL's own children repeat the words
        if len(top) != 1:
            raise LookupError(f"{len(top)} processes say {words}")
        return top[0]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(host=str(self.folder.socket_folder), user="postgres", dbname="earshot") as connection:
            return connection.execute(query.encode()).fetchall()

    def answers(self) -> bool:
        """Whether the web server answers anything but a server's error."""
        try:
            with urllib.request.urlopen(self.address, timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _wait_for_address(self) -> None:
        assert self._up is not None
        assert self._up.stdout is not None
        for line in self._up.stdout:
            if "answers at" in line:
                self.address = line.split("answers at")[1].split()[0]
                # Somebody has to go on reading, or the supervisor stops at a full pipe.
                threading.Thread(target=self._up.stdout.read, daemon=True).start()
                return
        raise AssertionError(f"`manage.py up` ended with code {self._up.wait()}.")


def _says(process: psutil.Process, words: tuple[str, ...]) -> bool:
    try:
        line = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return all(word in line for word in words)


def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The condition's first true value. Errors on the way (a database down, no row, a process gone) are "not yet"."""
    deadline = time.monotonic() + seconds
    trouble: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if value := condition():
                return value
        except (psycopg.Error, psutil.Error, LookupError) as error:
            trouble = error
        time.sleep(0.05)
    raise AssertionError(f"It did not happen within {seconds} s. Last error: {trouble}")


def read_summary(path: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(path.read_text())
    return summary
