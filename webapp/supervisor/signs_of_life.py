"""Signs by which the supervisor distinguishes a process that works from one that is alive and answers nothing.

A sign is queried a few times a second and never blocks: the supervisor has one thread for all of its children.
"""

import errno
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

_EVERY_SECONDS = 5.0
_ANSWER_SECONDS = 60.0  # for one question; then another is sent
_SSL_REQUEST = struct.pack("!ii", 8, 80_877_103)
"""A connection's first message (PostgreSQL's manual, 54.7): a server that works answers one byte, without a sign-in."""


class SignOfLife(Protocol):
    def was_given(self) -> bool:
        """Whether the process has shown itself since the last call."""
        ...


class TouchedFile:
    """The process touches a file every few seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0.0

    def was_given(self) -> bool:
        try:
            touched = self._path.stat().st_mtime
        except OSError:
            return False
        before, self._seen = self._seen, touched
        return touched != before


class AnsweredQuestion:
    """The process answers a few bytes on its socket with at least one; which one is not looked at."""

    def __init__(self, family: socket.AddressFamily, address: str | tuple[str, int], question: bytes) -> None:
        self._family, self._address, self._question = family, address, question
        self._connection: socket.socket | None = None
        self._sent_at = float("-inf")
        self._left = b""

    def was_given(self) -> bool:
        now = time.monotonic()
        if self._connection is None and now - self._sent_at >= _EVERY_SECONDS:
            self._begin(now)
        if self._connection is None:
            return False
        if self._is_answered(self._connection):
            self._end()
            return True
        if now - self._sent_at > _ANSWER_SECONDS:
            self._end()
        return False

    def _begin(self, now: float) -> None:
        self._sent_at, self._left = now, self._question
        connection = socket.socket(self._family, socket.SOCK_STREAM)
        connection.setblocking(False)
        if connection.connect_ex(self._address) in (0, errno.EINPROGRESS):
            self._connection = connection
        else:
            connection.close()

    def _is_answered(self, connection: socket.socket) -> bool:
        try:
            if self._left:
                self._left = self._left[connection.send(self._left) :]
            return bool(connection.recv(1))
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno != errno.ENOTCONN:  # not yet
                self._end()
            return False

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def of_web_server(host: str, port: int, host_name: str) -> Callable[[], SignOfLife]:
    """Any answer to a request for a page that needs no database."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    question = f"GET /sign-in/ HTTP/1.1\r\nHost: {host_name}\r\nConnection: close\r\n\r\n".encode()
    return lambda: AnsweredQuestion(family, (target, port), question)


def of_postgres(socket_folder: Path) -> Callable[[], SignOfLife]:
    """The first byte of a connection."""
    return lambda: AnsweredQuestion(socket.AF_UNIX, str(socket_folder / ".s.PGSQL.5432"), _SSL_REQUEST)


def of_file(path: Path) -> Callable[[], SignOfLife]:
    """A touch of this file."""
    path.unlink(missing_ok=True)
    return lambda: TouchedFile(path)
