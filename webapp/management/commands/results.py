"""`manage.py results`: start everything, run the paper's five searches to Table 1, write what came out."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.management.results.plan import Plan
from webapp.supervisor import ports
from webapp.supervisor.children import Child, Kind
from webapp.supervisor.errors import StartError
from webapp.supervisor.output import Console
from webapp.supervisor.plan import Machine
from webapp.supervisor.up import run

INTERRUPTED = 130
PLAN = Plan()


class Command(BaseCommand):
    help = "Five searches, finalists, baselines and tests on one data set, resumable; writes a page of results."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_plan_arguments(parser)
        parser.add_argument("--port", default="auto", help="web server's port (default: the first free one)")
        parser.add_argument("--trainers", type=int, default=None, help="training workers (default: one per core)")
        parser.add_argument("--verbose", action="store_true", help="show every line of every process")

    def handle(self, *args: Any, **options: Any) -> None:
        arguments = _guide_arguments(options)
        done: list[int] = []

        def guest(machine: Machine, stop: Callable[[int], None]) -> Child:
            def when_done(code: int) -> None:
                done.append(code)
                stop(code)

            address = ports.address(machine.host, machine.port)
            command = (sys.executable, "manage.py", "results_guide", "--address", address, *arguments)
            return Child("results", command, Kind.GUEST, when_done=when_done)

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
        sys.exit(code if done else INTERRUPTED)


def add_plan_arguments(parser: ArgumentParser) -> None:
    """Arguments that the command and its guide share."""
    parser.add_argument("--data", type=Path, help="folder or CSV list of clips (default: synthetic ones)")
    parser.add_argument("--journal", type=Path, required=True, help="file that the run goes on from, and is kept in")
    parser.add_argument("--json", type=Path, help="write every figure of the page there")
    parser.add_argument("--page", type=Path, help="write the page (Markdown) there, pictures next to it")
    parser.add_argument("--trials", type=int, default=PLAN.trials, help="of each search. Default: %(default)s")
    parser.add_argument("--full-epochs", type=int, default=PLAN.full_epochs, help="default: %(default)s")
    parser.add_argument("--qat-epochs", type=int, default=PLAN.qat_epochs, help="default: %(default)s")
    parser.add_argument("--finalists", type=int, default=PLAN.finalists, help="of each search. Default: %(default)s")
    parser.add_argument("--seeds", type=int, default=PLAN.seeds, help="of each network. Default: %(default)s")


def plan_of(options: dict[str, Any]) -> Plan:
    """Plan of the arguments. Raises CommandError for one that cannot be."""
    names = ("trials", "full_epochs", "qat_epochs", "finalists", "seeds")
    try:
        return Plan(**{name: options[name] for name in names})
    except ValueError as error:
        raise CommandError(str(error)) from error


def _guide_arguments(options: dict[str, Any]) -> list[str]:
    plan_of(options)
    arguments = []
    for name in ("data", "journal", "json", "page"):
        if options[name] is not None:
            arguments += [f"--{name}", str(options[name].expanduser().resolve())]
    if options["data"] is not None and not options["data"].expanduser().exists():
        raise CommandError(f"There is no file or folder {options['data']}: --data names the folder of your clips.")
    for name in ("trials", "full_epochs", "qat_epochs", "finalists", "seeds"):
        arguments += [f"--{name.replace('_', '-')}", str(options[name])]
    return arguments
