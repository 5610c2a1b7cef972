"""The message broker: what CELERY_BROKER_URL names, else our own PostgreSQL through kombu's pgmq transport.

pgmq is a set of SQL functions and tables; no server extension is needed. Messages carry ids only and may be lost or
come twice: rows decide (services.trials.claim), the reaper sends again.
"""

from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from pgmq.install import install_pgmq_from_sql
from psycopg.conninfo import make_conninfo

# After this many seconds an unacknowledged message is delivered again. A trial whose worker died is failed and
# retried by the reaper much sooner (LEASE_SECONDS); the second delivery then finds nothing to claim.
VISIBILITY_TIMEOUT_SECONDS = 6 * 3600

# Any number, the same in every process: one installation at a time.
_INSTALL_LOCK = 7_262_017


def broker_settings() -> dict[str, Any]:
    """Celery's settings `broker_url` and `broker_transport_options`."""
    if settings.CELERY_BROKER_URL:
        return {
            "broker_url": settings.CELERY_BROKER_URL,
            "broker_transport_options": {"visibility_timeout": VISIBILITY_TIMEOUT_SECONDS},
        }
    return {
        "broker_url": "pgmq://",
        "broker_transport_options": {
            "conn_string": _pgmq_connection_string(),
            "init_extension": False,  # the schema is installed by ensure_broker, without superuser rights
            "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
            "use_notify": True,
            "notify_throttle_interval_ms": 50,
            "wait_time_seconds": 0,  # NOTIFY wakes the worker; a long poll would hold a connection for nothing
            "polling_interval": 5.0,
            "pool_size": 2,
            "pool_timeout": 10,
        },
    }


def ensure_broker() -> None:
    """Install the pgmq schema in the application's database if it is missing. Safe to call from several processes."""
    if settings.CELERY_BROKER_URL:
        return
    with psycopg.connect(**connection.get_connection_params()) as raw:
        raw.execute("SELECT pg_advisory_xact_lock(%s)", [_INSTALL_LOCK])
        installed = raw.execute("SELECT to_regclass('pgmq.meta')").fetchone()
        if installed == (None,):
            install_pgmq_from_sql(conn=raw)


def _pgmq_connection_string() -> str:
    """The database's address as pgmq wants it.

    pgmq reads the key=value form, takes five fields out of it and glues them together again without quoting. So every
    field is quoted once more here; other libpq options (sslmode, for one) follow the last field.
    """
    parameters = {k: v for k, v in connection.get_connection_params().items() if isinstance(v, str | int)}
    fields = {
        "host": parameters.pop("host", "localhost"),
        "port": parameters.pop("port", 5432),
        "dbname": parameters.pop("dbname"),
        "user": parameters.pop("user", "postgres"),
    }
    password = _quoted(parameters.pop("password", "unused"))
    options = "".join(f" {name}={_quoted(value)}" for name, value in parameters.items())
    return make_conninfo(**{name: _quoted(value) for name, value in fields.items()}, password=password + options)


def _quoted(value: object) -> str:
    """A value quoted by libpq's rules."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
