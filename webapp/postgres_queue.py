"""kombu's pgmq transport, made to outlive a restart of PostgreSQL.

As it comes, kombu 5.7 opens pgmq's own connection pool, which hands out connections that died with the server. If that
happens to an acknowledgement, the error is logged, the message stays counted as unfinished, and with a prefetch of one
the worker never reads again. pgmq also rebuilds the connection string without quoting and drops options such as
sslmode. So here the pool is ours: each connection is checked before use, and a failed acknowledgement frees the worker
(the message comes back after the visibility timeout; whoever gets it then finds nothing to claim).
"""

import psycopg
from kombu.transport import pgmq as kombu_pgmq
from pgmq import PGMQueue
from psycopg_pool import ConnectionPool


class Channel(kombu_pgmq.Channel):
    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        try:
            super().basic_ack(delivery_tag, multiple=multiple)
        except psycopg.Error:
            self.qos.ack(delivery_tag)
            raise


class Transport(kombu_pgmq.Transport):
    """Takes the libpq connection string, unchanged, from the transport option `conn_string`."""

    Channel = Channel

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
