"""Comparisons: groups of searches that one page shows side by side.

Name and notes change by `services.descriptions`.
"""

from collections.abc import Collection, Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from webapp.models import Comparison, Study
from webapp.services.errors import Conflict
from webapp.services.studies import create_study, free_name, start


def create(
    *, name: str, study_ids: Collection[int] = (), owner: AbstractBaseUser | None = None, notes: str = ""
) -> Comparison:
    """Create a comparison of these searches. Raises Conflict for a name that is taken or for what is no search."""
    owner_id = owner.pk if owner is not None else None
    with transaction.atomic():
        try:
            with transaction.atomic():
                comparison = Comparison.objects.create(name=name, notes=notes, owner_id=owner_id)
        except IntegrityError as error:
            raise Conflict(f"A comparison named {name!r} exists already: choose another name.") from error
        comparison.studies.add(*_locked_searches(study_ids))
    return comparison


def add_studies(*, comparison_id: int, study_ids: Collection[int]) -> Comparison:
    """Add searches to a comparison; those that it has already stay."""
    with transaction.atomic():
        comparison = _locked(comparison_id)
        comparison.studies.add(*_locked_searches(study_ids))
    return comparison


def remove_study(*, comparison_id: int, study_id: int) -> Comparison:
    """Take a study out of a comparison; nothing happens to the study. Nothing changes if it is not in it."""
    with transaction.atomic():
        comparison = _locked(comparison_id)
        comparison.studies.remove(study_id)
    return comparison


def delete(*, comparison_id: int) -> None:
    """Delete a comparison; its studies stay."""
    with transaction.atomic():
        _locked(comparison_id).delete()


def start_together(
    *, name: str, studies: Sequence[Study], owner: AbstractBaseUser | None = None, notes: str = ""
) -> Comparison:
    """Create and start the unsaved `studies`, in their order, and a comparison of them: all, or on a Conflict nothing.

    Their names begin with the comparison's, which is unique, so that a form sent twice starts nothing twice.
    """
    with transaction.atomic():
        comparison = create(name=name, owner=owner, notes=notes)
        for study in studies:
            study.name = free_name(f"{name}: {study.name}")
            create_study(study=study, owner=owner)
            start(study_id=study.pk, actor=owner)
        comparison.studies.add(*studies)
    return comparison


def free_comparison_name(name: str) -> str:
    """`name` if no comparison has it, else with a number appended."""
    return free_name(name, taken=Comparison.objects.all())


def _locked(comparison_id: int) -> Comparison:
    found = Comparison.objects.select_for_update(no_key=True).filter(pk=comparison_id).first()
    if found is None:
        raise Conflict("The comparison was deleted meanwhile.")
    return found


def _locked_searches(study_ids: Collection[int]) -> list[Study]:
    """The studies, their rows locked in one order everywhere, so that none is deleted before the commit."""
    wanted = set(study_ids)
    rows = Study.objects.select_for_update(no_key=True).defer("space_spec", "designer_state")
    found = list(rows.filter(pk__in=wanted).order_by("pk"))
    if len(found) < len(wanted):
        raise Conflict("A study that was chosen was deleted meanwhile: choose again.")
    for study in found:
        if study.kind != Study.Kind.SEARCH:
            raise Conflict(f"{study.name} is no search, but one of {study.get_kind_display()}: compare searches alone.")
    return found
