"""`manage.py prepare`: bring database, queue and static files to this version of the application."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from webapp.broker import check_broker, ensure_broker
from webapp.management.plain_errors import plain_errors

# Any number, the same on every machine: PostgreSQL lets one of several machines prepare at a time.
_LOCK = 7_262_018


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Apply migrations, install the queue's schema, collect static files. May run on several machines at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--without-static", action="store_true", help="this machine serves no pages")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            check_broker()
            self._prepare_database()
        if not options["without_static"]:
            call_command("collectstatic", interactive=False, verbosity=1, stdout=self.stdout)

    def _prepare_database(self) -> None:
        """One machine at a time; the lock ends with the session, should this process be killed."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
            ensure_broker()
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
