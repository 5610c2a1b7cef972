"""Log lines of a broker or database that is down: one line a minute instead of tracebacks at every try."""

import logging
import time

import psycopg
from kombu.exceptions import OperationalError

_LOGGERS = ("celery.worker.consumer", "kombu", "psycopg.pool", "webapp.dispatch")
_PACKAGES = ("amqp", "redis")  # their errors have no common class
_REPEAT_SECONDS = 60.0


class OutageFilter(logging.Filter):
    """Shortens records about lost connections to one line, and drops those that were logged a moment ago."""

    def __init__(self) -> None:
        super().__init__()
        self._logged_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged. Records of other loggers, and other errors, stay as they are."""
        if not record.name.startswith(_LOGGERS) or record.levelno < logging.WARNING:
            return True
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not _is_outage(error):
            return True
        reason = _first_line(str(error)) if error else ""
        key = (str(record.msg), reason or _first_line(record.getMessage()))
        record.msg, record.args = " ".join(filter(None, [_first_line(record.getMessage()), reason])), ()
        record.exc_info = record.exc_text = None
        return self._is_news(key)

    def _is_news(self, key: tuple[str, str]) -> bool:
        now = time.monotonic()
        if now - self._logged_at.get(key, -_REPEAT_SECONDS) < _REPEAT_SECONDS:
            return False
        self._logged_at[key] = now
        return True


def _is_outage(error: BaseException) -> bool:
    return (
        isinstance(error, OSError | OperationalError | psycopg.OperationalError)
        or type(error).__module__.partition(".")[0] in _PACKAGES
    )


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0]
