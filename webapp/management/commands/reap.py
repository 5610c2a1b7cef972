"""`manage.py reap`: mend what crashes and lost messages left behind, once or every few seconds."""

import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from webapp.management.plain_errors import plain_errors
from webapp.services.alive import touch
from webapp.services.artifacts import collect_artifacts
from webapp.services.recovery import reap

_DAY_SECONDS = 24 * 3600.0
_ROUNDS_A_LEASE = 8


class Command(BaseCommand):
    help = "Fail trials whose worker has died, send lost messages again, end finished studies."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--every", type=float, help="seconds between rounds; without it, one round")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["every"] is None:
            with plain_errors():
                self.stdout.write(str(reap()) or "nothing to do")
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        rounds = Rounds()
        seconds = seconds_between_rounds(options["every"])
        while not stopped.wait(seconds):
            if line := rounds.next():
                self.stdout.write(line)
            touch()


def seconds_between_rounds(wanted: float) -> float:
    """`wanted`, or less where the lease is short: a pause of half a lease has to mean that nobody listened."""
    return min(wanted, settings.LEASE_SECONDS / _ROUNDS_A_LEASE)


class Rounds:
    """Round after round, whatever happens to the database.

    Silence is judged only when the reaper itself has been able to listen for a whole lease: after an outage, or when
    the machine wakes from sleep, workers get the time to show themselves.
    """

    def __init__(self) -> None:
        self._listening_since = self._last = time.time()
        self._collected_at = float("-inf")
        self._trouble = ""

    def next(self) -> str:
        """One round; what is worth a line in the log, or ""."""
        now = time.time()  # not the monotonic clock: it stands still while a machine sleeps
        if now - self._last > settings.LEASE_SECONDS / 2:
            self._listening_since = now
        self._last = now
        try:
            line = str(reap(judge_silence=now - self._listening_since > settings.LEASE_SECONDS))
            if now - self._collected_at > _DAY_SECONDS:
                self._collected_at = now
                collect_artifacts()
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            return self._failed(now, str(error).strip().partition("\n")[0])
        recovered, self._trouble = bool(self._trouble), ""
        return " ".join(filter(None, ["The database answers again." if recovered else "", line]))

    def _failed(self, now: float, trouble: str) -> str:
        self._listening_since = now
        known, self._trouble = self._trouble, trouble
        return "" if known else f"The database is out of reach: {trouble}"
