"""`manage.py signin_link`: print an address that signs a person in."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from webapp.management.plain_errors import plain_errors
from webapp.management.sign_in import DEMO_USER, demo_user, sign_in_link
from webapp.supervisor import locks


class Command(BaseCommand):
    help = "Print a link that signs a person in, once and within a day. It needs no password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", default=DEMO_USER, help=f"who (default: {DEMO_USER})")
        parser.add_argument("--create", action="store_true", help="make this user if there is none")
        parser.add_argument("--address", help="the web server's address, if it does not run from this data folder")

    def handle(self, *args: Any, **options: Any) -> None:
        running = locks.holder(settings.DATA_FOLDER)
        address = options["address"] or _public_address() or (running.address if running else "")
        if not address:
            raise CommandError("No web server runs from this data folder: start `manage.py up`, or give --address.")
        with plain_errors():
            self.stdout.write(sign_in_link(self._user(options["user"], options["create"]), address))

    def _user(self, name: str, create: bool) -> Any:
        if name == DEMO_USER:
            return demo_user()
        users = get_user_model().objects
        user = users.filter(username=name).first()
        if user is None and not create:
            raise CommandError(f"There is no user {name!r}: add --create to make one.")
        return user or users.create_user(username=name)


def _public_address() -> str:
    """Address of the proxy with TLS; empty where there is none."""
    named = [host for host in settings.ALLOWED_HOSTS if settings.HTTPS and not host.startswith(("*", "."))]
    return f"https://{named[0]}" if named else ""
