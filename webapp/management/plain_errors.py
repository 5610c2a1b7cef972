"""Error messages at the terminal instead of tracebacks."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError, connection

from nas_engine.errors import EarshotError
from webapp.services.errors import Conflict


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn rejected requests, and a database that cannot be reached or is empty, into one sentence and exit code 1."""
    try:
        yield
    except (Conflict, EarshotError) as error:
        raise CommandError(str(error)) from error
    except (OperationalError, InterfaceError) as error:
        parameters = connection.settings_dict
        where = parameters["HOST"] or parameters.get("OPTIONS", {}).get("host") or "localhost"
        raise CommandError(
            f"The database at {where} cannot be reached: {str(error).strip().splitlines()[0]}\n"
            "Start it with `manage.py up`, or set EARSHOT_DATA or DATABASE_URL to where it is."
        ) from error
    except ProgrammingError as error:
        raise CommandError(
            f"The database lacks this version's tables: {str(error).strip().splitlines()[0]}\n"
            "Run `manage.py prepare` once, or start everything with `manage.py up`."
        ) from error
