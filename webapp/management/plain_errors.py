"""Error messages at the terminal instead of tracebacks."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.db.migrations.exceptions import MigrationSchemaMissing

from nas_engine.errors import EarshotError
from webapp.services.errors import Conflict
from webapp.supervisor.doctor.databases import explained

_DATABASE_ERRORS = (
    OperationalError, InterfaceError, ProgrammingError, MigrationSchemaMissing,
    psycopg.OperationalError, psycopg.InterfaceError, psycopg.ProgrammingError,
)  # fmt: skip


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn rejected requests and trouble with settings or database into what is wrong, what to do, and exit code 1."""
    try:
        yield
    except (Conflict, EarshotError) as error:
        raise CommandError(str(error)) from error
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from error
    except _DATABASE_ERRORS as error:
        raise CommandError("\n".join(explained(error))) from error
