"""The web server's end: starts the listening process, gives it jobs of all threads in turn, and survives its death."""

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from time import monotonic

from django.conf import settings

from nas_engine.errors import EarshotError, TransientError
from webapp.listening.messages import Answer, DecodeSound, Done, ListeningJob, Undone

IDLE_SECONDS = 60.0
"""After which the process is ended: it holds TensorFlow."""
PATIENCE_SECONDS = 120.0
MOST_WAITING = 4
"""Jobs at a time, the one that is worked on included; a web server has few threads, and pages need them."""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

logger = logging.getLogger(__name__)


class EarIsBusy(TransientError):
    """As many jobs wait as may: try again soon."""


class UnreadableSound(EarshotError):
    """The sound, or what is to hear it, cannot be used. Show the message."""


class TooLongSound(UnreadableSound):
    """A file holds more sound than is decoded. Show the message."""


class ListeningFault(EarshotError):
    """A job met a fault of Earshot, or a file to decode ended or silenced the process: the same again would, too."""


class ListeningProcess:
    """One warm process after another, for all threads of this one."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._turns = threading.BoundedSemaphore(MOST_WAITING)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._ending: threading.Timer | None = None
        self._used_at = monotonic()

    @property
    def pid(self) -> int | None:
        process = self._process
        return None if process is None else process.pid

    def warm_up(self) -> None:
        """Start the process if there is none; it loads its libraries while the caller does something else."""
        if self._lock.acquire(blocking=False):  # somebody who holds it has started one
            try:
                self._connect()
                self._end_later()
            finally:
                self._lock.release()

    def call(self, job: ListeningJob[Answer], patience_seconds: float = PATIENCE_SECONDS) -> Answer:
        """Have a job done. Raises EarIsBusy, UnreadableSound with a sentence, TransientError where the process failed.

        Raises ListeningFault where the same job would fail again. A job whose process ended by itself is given to the
        next process, once: it may have been killed for its memory.
        """
        if not self._turns.acquire(blocking=False):
            raise EarIsBusy("Too many people try networks at this moment.")
        try:
            with self._lock:
                try:
                    return self._call(job, patience_seconds)
                except (EOFError, OSError) as error:
                    ending = self._how_it_ended()
                    if isinstance(job, DecodeSound):  # perhaps the file did it
                        raise ListeningFault(ending) from error
                logger.warning("%s Another one takes its job.", ending)
                try:
                    return self._call(job, patience_seconds)
                except (EOFError, OSError) as error:
                    raise TransientError(self._how_it_ended()) from error
        finally:
            self._turns.release()

    def close(self) -> None:
        """End the process at once."""
        with self._lock:
            self._close()

    def _call(self, job: ListeningJob[Answer], patience_seconds: float) -> Answer:
        connection = self._connect()
        connection.send(job)
        if not connection.poll(patience_seconds):
            self._close()
            late = f"The listening process did not answer within {patience_seconds:.0f} s."
            raise (ListeningFault if isinstance(job, DecodeSound) else TransientError)(late)
        message: Done[Answer] | Undone = connection.recv()
        self._end_later()
        if isinstance(message, Done):
            return message.answer
        if message.kind == "fault":
            logger.error("The listening process failed: %s", message.reason)
            raise ListeningFault("The listening process met a fault of Earshot, which the server's log states.")
        raise (TooLongSound if message.kind == "too_long" else UnreadableSound)(message.reason)

    def _connect(self) -> Connection:
        if self._connection is not None and self._process is not None and self._process.poll() is None:
            return self._connection
        self._close()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webapp.listening", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=settings.BASE_DIR,
                env=os.environ | _ONE_THREAD,
                stdin=subprocess.DEVNULL,
            )
        self._connection = Connection(ours.detach())
        return self._connection

    def _end_later(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        self._used_at = monotonic()
        self._ending = threading.Timer(self._idle_seconds, self._end_if_idle)
        self._ending.daemon = True
        self._ending.start()

    def _end_if_idle(self) -> None:
        with self._lock:
            if monotonic() - self._used_at >= self._idle_seconds:
                self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._connection = None

    def _how_it_ended(self) -> str:
        code = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(5.0)
        self._close()
        return f"The listening process ended by itself ({'no exit code' if code is None else code})."


EAR = ListeningProcess()
"""The listening process of this web server."""
