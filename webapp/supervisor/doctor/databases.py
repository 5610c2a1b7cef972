"""Errors of PostgreSQL in words: what is wrong, and what to do, for the embedded server and for one of DATABASE_URL."""

from typing import NamedTuple

import psycopg
from django.conf import settings
from django.db import connection

_RIGHTS = "docs/operations.md (Another PostgreSQL) has the SQL that makes role, database and rights."
_REMEDIES = (
    ("password authentication failed", "Correct user and password in DATABASE_URL. {encoding}"),
    ("no password supplied", "Add the password to DATABASE_URL: postgres://user:password@host/name. {encoding}"),
    ("no pg_hba.conf entry", "Let pg_hba.conf of that server admit this machine, user and database."),
    ("could not translate host name", "Correct the host in DATABASE_URL. {encoding}"),
    ("failed to resolve host", "Correct the host in DATABASE_URL. {encoding}"),
    ("remaining connection slots", "Raise max_connections of that server, or run fewer workers."),
    ("too many clients", "Raise max_connections of that server, or run fewer workers."),
    ("does not exist", "Correct DATABASE_URL, or make what is missing: {rights}"),
)
"""Words of PostgreSQL and libpq in English, and what to do then."""


class DatabaseTrouble(NamedTuple):
    """What is wrong with the database, in one line, and what to do."""

    found: str
    mend: str


def explained(error: Exception) -> DatabaseTrouble:
    """Trouble behind an exception of Django or psycopg."""
    origin = _origin(error)
    line = (str(origin).strip().splitlines() or [type(origin).__name__])[0]
    if isinstance(origin, psycopg.errors.InsufficientPrivilege):
        role = connection.settings_dict["USER"] or "its role"
        return DatabaseTrouble(f"{role} lacks rights in the database: {line}", f"Grant them. {_RIGHTS}")
    if isinstance(origin, psycopg.ProgrammingError):
        return DatabaseTrouble(
            f"The database lacks this version's tables: {line}",
            "Run `manage.py prepare` once, or start everything with `manage.py up`.",
        )
    return DatabaseTrouble(f"The database at {_host()} cannot be reached: {line}", _remedy(str(origin)))


def _remedy(message: str) -> str:
    if settings.EMBEDDED_POSTGRES:
        return "Start it with `manage.py up`, or set EARSHOT_DATA or DATABASE_URL to where it is."
    fitting = (mend for words, mend in _REMEDIES if words in message)
    general = "Check that this PostgreSQL runs and is reached from here, and host and port in DATABASE_URL."
    return next(fitting, general).format(encoding=settings.PERCENT_ENCODING, rights=_RIGHTS)


def _host() -> str:
    parameters = connection.settings_dict
    return str(parameters["HOST"] or parameters.get("OPTIONS", {}).get("host") or "localhost")


def _origin(error: BaseException) -> BaseException:
    """Error of psycopg that Django has wrapped once or twice."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, psycopg.Error):
        cause = cause.__cause__ or cause.__context__
    return cause or error
