"""`manage.py up`: run everything this machine should run, until Ctrl-C."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.supervisor import ports
from webapp.supervisor.errors import StartError
from webapp.supervisor.output import Console
from webapp.supervisor.plan import ROLES, Machine
from webapp.supervisor.up import run

_DATABASE = "database"
_ONLY_HELP = f"what to run, by commas, of {', '.join(ROLES)}; {_DATABASE}: nothing but the embedded server"


class Command(BaseCommand):
    help = "Start PostgreSQL (unless DATABASE_URL is set), web server, workers and reaper; stop with Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address the web server listens on")
        parser.add_argument("--port", default="8000", help="its port, or auto for the first free one from 8000 on")
        parser.add_argument("--trainers", type=int, default=None, help="training workers (default: one per core)")
        parser.add_argument("--only", default=",".join(ROLES), help=_ONLY_HELP)
        parser.add_argument("--verbose", action="store_true", help="show every line of every process")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(verbose=options["verbose"])
        try:
            code = run(
                host=options["host"],
                port=options["port"],
                trainers=options["trainers"],
                roles=tuple(role for role in options["only"].split(",") if role not in ("", _DATABASE)),
                console=console,
                on_ready=lambda machine: console.say(_ready(machine)),
            )
        except StartError as error:
            raise CommandError(str(error)) from None
        sys.exit(code)


def _ready(machine: Machine) -> str:
    """What a person can do now; a machine without web server has no address."""
    if "web" not in machine.roles:
        return f"{', '.join(machine.roles) or 'The database'} runs here, without web server (stop with Ctrl-C)."
    return (
        f"Earshot answers at {ports.address(machine.host, machine.port)} (stop with Ctrl-C).\n"
        "A link to sign in: manage.py signin_link."
    )
