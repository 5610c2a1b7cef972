"""The worker's end of a child process that holds TensorFlow: starts it, gives it jobs, and survives its death."""

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from time import monotonic

import psutil
from django.conf import settings

from nas_engine.errors import EarshotError, Outage, TransientError
from webapp.worker.child.log_tail import LogTail
from webapp.worker.child.messages import (
    Cancel,
    Ended,
    Finished,
    FromChild,
    Job,
    Kind,
    OneOffJob,
    Proceed,
    Ready,
    Result,
)

MOST_JOBS = settings.TRIALS_PER_PROCESS
MOST_BYTES = settings.PROCESS_BYTES
_LAST_WORDS_SECONDS = 5.0
_CHECK_SECONDS = 0.5
_ERRORS: Mapping[str, type[Exception]] = {"transient": TransientError, "outage": Outage}
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

logger = logging.getLogger(__name__)


class ChildDied(TransientError):
    """The child ended by itself; `str(error)` states how, by the signal's name where it was a signal."""


class ChildProcess:
    """One warm process after another that does jobs of one kind. Not for several threads."""

    def __init__(self, kind: Kind, environment: Mapping[str, str] | None = None) -> None:
        self._kind = kind
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._jobs = 0
        self._log = LogTail()

    def warm_up(self) -> None:
        """Start the process if there is none; it loads its libraries while the caller does something else."""
        if self._process is not None and self._process.poll() is None:
            return
        self.kill()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webapp.worker.child", str(theirs.fileno()), self._kind],
                pass_fds=[theirs.fileno()],
                cwd=settings.BASE_DIR,
                env=os.environ | self._environment,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        assert self._process.stderr is not None
        self._log.follow(self._process.stderr)
        self._connection = Connection(ours.detach())
        self._jobs = 0

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def log_tail(self) -> str:
        """The end of what has been written to the log since the last job began, at most some thousand characters."""
        return self._log.text()

    def begin(self, job: Job[Result]) -> None:
        """Give the child a job. Its events and its result come by `receive`. Raises ChildDied."""
        self.warm_up()
        self._log.clear()
        self._jobs += 1
        self._send(job)

    def call(self, job: Job[Result], patience_seconds: float, check: Callable[[], object] | None = None) -> Result:
        """Have a job done, without its events; `check` is called twice a second and may raise to leave it.

        Raises EarshotError with the reason where the job has no result: TransientError where the child took too long,
        ended by itself (ChildDied), or reports that another attempt may succeed; Outage where the machine failed it.
        """
        self.begin(job)
        deadline = monotonic() + patience_seconds
        while (left := deadline - monotonic()) > 0:
            message = self.receive(min(left, _CHECK_SECONDS) if check else left)
            if isinstance(message, Finished):
                result: Result = message.result
                return result
            if isinstance(message, Ended):
                raise _ERRORS.get(message.kind, EarshotError)(message.reason)
            if check:
                check()
        self.kill()
        raise TransientError(f"TensorFlow did not answer within {patience_seconds:.0f} s.")

    def cancel(self) -> None:
        """Have the job end at its next event."""
        self._send(Cancel())

    def proceed(self) -> None:
        """Have the job go on after an event that it awaits a verdict on."""
        self._send(Proceed())

    def receive(self, timeout_seconds: float) -> FromChild | None:
        """The next message, None if there is none in time. Raises ChildDied."""
        assert self._connection is not None
        deadline = monotonic() + timeout_seconds
        try:
            while self._connection.poll(max(0.0, deadline - monotonic())):
                message: FromChild = self._connection.recv()
                if not isinstance(message, Ready):
                    return message
                logger.info("The %s process %s was ready after %.1f s", self._kind, self.pid, message.seconds)
        except (EOFError, OSError) as error:
            raise ChildDied(self._how_it_ended()) from error
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
        """Between jobs: replace a process that has done many of them or has grown too large."""
        if self._process is None:
            return
        if self._jobs >= MOST_JOBS or _resident_bytes(self._process.pid) > MOST_BYTES:
            logger.info("Renewing the %s process after %d jobs", self._kind, self._jobs)
            self.kill()
            self.warm_up()

    def _send(self, message: Job[Result] | Cancel | Proceed) -> None:
        assert self._connection is not None
        try:
            self._connection.send(message)
        except OSError as error:
            raise ChildDied(self._how_it_ended()) from error

    def _how_it_ended(self) -> str:
        assert self._process is not None
        try:
            code = self._process.wait(_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return f"The {self._kind} process closed its pipe and gave no reason."
        if code >= 0:
            return f"The {self._kind} process ended by itself with exit code {code}."
        name = signal.Signals(-code).name
        hint = " The system may have run out of memory." if name == "SIGKILL" else ""
        return f"The {self._kind} process was ended by signal {-code} ({name}).{hint}"


def call_once(job: OneOffJob[Result], check: Callable[[], object] | None = None) -> Result:
    """Have one job done in a process of its own, on one thread. Raises EarshotError as `ChildProcess.call` does.

    What `check` raises ends the process at once.
    """
    child = ChildProcess(job.kind, _ONE_THREAD)
    try:
        return child.call(job, job.patience_seconds, check)
    finally:
        child.kill()


def _resident_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
