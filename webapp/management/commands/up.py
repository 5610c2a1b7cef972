"""`manage.py up`: run everything this machine should run, until Ctrl-C."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.supervisor import ports
from webapp.supervisor.errors import StartError
from webapp.supervisor.output import Console
from webapp.supervisor.plan import ROLES
from webapp.supervisor.up import run


class Command(BaseCommand):
    help = "Start PostgreSQL (unless DATABASE_URL is set), web server, workers and reaper; stop with Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address the web server listens on")
        parser.add_argument("--port", default="8000", help="its port, or auto for the first free one from 8000 on")
        parser.add_argument("--trainers", type=int, default=None, help="training workers (default: one per core)")
        parser.add_argument("--only", default=",".join(ROLES), help=f"what to run, by commas, of {', '.join(ROLES)}")
        parser.add_argument("--verbose", action="store_true", help="show every line of every process")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(verbose=options["verbose"])
        try:
            code = run(
                host=options["host"],
                port=options["port"],
                trainers=options["trainers"],
                roles=tuple(role for role in options["only"].split(",") if role),
                console=console,
                on_ready=lambda machine: console.say(
                    f"Earshot answers at {ports.address(machine.host, machine.port)} (stop with Ctrl-C).\n"
                    "A link to sign in: manage.py signin_link."
                ),
            )
        except StartError as error:
            raise CommandError(str(error)) from None
        sys.exit(code)
