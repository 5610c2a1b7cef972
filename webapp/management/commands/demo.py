"""`manage.py demo`: everything on this machine, with a dataset and a study to watch."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.management.guided import add_machine_arguments, run_with_guide


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
        add_machine_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        arguments = _checked(options)
        run_with_guide("demo", "demo_guide", arguments, options, ends_with_guide=options["exit_when_done"])


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
