"""Stars are of one person, the archive takes no running study, tags are words in order."""

import pytest
from django.contrib.auth import get_user_model

from tests.webapp.factories import make_study
from webapp.models import Event, Study
from webapp.queries.pages.studies import ARCHIVED, EVERYTHING, STARRED, StudyFilter, study_page
from webapp.services import organising
from webapp.services.errors import Conflict

pytestmark = pytest.mark.django_db


def names(**wanted: object) -> list[str]:
    return [row.name for row in study_page(StudyFilter(**wanted)).rows]  # type: ignore[arg-type]


def test_tags_are_sorted_words_in_lower_case_each_once() -> None:
    assert organising.tags_of(" Watch, earbud,,WATCH, for  kids ") == ["earbud", "for kids", "watch"]
    assert organising.tags_of(organising.text_of(["a", "b c"])) == ["a", "b c"]
    assert organising.tags_of("") == []


def test_a_star_is_of_one_person_and_comes_first_in_their_list() -> None:
    ada, bob = (get_user_model().objects.create_user(name) for name in ("ada_", "bob_"))
    older, newer = make_study(name="older"), make_study(name="newer")
    for _ in range(2):
        organising.star(study_id=older.pk, person=ada, starred=True)
    assert names(person=ada.pk) == ["older", "newer"]
    assert names(person=bob.pk) == ["newer", "older"]
    assert names(person=ada.pk, shelf=STARRED) == ["older"]
    assert names(person=bob.pk, shelf=STARRED) == []
    organising.star(study_id=older.pk, person=ada, starred=False)
    assert names(person=ada.pk, shelf=STARRED) == []
    assert newer.name == "newer"


def test_archived_studies_are_listed_where_they_are_asked_for() -> None:
    study, other = make_study(name="done"), make_study(name="other")
    Study.objects.filter(pk=study.pk).update(state=Study.State.COMPLETED)
    assert organising.archive(study_id=study.pk, archived=True)
    assert not organising.archive(study_id=study.pk, archived=True)
    assert names() == [other.name]
    assert names(shelf=ARCHIVED) == ["done"]
    assert set(names(shelf=EVERYTHING)) == {"done", "other"}
    assert Event.objects.filter(study=study).latest("pk").message == "Archived."
    assert organising.archive(study_id=study.pk, archived=False)
    assert set(names()) == {"done", "other"}


@pytest.mark.parametrize("state", [Study.State.RUNNING, Study.State.DRAINING])
def test_a_running_study_is_not_archived(state: str) -> None:
    study = make_study()
    Study.objects.filter(pk=study.pk).update(state=state)
    with pytest.raises(Conflict, match="pause or stop it"):
        organising.archive(study_id=study.pk, archived=True)
    study.refresh_from_db()
    assert not study.archived


def test_studies_are_found_by_a_tag() -> None:
    study = make_study(name="tagged")
    make_study(name="bare")
    Study.objects.filter(pk=study.pk).update(tags=["for the watch"])
    assert names(tag="for the watch") == ["tagged"]
    assert names(text="watch") == ["tagged"]
    assert names(tag="watch") == []  # a tag is a whole one
