"""One rule for whatever goes wrong in jobs and trials: what passes by itself is tried again, all else is final.

An outage (the database, the disk, the network, the limits of the machine) is no statement about the work that met it,
and never a reason to reject a file or to fail a trial, however often it comes. A TransientError, such as a process that
was killed, may have its reason in the work: it is tried again a few times.
"""

from collections.abc import Iterator

import psycopg
from django.db import InterfaceError, OperationalError

from nas_engine.errors import Outage, TransientError, is_of_the_machine

_DATABASE = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
_PROGRAM_LIMIT = "54"  # a class of SQLSTATE: a row or a statement that is too large stays so


def is_database_outage(error: BaseException) -> bool:
    """Whether the database was out of reach, also if that error was taken for another one on its way here."""
    return any(isinstance(one, _DATABASE) and not _exceeds_a_limit(one) for one in _chain(error))


def is_outage(error: BaseException) -> bool:
    """Whether something failed that every job would have met, and that passes without a change of the work."""
    return is_database_outage(error) or any(isinstance(one, Outage) or is_of_the_machine(one) for one in _chain(error))


def may_pass(error: BaseException) -> bool:
    """Whether another attempt may succeed, though the work itself may be the reason."""
    return isinstance(error, TransientError | MemoryError)


def _exceeds_a_limit(error: BaseException) -> bool:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    return str(getattr(cause, "sqlstate", None) or "").startswith(_PROGRAM_LIMIT)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it was raised from or while handling; not of a TransientError, whose cause is known."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen and not isinstance(error, TransientError):
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
