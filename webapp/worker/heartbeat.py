"""Thread that reports every few seconds that this worker is alive and still holds its trial.

The lease of a job is renewed by what works on it (`webapp.services.working`).
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from webapp.models import Worker
from webapp.services import trials, workers

logger = logging.getLogger(__name__)


class Heartbeat:
    """Renews the worker's sign of life and the lease of its trial, on a database connection of its own."""

    def __init__(self, name: str, role: Worker.Role) -> None:
        self.worker = name
        self._role = role
        self._held: tuple[int, threading.Event] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._lock = threading.Lock()
        self._reached_since: float | None = None

    def start(self) -> None:
        self._thread.start()

    @contextmanager
    def holding(self, trial_id: int) -> Iterator[threading.Event]:
        """While the block runs, the trial's lease is renewed. The event is set when the lease is lost."""
        lost = threading.Event()
        with self._lock:
            self._held = (trial_id, lost)
        try:
            yield lost
        finally:
            with self._lock:
                self._held = None

    def _run(self) -> None:
        in_trouble = False
        while not self._stopped.is_set():
            try:
                self.beat()
                self._reached_since = self._reached_since or time.monotonic()
                in_trouble = False
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                self._reached_since = None
                if not in_trouble:
                    logger.warning("No sign of life could be given: %s", str(error).strip().partition("\n")[0])
                in_trouble = True
            self._stopped.wait(settings.HEARTBEAT_SECONDS)
        connection.close()

    def reached_seconds(self) -> float:
        """For how long the database has been within reach without a break."""
        since = self._reached_since
        return 0.0 if since is None else time.monotonic() - since

    def beat(self) -> None:
        """One sign of life. A database out of reach is no lost lease: only the row's answer is."""
        workers.record_heartbeat(name=self.worker, role=self._role)
        with self._lock:
            held = self._held
        if held and not trials.heartbeat(trial_id=held[0], worker=self.worker):
            held[1].set()

    def stop(self) -> None:
        """Sign off; the caller's process is about to end."""
        self._stopped.set()
        self._thread.join(timeout=2)
        try:
            workers.sign_off(name=self.worker)
        except (DatabaseError, InterfaceError):
            logger.warning("Could not sign off: the reaper will see that the process is gone")
