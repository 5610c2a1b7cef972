"""`manage.py results`: start everything, run the paper's five searches to Table 1, write what came out."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.management.guided import add_machine_arguments, run_with_guide
from webapp.management.results.plan import Plan

PLAN = Plan()


class Command(BaseCommand):
    help = "Five searches, finalists, baselines and tests on one data set, resumable; writes a page of results."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_plan_arguments(parser)
        add_machine_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        arguments = _guide_arguments(options)
        run_with_guide("results", "results_guide", arguments, options, ends_with_guide=True)


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
