"""The shortlist of a study: kept with it, changed by several people at once."""

import threading

import pytest
from django.db import connection

from tests.webapp.factories import make_study, make_user
from webapp.models import ShortlistedTrial, Study, Trial
from webapp.services.errors import Conflict
from webapp.services.shortlists import MOST_SHORTLISTED, add_to_shortlist, remove_from_shortlist

pytestmark = pytest.mark.django_db


def ids(study: Study, *numbers: int) -> list[int]:
    return list(Trial.objects.filter(study=study, number__in=numbers).values_list("pk", flat=True))


def listed(study: Study) -> list[int]:
    return list(ShortlistedTrial.objects.filter(trial__study=study).values_list("trial__number", flat=True))


def test_trials_are_added_once_and_removed_without_harm() -> None:
    study, person = make_study(completed=5), make_user()
    assert add_to_shortlist(study_id=study.pk, trial_ids=ids(study, 2, 4), actor=person) == 2
    assert add_to_shortlist(study_id=study.pk, trial_ids=ids(study, 4, 5)) == 1
    assert listed(study) == [2, 4, 5]
    assert remove_from_shortlist(study_id=study.pk, trial_ids=ids(study, 1, 4)) == 1
    assert remove_from_shortlist(study_id=study.pk, trial_ids=ids(study, 4)) == 0
    assert listed(study) == [2, 5]


def test_what_has_not_completed_or_is_of_another_study_is_refused_and_nothing_added() -> None:
    study, other = make_study(completed=2, running=1), make_study(completed=1)
    for wrong in (ids(study, 3), ids(other, 1)):
        with pytest.raises(Conflict, match="Only completed trials of this study"):
            add_to_shortlist(study_id=study.pk, trial_ids=[*ids(study, 1), *wrong])
    assert listed(study) == []
    add_to_shortlist(study_id=other.pk, trial_ids=ids(other, 1))
    assert remove_from_shortlist(study_id=study.pk, trial_ids=ids(other, 1)) == 0


def test_a_shortlist_stays_short() -> None:
    study = make_study(completed=MOST_SHORTLISTED + 1)
    everything = ids(study, *range(1, MOST_SHORTLISTED + 2))
    add_to_shortlist(study_id=study.pk, trial_ids=everything[:MOST_SHORTLISTED])
    with pytest.raises(Conflict, match=f"at most {MOST_SHORTLISTED} trials"):
        add_to_shortlist(study_id=study.pk, trial_ids=everything)
    assert len(listed(study)) == MOST_SHORTLISTED


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_add_each_trial_once() -> None:
    study = make_study(completed=6)
    everything, added = ids(study, *range(1, 7)), []
    ready = threading.Barrier(2)

    def add() -> None:
        ready.wait()
        added.append(add_to_shortlist(study_id=study.pk, trial_ids=everything))
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [0, 6]
    assert sorted(listed(study)) == [1, 2, 3, 4, 5, 6]
