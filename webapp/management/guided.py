"""A machine that is started for a guide: a command that works on the running services, and perhaps ends them."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError

from webapp.supervisor import ports
from webapp.supervisor.children import Child, Kind
from webapp.supervisor.errors import StartError
from webapp.supervisor.output import Console
from webapp.supervisor.plan import Machine
from webapp.supervisor.up import run

INTERRUPTED = 130


def add_machine_arguments(parser: ArgumentParser) -> None:
    """Port, workers and output of the machine."""
    parser.add_argument("--port", default="auto", help="web server's port (default: the first free one from 8000 on)")
    parser.add_argument("--trainers", type=int, default=None, help="training workers (default: one per core)")
    parser.add_argument("--verbose", action="store_true", help="show every line of every process")


def run_with_guide(
    name: str, guide: str, arguments: Sequence[str], options: Mapping[str, Any], *, ends_with_guide: bool
) -> None:
    """Start everything and `manage.py GUIDE --address URL ARGUMENTS` alongside, as `name`; exit when all has ended.

    The machine ends with its guide if that fails or, with `ends_with_guide`, in any case; the exit code is then the
    guide's, and 130 if somebody ended the machine before. Raises CommandError if it cannot start.
    """
    done: list[int] = []

    def guest(machine: Machine, stop: Callable[[int], None]) -> Child:
        def when_done(code: int) -> None:
            done.append(code)
            if code or ends_with_guide:
                stop(code)

        address = ports.address(machine.host, machine.port)
        command = (sys.executable, "manage.py", guide, "--address", address, *arguments)
        return Child(name, command, Kind.GUEST, when_done=when_done)

    try:
        code = run(
            host="127.0.0.1",
            port=options["port"],
            trainers=options["trainers"],
            console=Console(verbose=options["verbose"]),
            on_ready=lambda machine: None,
            guest=guest,
        )
    except StartError as error:
        raise CommandError(str(error)) from None
    sys.exit(INTERRUPTED if ends_with_guide and not done else code)
