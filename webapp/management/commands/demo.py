"""`manage.py demo`: everything on this machine, with a dataset and a study to watch."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.supervisor import ports
from webapp.supervisor.children import Child, Kind
from webapp.supervisor.errors import StartError
from webapp.supervisor.output import Console
from webapp.supervisor.plan import Machine
from webapp.supervisor.up import run

INTERRUPTED = 130


class Command(BaseCommand):
    help = "Start everything, prepare sounds and a study, print an address to open; stop with Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--data", type=Path, help="folder or CSV list of your clips (default: synthetic ones)")
        parser.add_argument(
            "--exit-when-done", action="store_true", help="end when the study has; code 0 if it completed"
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="with --exit-when-done: write the results there")
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help="change the study, e.g. trials=4"
        )
        parser.add_argument(
            "--port", default="auto", help="web server's port (default: the first free one from 8000 on)"
        )
        parser.add_argument("--trainers", type=int, default=None, help="training workers (default: one per core)")
        parser.add_argument("--verbose", action="store_true", help="show every line of every process")

    def handle(self, *args: Any, **options: Any) -> None:
        guide_arguments = _checked(options)
        done: list[int] = []

        def guest(machine: Machine, stop: Callable[[int], None]) -> Child:
            def when_done(code: int) -> None:
                done.append(code)
                if code or options["exit_when_done"]:
                    stop(code)

            address = ports.address(machine.host, machine.port)
            command = (sys.executable, "manage.py", "demo_guide", "--address", address, *guide_arguments)
            return Child("demo", command, Kind.GUEST, when_done=when_done)

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
        sys.exit(INTERRUPTED if options["exit_when_done"] and not done else code)


def _checked(options: dict[str, Any]) -> list[str]:
    """The guide's arguments, with absolute paths. Raises CommandError for what cannot work, before anything starts."""
    arguments: list[str] = []
    if options["data"] is not None:
        data = options["data"].expanduser().resolve()
        if not data.exists():
            raise CommandError(f"There is no file or folder {data}: DATA (or --data) names the folder of your clips.")
        arguments += ["--data", str(data)]
    if options["json"] is not None:
        if not options["exit_when_done"]:
            raise CommandError("--json writes the results of a study that has ended, so it needs --exit-when-done.")
        target = options["json"].expanduser().resolve()
        if target.is_dir() or not target.parent.is_dir():
            raise CommandError(f"--json cannot write {target}: name a file in a folder that exists.")
        arguments += ["--json", str(target)]
    if options["exit_when_done"]:
        arguments.append("--exit-when-done")
    return [*arguments, *(f"--set={item}" for item in options["set"])]
