"""What people keep order with: stars, an archive and tags."""

from collections.abc import Iterable

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from webapp.models import Study
from webapp.services.errors import Conflict
from webapp.services.transitions import Actor, locked_study, record

MOST_TAGS = 20
LONGEST_TAG = 40
_LIVE = (Study.State.RUNNING, Study.State.DRAINING)


def tags_of(text: str) -> list[str]:
    """Tags of a text with commas between them: each once, in lower case, sorted. Raises ValueError for too many."""
    tags = sorted({" ".join(tag.split()).lower() for tag in text.split(",")} - {""})
    if len(tags) > MOST_TAGS:
        raise ValueError(f"These are {len(tags)} tags; {MOST_TAGS} are the most.")
    if long := [tag for tag in tags if len(tag) > LONGEST_TAG]:
        raise ValueError(f"The tag {long[0]!r} has {len(long[0])} characters; {LONGEST_TAG} are the most.")
    return tags


def text_of(tags: Iterable[str]) -> str:
    """Inverse of `tags_of`."""
    return ", ".join(tags)


def star(*, study_id: int, person: AbstractBaseUser, starred: bool) -> None:
    """Star a study for `person`, or take the star off. Twice is once."""
    if starred:
        Study.starred_by.through.objects.bulk_create(
            [Study.starred_by.through(study_id=study_id, user_id=person.pk)], ignore_conflicts=True
        )
    else:
        Study.starred_by.through.objects.filter(study_id=study_id, user_id=person.pk).delete()


@transaction.atomic
def archive(*, study_id: int, archived: bool, actor: Actor = None) -> bool:
    """Leave a study out of lists, or bring it back; False if it was so already. Raises Conflict while it runs."""
    study = locked_study(study_id)
    if archived and study.state in _LIVE:
        raise Conflict(f"{study} is {study.get_state_display()}: pause or stop it before you archive it.")
    if study.archived == archived:
        return False
    Study.objects.filter(pk=study_id).update(archived=archived)
    message = "Archived." if archived else "Taken out of the archive."
    record(study, study.state, study.state, actor=actor, message=message)
    return True
