"""`manage.py export_trial STUDY/NUMBER --out DIR`: a network and all that is needed to use it elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from webapp.management.named_trials import FORM, FORM_HELP, trial_named
from webapp.management.plain_errors import plain_errors
from webapp.services.exports import export_trial


class Command(BaseCommand):
    help = "Write a trial's .tflite, labels, architecture, metrics and front-end description to a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("trial", metavar=FORM, help=FORM_HELP)
        parser.add_argument("--out", type=Path, required=True, help="folder to write to; made if it is missing")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            for path in export_trial(trial_id=trial_named(options["trial"]).pk, folder=options["out"]):
                self.stdout.write(str(path))
