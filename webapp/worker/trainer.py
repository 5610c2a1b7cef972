"""The parent's end of the warm training process: starts it, talks to it, and outlives its death."""

import logging
import os
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from time import monotonic

import psutil
from django.conf import settings

from webapp.worker.messages import Cancel, Evaluate, FromChild, Ready

MOST_TRIALS = int(os.environ.get("EARSHOT_TRIALS_PER_PROCESS", "100"))
MOST_BYTES = int(os.environ.get("EARSHOT_PROCESS_BYTES", str(4_000_000_000)))
_LAST_WORDS_SECONDS = 5.0

logger = logging.getLogger(__name__)


class TrainerDied(Exception):
    """The training process ended by itself; `str(error)` says how."""


class Trainer:
    """One warm training process after another. Not for several threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._trials = 0
        self._ready = False

    def warm_up(self) -> None:
        """Start the process if there is none; it loads its libraries while the caller does something else."""
        if self._process is not None and self._process.poll() is None:
            return
        self.kill()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webapp.worker.child", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
            )
        self._connection = Connection(ours.detach())
        self._trials, self._ready = 0, False

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def evaluate(self, order: Evaluate) -> None:
        self.warm_up()
        self._trials += 1
        self._send(order)

    def cancel(self) -> None:
        self._send(Cancel())

    def receive(self, timeout_seconds: float) -> FromChild | None:
        """The next message, None if there is none in time. Raises TrainerDied."""
        assert self._connection is not None
        deadline = monotonic() + timeout_seconds
        try:
            while self._connection.poll(max(0.0, deadline - monotonic())):
                message: FromChild = self._connection.recv()
                if not isinstance(message, Ready):
                    return message
                logger.info("The training process %s was ready after %.1f s", self.pid, message.seconds)
        except (EOFError, OSError) as error:
            raise TrainerDied(self._how_it_ended()) from error
        return None

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._connection = None

    def renew_if_worn(self) -> None:
        """Between trials: replace a process that has done many of them or has grown too large."""
        if self._process is None:
            return
        if self._trials >= MOST_TRIALS or _resident_bytes(self._process.pid) > MOST_BYTES:
            logger.info("Renewing the training process after %d trials", self._trials)
            self.kill()
            self.warm_up()

    def _send(self, message: Evaluate | Cancel) -> None:
        assert self._connection is not None
        try:
            self._connection.send(message)
        except OSError as error:
            raise TrainerDied(self._how_it_ended()) from error

    def _how_it_ended(self) -> str:
        assert self._process is not None
        try:
            code = self._process.wait(_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return "The training process closed its pipe without a word."
        if code >= 0:
            return f"The training process ended by itself with exit code {code}."
        name = signal.Signals(-code).name
        hint = " The system may have run out of memory." if name == "SIGKILL" else ""
        return f"The training process was ended by signal {-code} ({name}).{hint}"


def _resident_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
