"""A child process: what it is (Child, frozen) and how it fares (SupervisedProcess)."""

import contextlib
import enum
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webapp.supervisor.account import die_with_parent
from webapp.supervisor.output import Console, LogFile
from webapp.supervisor.signs_of_life import SignOfLife

_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 30.0
_HEALTHY_SECONDS = 30.0  # who has lived this long starts again without delay
_READ_BYTES = 65536


class Kind(enum.Enum):
    SERVICE = "started again whenever it ends"
    STEP = "runs once; what follows waits for it and needs its success"
    GUEST = "runs once alongside the services, on the supervisor's own terminal"


def default_preparation() -> None:
    """Tie a child's life to the supervisor's."""
    die_with_parent(signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Child:
    """Command of one process, with the ways to start, check and stop it.

    `before_start` runs in the supervisor before each start and may raise StartError. `in_child` runs in the new process
    before the program: by default it ties the child's life to the supervisor's. `is_ready` returns whether what follows
    may start. `when_done` hears a guest's exit code. `sign_of_life` makes the sign that a service works:
    without a sign for `silent_seconds` it is ended, to be started again.
    """

    name: str
    command: tuple[str, ...]
    kind: Kind = Kind.SERVICE
    environment: Mapping[str, str] = field(default_factory=dict)
    before_start: Callable[[], None] = lambda: None
    in_child: Callable[[], None] = default_preparation
    is_ready: Callable[[], bool] = lambda: True
    ready_seconds: float = 60.0
    when_done: Callable[[int], None] = lambda code: None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    sign_of_life: Callable[[], SignOfLife] | None = None
    silent_seconds: float = 120.0


class SupervisedProcess:
    """One child over all its lives. Driven by the supervisor's loop; never blocks."""

    def __init__(self, child: Child, base: Path, environment: Mapping[str, str], logs: Path, console: Console) -> None:
        self.child = child
        self._base = base
        self._environment = {**environment, **child.environment}
        self._log = LogFile(logs, child.name)
        self._console = console
        self._popen: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._failures = 0
        self._partial = b""
        self.start_again_at: float | None = None
        self._sign = child.sign_of_life() if child.sign_of_life else None
        self._heard_at = 0.0

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int | None:
        return self._popen.pid if self._popen else None

    @property
    def output(self) -> int | None:
        """File descriptor of the output of a running child, to wait on."""
        return self._popen.stdout.fileno() if self._popen and self._popen.stdout else None

    def start(self) -> None:
        self.child.before_start()
        self.start_again_at = None
        on_terminal = self.child.kind is Kind.GUEST
        self._popen = subprocess.Popen(
            self.child.command,
            cwd=self._base,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=None if on_terminal else subprocess.PIPE,
            stderr=None if on_terminal else subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the supervisor, which then stops its children in order
            preexec_fn=self.child.in_child,
        )
        self._started_at = time.monotonic()
        self._heard_at = self._started_at + self.child.ready_seconds  # it may have a lot to load
        if self._popen.stdout:
            os.set_blocking(self._popen.stdout.fileno(), False)

    def read_output(self) -> None:
        """Pass on the child's output so far, by whole lines."""
        descriptor = self.output
        if descriptor is None:
            return
        with contextlib.suppress(BlockingIOError, OSError):
            while chunk := os.read(descriptor, _READ_BYTES):
                *lines, self._partial = (self._partial + chunk).split(b"\n")
                for line in lines:
                    self._pass_on(line)

    def collect_end(self) -> int | None:
        """The exit code of a child that has ended since the last call; negative for a signal, None if nothing ended."""
        if self._popen is None or (code := self._popen.poll()) is None:
            return None
        self._end_group(self._popen.pid)
        self.read_output()
        if self._partial:
            self._pass_on(self._partial)
            self._partial = b""
        if self._popen.stdout:
            self._popen.stdout.close()
        self._popen = None
        self._log.write(f"--- {self.child.name} ended: {describe_exit(code)} ---\n".encode())
        return code

    def is_silent(self) -> bool:
        """Whether it runs and has given no sign of life for too long."""
        if self._sign is None or not self.running:
            return False
        now = time.monotonic()
        if self._sign.was_given():
            self._heard_at = now
        return now - self._heard_at > self.child.silent_seconds

    def excuse(self) -> None:
        """Count its silence from now on: nobody listened before."""
        self._heard_at = max(self._heard_at, time.monotonic())

    def schedule_restart(self) -> float:
        """Plan the next start with exponential back-off; return the delay in seconds."""
        lived = time.monotonic() - self._started_at
        self._failures = 0 if lived >= _HEALTHY_SECONDS else self._failures + 1
        delay: float = min(_FIRST_DELAY_SECONDS * 2 ** max(0, self._failures - 1), _LONGEST_DELAY_SECONDS)
        self.start_again_at = time.monotonic() + delay
        return delay

    def last_words(self) -> list[str]:
        return list(self._log.last_lines)

    def ask_to_stop(self) -> None:
        self.start_again_at = None
        if self.running and self._popen:
            self._popen.send_signal(self.child.stop_signal)

    def kill(self) -> None:
        """End the child and its own children at once."""
        if self._popen:
            self._popen.kill()
            self._end_group(self._popen.pid)

    def close(self) -> None:
        self._log.close()

    def _pass_on(self, line: bytes) -> None:
        self._log.write(line + b"\n")
        self._console.child_line(self.child.name, line.decode(errors="replace"))

    @staticmethod
    def _end_group(pid: int) -> None:
        """End what the child has started and not ended itself: it was the leader of its process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def describe_exit(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"ended by {signal.Signals(-code).name}"
    return f"ended by signal {-code}"
