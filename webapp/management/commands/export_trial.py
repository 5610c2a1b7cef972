"""`manage.py export_trial STUDY/NUMBER --out DIR`: a network and all that is needed to use it elsewhere."""

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from webapp.management.plain_errors import plain_errors
from webapp.models import Study, Trial
from webapp.services.exports import export_trial

_LONGEST_ID = 18  # digits
_ADDRESS = re.compile(r"(?:.*/)?studies/(?P<study>\d+)/trials/(?P<number>\d+)/?")
_STUDY_AND_NUMBER = re.compile(r"(?P<study>.+)/(?P<number>\d+)")


class Command(BaseCommand):
    help = "Write a trial's .tflite, labels, architecture, metrics and front-end description to a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "trial",
            metavar="STUDY/NUMBER",
            help="study (its number in the address, or its name) and number of the trial, such as 12/3 or quick/3; "
            "or the address of the trial's page",
        )
        parser.add_argument("--out", type=Path, required=True, help="folder to write to; made if it is missing")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            for path in export_trial(trial_id=_find(options["trial"]).pk, folder=options["out"]):
                self.stdout.write(str(path))


def _find(text: str) -> Trial:
    match = _ADDRESS.fullmatch(text) or _STUDY_AND_NUMBER.fullmatch(text)
    if match is None or len(match["number"]) > _LONGEST_ID:
        raise CommandError(
            f"{text!r} is no STUDY/NUMBER: give the study and the number of the trial, as its address has them, such "
            "as 12/3."
        )
    study = _study(match["study"])
    trial = Trial.objects.filter(study=study, number=match["number"]).first()
    if trial is None:
        raise CommandError(f"There is no trial {match['number']} in {study.name!r}.")
    return trial


def _study(text: str) -> Study:
    """The study with this number in its address or with this name."""
    by_id = Q(pk=int(text)) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID else Q(pk=None)
    found = list(Study.objects.filter(by_id | Q(name=text)))
    if not found:
        raise CommandError(f"There is no study {text}.")
    if len(found) > 1:
        raise CommandError(f"{text} is the number of one study and the name of another: rename one of them.")
    return found[0]
