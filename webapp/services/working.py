"""Working on one job: claim its row, do the work, write the outcome back, with one rule for what goes wrong.

An outage leaves the row open: the worker waits, since its next job would meet the same, and hands the row back. Another
attempt follows a TransientError, `MOST_ATTEMPTS` in all. Any other error is the outcome.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from nas_engine.errors import EarshotError
from webapp.services import jobs
from webapp.services.errors import Conflict
from webapp.services.failures import is_outage, may_pass
from webapp.services.jobs import JobKind
from webapp.services.persistence import GivenUp, persist

Write = Callable[[], object]
"""Writes an outcome to the row, if the worker still holds it; may be called again after an outage."""
Row = TypeVar("Row")
PAUSE_SECONDS = 5.0
_LAST_SECONDS = 5.0  # for which a worker that has to end waits for the database
_TICK_SECONDS = 0.1

logger = logging.getLogger(__name__)


class Interrupted(Exception):  # not an error
    """Raised by work that is ended before its time: another worker starts it again."""


class TakenOver(Exception):  # not an error
    """Raised by work whose row was deleted or is held by another worker: there is nothing to write."""


def never() -> bool:
    return False


def work(
    job: JobKind,
    row_id: int,
    worker: str,
    *,
    claim: Callable[[], Row | None],
    do: Callable[[Row], Write],
    reject: Callable[[Row, Exception], object],
    stopping: Callable[[], bool] = never,
) -> bool:
    """Work on the row unless another worker does; True if an outcome was written.

    `do` returns the write of what it has found. `reject` writes that there is no result, and why: an EarshotError or a
    Conflict is a sentence for the user, anything else a fault of Earshot. `stopping` is whether the worker has to end.
    """
    try:
        row = persist(claim, give_up=stopping)
    except GivenUp:
        return False
    if row is None:
        return False
    with jobs.kept_alive(job, row_id, worker):
        try:
            if stopping():
                raise Interrupted
            return bool(persist(do(row), give_up=stopping))
        except TakenOver:
            return False
        except (Interrupted, GivenUp):
            persist(partial(jobs.hand_back, job, row_id, worker), patience_seconds=_LAST_SECONDS)
            return False
        except Exception as error:
            return _answer(job, row_id, worker, error, partial(reject, row, error), stopping)


def _answer(
    job: JobKind, row_id: int, worker: str, error: Exception, reject: Write, stopping: Callable[[], bool]
) -> bool:
    """Hand the row back where another attempt may succeed, else write the error as its outcome."""
    name = f"{job.model.__name__} {row_id}"
    is_local = persist(partial(jobs.is_local, job, row_id))
    if is_outage(error) and not is_local:
        logger.warning("%s is left open, for this will pass: %s", name, _first_line(error))
        wait(stopping)
        persist(partial(jobs.hand_back, job, row_id, worker))
        return False
    if may_pass(error) and not is_local and persist(partial(jobs.has_attempts_left, job, row_id, worker)):
        logger.warning("%s is tried again: %s", name, _first_line(error))
        persist(partial(jobs.hand_back, job, row_id, worker, counts=True))
        return False
    if not isinstance(error, EarshotError | Conflict):
        logger.error("%s has no result", name, exc_info=error)
    return bool(persist(reject))


def wait(stopping: Callable[[], bool]) -> None:
    """Let an outage pass, for PAUSE_SECONDS, or until the worker has to end."""
    deadline = time.monotonic() + PAUSE_SECONDS
    while time.monotonic() < deadline and not stopping():
        time.sleep(_TICK_SECONDS)


def reason(error: Exception, unexpected: str, advice: str = "") -> str:
    """Why there is no result: the error's own words, or for a fault of Earshot `unexpected`, the error and `advice`."""
    if isinstance(error, EarshotError | Conflict):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{unexpected}: the memory of this machine is too small for it."
    return f"{unexpected}: {error!r}. {advice}".strip()


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
