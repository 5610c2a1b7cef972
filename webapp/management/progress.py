"""Progress in one line: rewritten on a terminal, printed now and then into a log."""

import sys
import time
from typing import TextIO

_LOG_SECONDS = 15.0


class Line:
    """The line; `end` finishes it with a last text."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._began = self._printed_at = time.monotonic()
        self._shown = ""

    def show(self, text: str) -> None:
        text = f"[{time.monotonic() - self._began:4.0f} s] {text}"
        if self._stream.isatty():
            print(f"\r\033[K{text}", end="", file=self._stream, flush=True)
        elif not self._shown or time.monotonic() - self._printed_at >= _LOG_SECONDS:
            print(text, file=self._stream, flush=True)
            self._printed_at = time.monotonic()
        self._shown = text

    def end(self, text: str) -> None:
        start = "\r\033[K" if self._stream.isatty() and self._shown else ""
        print(f"{start}[{time.monotonic() - self._began:4.0f} s] {text}", file=self._stream, flush=True)
        self._shown = ""
