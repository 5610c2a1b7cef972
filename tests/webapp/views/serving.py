"""The web server as `manage.py up` runs it, in a process of its own on the tests' database."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tests.supervisor.processes import free_port

_START_SECONDS = 240.0  # of a busy machine


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port on 127.0.0.1, and the file that takes its log."""

    port: int
    log: Path

    def connect(self, timeout_seconds: float = 30.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_seconds)

    def ask(self, request: bytes, timeout_seconds: float = 30.0) -> bytes:
        """The whole answer to `request`, which is all that is sent; empty if the server hangs up without one."""
        with self.connect(timeout_seconds) as connection:
            pieces = []
            with suppress(OSError):  # it has hung up before it had read all, perhaps with an answer
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionError):
                while piece := connection.recv(65_536):
                    pieces.append(piece)
            return b"".join(pieces)

    def get(self, path: str, *headers: str) -> bytes:
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        return self.ask("\r\n".join([*lines, "", ""]).encode())


def status_of(answer: bytes) -> int:
    """The status, 0 of no answer."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Server]:
    """Ended at the end of the block. `environment` adds to the tests' own."""
    server = Server(int(free_port()), folder / "web.log")
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(server.port)],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(server: Server, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, server.log.read_text()
        try:
            server.connect().close()
        except ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("The web server did not start.")
