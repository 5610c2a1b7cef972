"""Lines of the logs: short whatever a request holds, so that nobody fills a disk by asking."""

import logging
import traceback
from types import TracebackType

_MOST_CHARACTERS = 600
_MOST_FRAMES = 20
_UNAVAILABLE = 503


class ShortLines(logging.Formatter):
    """Formatter that cuts messages in their middle, and tracebacks to the frames next to the error."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _cut(super().formatMessage(record), _MOST_CHARACTERS)

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        lines = traceback.format_exception(*ei, limit=-_MOST_FRAMES)
        return "".join(_cut(line, _MOST_CHARACTERS) for line in lines).rstrip()


class WithoutTracebackOfRejections(logging.Filter):
    """Leaves the traceback out of requests that were refused for their own fault, or because the database is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", 0)
        if 400 <= status < 500 or status == _UNAVAILABLE:
            record.exc_info = None
        return True


def _cut(text: str, most: int) -> str:
    left_out = len(text) - most
    return text if left_out <= 0 else f"{text[: most // 2]} [{left_out} characters] {text[-(most // 2) :]}"
