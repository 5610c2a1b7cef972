"""`manage.py export_trial TRIAL --out DIR`: a network and all that is needed to use it elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.management.plain_errors import plain_errors
from webapp.models import Trial
from webapp.services.exports import export_trial


class Command(BaseCommand):
    help = "Write a trial's .tflite, labels, architecture, metrics and front-end description to a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("trial", help='the id in the trial page\'s address, or "STUDY/NUMBER" such as "quick/3"')
        parser.add_argument("--out", type=Path, required=True, help="folder to write to; made if it is missing")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            for path in export_trial(trial_id=_find(options["trial"]).pk, folder=options["out"]):
                self.stdout.write(str(path))


def _find(text: str) -> Trial:
    study, slash, number = text.rpartition("/")
    if not number.isascii() or not number.isdigit():
        raise CommandError(f'{text!r} is neither a trial\'s id nor "STUDY/NUMBER".')
    trials = Trial.objects.filter(study__name=study, number=number) if slash else Trial.objects.filter(pk=number)
    trial = trials.first()
    if trial is None:
        raise CommandError(f"There is no trial {text}." if not slash else f"There is no trial {number} in {study!r}.")
    return trial
