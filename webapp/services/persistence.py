"""Writes that outlast a restart of the database."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

from webapp.services.failures import is_database_outage

PATIENCE_SECONDS = 15 * 60.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


class GivenUp(Exception):
    """The caller's `give_up` returned true while the database was out of reach."""


def persist(
    write: Callable[[], Result],
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    give_up: Callable[[], bool] = lambda: False,
) -> Result:
    """Call `write`, repeatedly while the database cannot be reached, on a new connection each time.

    `write` must be idempotent: a connection may break after the commit. Services that check leases do. After
    `patience_seconds` the last error is raised; GivenUp as soon as `give_up` is true during an outage.
    """
    deadline = time.monotonic() + patience_seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return write()
        except Exception as error:
            if not is_database_outage(error):
                raise
            connection.close()
            if time.monotonic() + pause > deadline:
                raise
            if pause == _FIRST_PAUSE_SECONDS:
                logger.warning(
                    "The database is out of reach, waiting for it: %s", str(error).strip().partition("\n")[0]
                )
        if give_up():
            raise GivenUp
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
