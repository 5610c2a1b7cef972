"""Checks of what runs or should run: supervisor, strays, port, database, queue."""

import subprocess
from collections.abc import Iterator

import psycopg
from celery import Celery
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from webapp.broker import broker_settings, check_broker
from webapp.data_folder import DataFolder
from webapp.supervisor import locks, ports, strays
from webapp.supervisor.doctor.databases import explained
from webapp.supervisor.doctor.findings import MachineFinding, fail, ok, warn
from webapp.supervisor.errors import EmbeddedPostgresError
from webapp.supervisor.postgres import Cluster, binaries

_CONNECT_SECONDS = 5


def check_running(folder: DataFolder, host: str, port: int) -> Iterator[MachineFinding]:
    """Holder of the data folder, leftover processes of former holders, and availability of the web server's port."""
    running = locks.holder(folder)
    if running:
        where = f" at {running.address}" if running.address else ""
        yield ok("running", f"Earshot runs from this data folder: process {running.pid}{where}, since {running.since}")
        return
    yield ok("running", "nothing runs from this data folder; `manage.py up` starts it")
    if left := strays.find_strays(folder):
        pids = " ".join(str(process.pid) for process in left)
        mend = f"The next `manage.py up` ends them; so does `kill {pids}`."
        yield warn("running", f"{len(left)} processes were left behind by a killed supervisor", mend)
    if ports.is_free(host, port):
        yield ok("port", f"{port} on {host} is free")
    else:
        yield warn("port", f"{port} on {host} is taken by something else", "Start with --port N or --port auto.")


def check_postgres(folder: DataFolder) -> Iterator[MachineFinding]:
    """The embedded server, where one is used: it runs here, and its account reaches its files."""
    if not settings.EMBEDDED_POSTGRES:
        yield ok("PostgreSQL", "DATABASE_URL is set: the embedded server is not used")
        return
    try:
        server = binaries() / "postgres"
    except EmbeddedPostgresError as error:
        yield fail("PostgreSQL", str(error), "Run `make setup`, or set DATABASE_URL.")
        return
    tried = subprocess.run([str(server), "--version"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        yield fail(
            "PostgreSQL", f"the embedded server does not run: {tried.stderr.strip()}", "Set DATABASE_URL instead."
        )
        return
    if not folder.root.is_dir():
        yield fail("PostgreSQL", f"its data folder {folder.root} cannot be made", "See data folder.")
        return
    cluster = Cluster.of(folder)
    if reason := cluster.account.reason_unreachable([server.parent, folder.root]):
        yield fail("PostgreSQL", reason, "See above.")
        return
    account = f", runs as the account {cluster.account.name}" if cluster.account.uid is not None else ""
    yield ok("PostgreSQL", f"{tried.stdout.strip()} from pip{account}; its socket: {folder.socket_folder}")
    if not locks.holder(folder) and cluster.leftovers():
        mend = "The next `manage.py up` ends it and recovers the data."
        yield warn("PostgreSQL", "a server of a killed supervisor still holds the data", mend)


def check_database(folder: DataFolder) -> Iterator[MachineFinding]:
    if not _database_should_answer(folder):
        yield ok("database", "is embedded and not running now")
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0]
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError as error:
        found, mend = explained(error)
        yield fail(
            "database", found, f"Look into {folder.logs / 'postgres.log'}." if settings.EMBEDDED_POSTGRES else mend
        )
        return
    if missing:
        yield fail("database", f"{missing} migrations are not applied", "Run `manage.py prepare`.")
    else:
        yield ok("database", f"answers, PostgreSQL {version}, migrations applied")


def check_queue(folder: DataFolder) -> Iterator[MachineFinding]:
    if settings.CELERY_BROKER_URL:
        yield from _check_other_broker()
    elif not _database_should_answer(folder):
        yield ok("queue", "lies in the embedded database, which is not running now")
    else:
        text = broker_settings()["broker_transport_options"]["conn_string"]
        try:
            with psycopg.connect(text, connect_timeout=_CONNECT_SECONDS) as direct:
                installed = direct.execute("SELECT to_regclass('pgmq.meta')").fetchone() != (None,)
        except psycopg.Error as error:
            yield fail("queue", f"its database does not answer: {str(error).strip().splitlines()[0]}", "See database.")
            return
        if installed:
            yield ok("queue", "in the database (pgmq)")
        else:
            yield fail("queue", "its schema is missing in the database", "Run `manage.py prepare`.")


def _check_other_broker() -> Iterator[MachineFinding]:
    application = Celery("doctor")
    application.conf.update(broker_settings())
    try:
        check_broker()
    except ImproperlyConfigured as error:
        yield fail("queue", str(error), "See above.")
        return
    try:
        with application.connection_for_write(connect_timeout=_CONNECT_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=_CONNECT_SECONDS)
            yield ok("queue", f"{broker.as_uri()} answers")
    except Exception as error:  # each transport raises errors of its own
        yield fail("queue", f"the broker does not answer: {error}", "Check CELERY_BROKER_URL and the network.")


def _database_should_answer(folder: DataFolder) -> bool:
    return not settings.EMBEDDED_POSTGRES or locks.holder(folder) is not None
