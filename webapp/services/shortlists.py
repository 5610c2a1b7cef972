"""The shortlist of a study: trials are put on it and taken off it, by several people at once if need be.

Adding what is there and removing what is not changes nothing, so that two browsers that show an older state do no harm.
"""

from collections.abc import Sequence

from django.db import transaction

from webapp.models import ShortlistedTrial, Trial
from webapp.services.errors import Conflict
from webapp.services.transitions import Actor, locked_study

MOST_SHORTLISTED = 50
"""Trials of a study; what is longer is no short list."""


def add_to_shortlist(*, study_id: int, trial_ids: Sequence[int], actor: Actor = None) -> int:
    """Put completed trials of the study on its shortlist, all or none; returns how many are new on it.

    Raises Conflict where a trial has not completed or is of another study, or where the list would become too long.
    """
    with transaction.atomic():
        locked_study(study_id)
        wanted = set(trial_ids)
        completed = Trial.objects.filter(pk__in=wanted, study=study_id, state=Trial.State.COMPLETED)
        if completed.count() != len(wanted):
            raise Conflict("Only completed trials of this study can be on its shortlist.")
        there = set(ShortlistedTrial.objects.filter(trial__study=study_id).values_list("trial", flat=True))
        new = sorted(wanted - there)
        if len(there) + len(new) > MOST_SHORTLISTED:
            raise Conflict(f"A shortlist has at most {MOST_SHORTLISTED} trials: remove some of the {len(there)} first.")
        ShortlistedTrial.objects.bulk_create(
            ShortlistedTrial(trial_id=pk, added_by_id=actor.pk if actor else None) for pk in new
        )
    return len(new)


def remove_from_shortlist(*, study_id: int, trial_ids: Sequence[int]) -> int:
    """Take trials off the shortlist of the study; returns how many were on it."""
    removed, _ = ShortlistedTrial.objects.filter(trial__study=study_id, trial__in=set(trial_ids)).delete()
    return removed
