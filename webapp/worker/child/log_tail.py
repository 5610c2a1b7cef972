"""The end of what a child process writes to its log, kept for the page of a trial that fails."""

import os
import sys
import threading
import time
from typing import IO

MOST_BYTES = 8_000
_QUIET_SECONDS = 0.2
_CHUNK_BYTES = 4_096


class LogTail:
    """The last `MOST_BYTES` bytes that processes wrote to pipes, each passed on to this process' own log.

    For the thread that follows a pipe and one that reads the tail.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = b""
        self._heard_at = 0.0

    def follow(self, pipe: IO[bytes]) -> None:
        """Read `pipe` to its end in a thread, and close it then."""
        threading.Thread(target=self._read, args=(pipe,), name="log of a child", daemon=True).start()

    def clear(self) -> None:
        """Forget what was written so far: another job begins."""
        with self._lock:
            self._bytes = b""

    def text(self) -> str:
        """The tail in whole lines as far as it was cut, once the process has been quiet for a moment."""
        deadline = time.monotonic() + 10 * _QUIET_SECONDS
        while time.monotonic() < deadline:
            time.sleep(_QUIET_SECONDS / 2)
            if time.monotonic() - self._heard_at > _QUIET_SECONDS:
                break
        with self._lock:
            written = self._bytes
        if len(written) == MOST_BYTES:
            written = written.partition(b"\n")[2] or written
        return written.decode("utf-8", "replace").replace("\x00", "\ufffd").strip()

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            while chunk := os.read(pipe.fileno(), _CHUNK_BYTES):
                with self._lock:
                    self._bytes = (self._bytes + chunk)[-MOST_BYTES:]
                    self._heard_at = time.monotonic()
                try:
                    sys.__stderr__.buffer.write(chunk)  # type: ignore[union-attr]
                    sys.__stderr__.flush()  # type: ignore[union-attr]
                except (AttributeError, OSError, ValueError):  # this process has no log, or has closed it
                    continue
