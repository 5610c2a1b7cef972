"""kombu's pgmq transport, made to outlive a restart of PostgreSQL.

As it comes, kombu 5.7 opens pgmq's own connection pool, which hands out connections that died with the server. If that
happens to an acknowledgement, the error is logged, the message stays counted as unfinished, and with a prefetch of one
the worker never reads again. pgmq also rebuilds the connection string without quoting and drops options such as
sslmode. So here the pool is ours: each connection is checked before use, and a failed acknowledgement frees the worker
(the message comes back after the visibility timeout; whoever gets it then finds nothing to claim).
"""

import time
from typing import Any

import psycopg
from kombu.transport import pgmq as kombu_pgmq
from pgmq import PGMQueue
from psycopg_pool import ConnectionPool

consumed_at: list[float | None] = [None]
"""When this process last looked for messages, by the monotonic clock; None before, and with another broker."""
_NOTIFY_TRIGGER = "trigger_notify_queue_insert_listeners"


class RecoveringChannel(kombu_pgmq.Channel):
    """Channel whose failed acknowledgements free the worker, and whose senders do not listen."""

    def _maybe_enable_notify(self, queue: str, queue_name: str | None = None) -> None:
        """Have the queue notify its readers of new messages, and listen if this is one of them.

        kombu calls this with a `queue_name` for every declaration, by senders too, and without for a consumer. Its own
        version lets all of them listen, though senders never read what they hear.
        """
        name = queue_name or self._queue_name(queue)
        with self.pgmq.pool.connection() as connection:
            _notify_once(connection, name, self.notify_throttle_interval_ms)
        if queue_name is None:
            self.connection._register_notify_queue(name)

    def _receive_messages(self, *arguments: Any, **options: Any) -> Any:
        """As kombu's. An idle consumer calls it every few seconds, or it consumes no more."""
        found = super()._receive_messages(*arguments, **options)
        consumed_at[0] = time.monotonic()
        return found

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        try:
            super().basic_ack(delivery_tag, multiple=multiple)
        except psycopg.Error:
            self.qos.ack(delivery_tag)
            raise


def _notify_once(connection: psycopg.Connection, queue_name: str, throttle_ms: int) -> None:
    """Give the queue's table its trigger and its throttle if one is missing.

    pgmq drops and creates them again each time, which locks the table and fails when two workers start at once. The
    throttle lies in an unlogged table, so a crash of the server empties it, and without it nobody is notified.
    """
    table = f"pgmq.q_{queue_name}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [table])
    found = connection.execute(
        "SELECT 1 FROM pg_trigger, pgmq.notify_insert_throttle"
        " WHERE tgrelid = to_regclass(%s) AND tgname = %s AND queue_name = %s",
        [table, _NOTIFY_TRIGGER, queue_name],
    ).fetchone()
    if found is None:
        connection.execute("SELECT pgmq.enable_notify_insert(%s, %s)", [queue_name, throttle_ms])


class Transport(kombu_pgmq.Transport):
    """Takes the libpq connection string, unchanged, from the transport option `conn_string`."""

    Channel = RecoveringChannel

    def _create_pgmq_client(self) -> PGMQueue:
        options = self.client.transport_options
        pool = ConnectionPool(
            options["conn_string"],
            min_size=1,
            max_size=options["pool_size"],
            timeout=options["pool_timeout"],
            check=ConnectionPool.check_connection,
            name="queue",
            open=True,
        )
        # conn_string keeps pgmq from reading DATABASE_URL on its own; with a pool given, nothing connects to it.
        return PGMQueue(pool=pool, conn_string="host=unused", vt=options["visibility_timeout"], init_extension=False)

    def _get_notify_waiter(self) -> kombu_pgmq._NotifyWaiter:
        if self._notify_waiter is None:
            self._notify_waiter = kombu_pgmq._NotifyWaiter(self.client.transport_options["conn_string"])
        return self._notify_waiter

    def close_connection(self, connection: object) -> None:
        pool = self._pgmq_client.pool if self._pgmq_client else None
        super().close_connection(connection)
        if pool is not None:
            pool.close()  # pgmq closes only the pools it has opened itself
