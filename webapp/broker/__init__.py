"""The message broker: what CELERY_BROKER_URL names, else our own PostgreSQL through kombu's pgmq transport.

pgmq is a set of SQL functions and tables; no server extension is needed. Messages carry ids only and may be lost or
come twice: rows decide (services.trials.claim), the reaper sends again.

The settings' log filter loads this package in every process, so it imports the clients, with SQLAlchemy and half a
second of processor behind them, where they are needed.
"""

from importlib.util import find_spec
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg.conninfo import make_conninfo

# After this many seconds an unacknowledged message is delivered again. A trial whose worker died is failed and
# retried by the reaper much sooner (LEASE_SECONDS); the second delivery then finds nothing to claim.
VISIBILITY_TIMEOUT_SECONDS = 6 * 3600

_CLIENTS = {"redis": "redis", "rediss": "redis", "amqp": "amqp", "amqps": "amqp", "pyamqp": "amqp"}
"""Package that speaks to a broker, by the scheme of its address."""

# Any number, the same in every process: one installation at a time.
_INSTALL_LOCK = 7_262_017


def broker_settings() -> dict[str, Any]:
    """Celery's settings of the broker."""
    if settings.CELERY_BROKER_URL:
        return {
            "broker_url": settings.CELERY_BROKER_URL,
            "broker_transport_options": {"visibility_timeout": VISIBILITY_TIMEOUT_SECONDS},
        }
    return {
        "broker_url": "pgmq://localhost",  # the address that counts is conn_string
        "broker_transport": "webapp.broker.postgres_queue:Transport",
        "broker_transport_options": {
            "conn_string": _connection_string(),
            "init_extension": False,  # the schema is installed by ensure_broker, without superuser rights
            "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
            "use_notify": True,
            "notify_throttle_interval_ms": 50,
            "wait_time_seconds": 0,  # NOTIFY wakes the worker; a long poll would hold a connection for nothing
            "polling_interval": 2.0,
            "pool_size": 2,
            "pool_timeout": 10.0,
        },
    }


def check_broker() -> None:
    """Raise ImproperlyConfigured if CELERY_BROKER_URL names a broker that cannot be spoken to from here."""
    url = settings.CELERY_BROKER_URL
    if not url:
        return
    scheme = url.partition("://")[0]
    if scheme not in _CLIENTS:
        raise ImproperlyConfigured(
            f"CELERY_BROKER_URL begins with '{scheme}'; {', '.join(f'{known}://' for known in _CLIENTS)} are known. "
            "Unset it to use the queue in PostgreSQL."
        )
    if find_spec(_CLIENTS[scheme]) is None:
        raise ImproperlyConfigured(
            f"CELERY_BROKER_URL names a {scheme} broker, whose client is not installed. "
            f"Run `.venv/bin/python -m pip install {_CLIENTS[scheme]}` on each machine, or unset CELERY_BROKER_URL to "
            "use the queue in PostgreSQL."
        )
    from kombu.connection import Connection

    try:
        Connection(url)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"CELERY_BROKER_URL cannot be read ({error}). {settings.PERCENT_ENCODING}"
        ) from error


def ensure_broker() -> None:
    """Install the pgmq schema in the application's database if it is missing. Safe to call from several processes."""
    if settings.CELERY_BROKER_URL:
        return
    from pgmq.install import install_pgmq_from_sql

    with psycopg.connect(_connection_string()) as raw:
        raw.execute("SELECT pg_advisory_xact_lock(%s)", [_INSTALL_LOCK])
        if raw.execute("SELECT to_regclass('pgmq.meta')").fetchone() == (None,):
            install_pgmq_from_sql(conn=raw)


def _connection_string() -> str:
    """The application's database as a libpq connection string, with all its options."""
    parameters = connection.get_connection_params()
    return make_conninfo(**{name: str(value) for name, value in parameters.items() if isinstance(value, str | int)})
