"""Destinations of the children's output: a log file each, and the console for warnings and errors."""

import contextlib
import re
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, TextIO

_ROTATE_BYTES = 5_000_000
_KEPT_FILES = 3
_REMEMBERED_LINES = 20
# Lines that the user should see at once: "WARNING logger.name:" (settings.LOGGING).
_NOTABLE = re.compile(r"\b(WARNING|ERROR|CRITICAL) [\w.]+:")


class LogFile:
    """One child's log; `name.log.1` and following are older."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.log"
        self.last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self._file: BinaryIO = self.path.open("ab", buffering=0)

    def write(self, line: bytes) -> None:
        self.last_lines.append(line.decode(errors="replace").rstrip())
        with contextlib.suppress(OSError):  # a full disk must not end the supervisor
            if self._file.tell() > _ROTATE_BYTES:
                self._rotate()
            self._file.write(line)

    def close(self) -> None:
        self._file.close()

    def _rotate(self) -> None:
        for number in range(_KEPT_FILES, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            newer = self.path if number == 1 else self.path.with_name(f"{self.path.name}.{number - 1}")
            if newer.exists():
                newer.replace(older)
        self._file.close()
        self._file = self.path.open("ab", buffering=0)


class Console:
    """The terminal of `manage.py up`: our own lines, and the children's with their name in front."""

    def __init__(self, stream: TextIO | None = None, verbose: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._verbose = verbose

    def say(self, text: str) -> None:
        """A line of the supervisor's own. A terminal that is gone is no reason to stop."""
        with contextlib.suppress(OSError, ValueError):
            print(text, file=self._stream, flush=True)

    def child_line(self, name: str, line: str) -> None:
        """A line of a child: all of them if verbose, else warnings and errors."""
        if self._verbose or _NOTABLE.search(line):
            self.child_lines(name, [line])

    def child_lines(self, name: str, lines: Iterable[str]) -> None:
        for line in lines:
            self.say(f"  {name:<11}| {line.rstrip()}")
