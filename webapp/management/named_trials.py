"""A trial as commands name it: STUDY/NUMBER, or the address of its page."""

import re

from django.core.management.base import CommandError
from django.db.models import Q

from webapp.models import Study, Trial

FORM = "STUDY/NUMBER"
FORM_HELP = (
    "study (its number in the address, or its name) and number of the trial, such as 12/3 or quick/3; or the address "
    "of the trial's page"
)
_LONGEST_ID = 18  # digits
_ADDRESS = re.compile(r"(?:.*/)?studies/(?P<study>\d+)/trials/(?P<number>\d+)/?")
_STUDY_AND_NUMBER = re.compile(r"(?P<study>.+)/(?P<number>\d+)")


def trial_named(text: str) -> Trial:
    """The trial that `text` names. CommandError if it names none."""
    match = _ADDRESS.fullmatch(text) or _STUDY_AND_NUMBER.fullmatch(text)
    if match is None or len(match["number"]) > _LONGEST_ID:
        raise CommandError(
            f"{text!r} is no {FORM}: give the study and the number of the trial, as its address has them, such as 12/3."
        )
    study = study_named(match["study"])
    trial = Trial.objects.filter(study=study, number=match["number"]).first()
    if trial is None:
        raise CommandError(f"There is no trial {match['number']} in {study.name!r}.")
    return trial


def study_named(text: str) -> Study:
    """The study with this number in its address or with this name. CommandError if there is none, or two."""
    by_id = Q(pk=int(text)) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID else Q(pk=None)
    found = list(Study.objects.filter(by_id | Q(name=text)))
    if not found:
        raise CommandError(f"There is no study {text}.")
    if len(found) > 1:
        raise CommandError(f"{text} is the number of one study and the name of another: rename one of them.")
    return found[0]
