"""`manage.py train_baselines --dataset N`: train the published networks on a dataset, each once."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nas_engine.baselines import LARGEST_WIDTH, NAMES, SMALLEST_WIDTH
from webapp.management.plain_errors import plain_errors
from webapp.management.watch import (
    add_wait_arguments,
    check_wait_arguments,
    dataset_named,
    going_on_without_command,
    wait_for,
)
from webapp.models import Study
from webapp.queries.pages.baselines import baselines_of
from webapp.services.baselines import DEFAULT_FULL_EPOCHS, Requested, train_baselines


class Command(BaseCommand):
    help = "Train MobileNets and TC-ResNets on a dataset, each once; the charts of every study on it show them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", required=True, metavar="NAME", help="name of the dataset")
        parser.add_argument(
            "--names",
            nargs="+",
            default=list(NAMES),
            metavar="NETWORK",
            help=f"any of {', '.join(NAMES)}, perhaps with a width: MobileNetV2-0.5. Default: all four",
        )
        parser.add_argument(
            "--width",
            nargs="+",
            default=[""],
            metavar="W",
            help=f"widths, from {SMALLEST_WIDTH:g} to {LARGEST_WIDTH:g}, of the networks that are named without one. "
            "Default: those of the paper's Table 1",
        )
        parser.add_argument(
            "--epochs",
            type=int,
            default=DEFAULT_FULL_EPOCHS,
            help="full training length; like a trial, a baseline trains for three quarters of it. Default: %(default)s",
        )
        parser.add_argument("--replace", action="store_true", help="delete the dataset's baselines first")
        add_wait_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        check_wait_arguments(options)
        with plain_errors():
            request = train_baselines(
                dataset_id=dataset_named(options["dataset"]).pk,
                names=_with_widths(options["names"], options["width"]),
                full_epochs=options["epochs"],
                replace=options["replace"],
            )
            self._report(request)
            if options["wait"]:
                with going_on_without_command(request.study, self.stderr):
                    wait_for(request.study, options["json"], self.stdout)
                self._finish(request)

    def _report(self, request: Requested) -> None:
        if request.requested:
            self.stdout.write(f"Study {request.study.pk} ({request.study.name}) trains {', '.join(request.requested)}.")
        if request.present:
            self.stdout.write(f"Trained already, or under way: {', '.join(request.present)}.")

    def _finish(self, request: Requested) -> None:
        """A completed study may hold networks that failed."""
        wanted = {*request.requested, *request.present}
        missing = _not_trained(request.study, wanted)
        if missing:
            raise CommandError("Not trained: " + "; ".join(missing))
        self.stdout.write(self.style.SUCCESS(f"{len(wanted)} baselines of {request.study.dataset.name} are trained."))


def _with_widths(names: Sequence[str], widths: Sequence[str]) -> list[str]:
    """Names as people write them, by spaces or commas, each of the widths put after those that have none."""
    listed = [name for text in names for name in text.split(",") if name.strip()]
    families = {family.replace("-", "").lower() for family in NAMES}
    wanted = []
    for name in listed:
        is_family = name.strip().replace("-", "").lower() in families
        wanted += [f"{name.strip()}-{width}" if width and is_family else name for width in widths]
    return wanted


def _not_trained(study: Study, wanted: set[str]) -> list[str]:
    """The wanted networks without a result, each with its reason."""
    found = baselines_of(study.dataset_id)
    rows = found.rows if found else ()
    return [
        f"{row.name} ({row.state_label}: {row.reason})" for row in rows if row.name in wanted and not row.is_completed
    ]
