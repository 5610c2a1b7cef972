"""What counts as waiting of a trainer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from benchmarks.idle_share import measure
from tests.webapp.factories import make_study
from webapp.models import Trial

pytestmark = pytest.mark.django_db


def test_a_trainer_waits_before_its_first_trial_and_between_trials_but_not_after_its_last() -> None:
    study = make_study(completed=3, state="RUNNING")
    begin = timezone.now()
    # (worker, from, to) in seconds: the second trainer begins 10 s late; the first waits 5 s between its trials
    spans = (("one", 0, 20), ("one", 25, 100), ("two", 10, 60))
    for number, (worker, start, end) in enumerate(spans, start=1):
        times = {"started_at": begin + timedelta(seconds=start), "finished_at": begin + timedelta(seconds=end)}
        Trial.objects.filter(study=study, number=number).update(worker=worker, **times)
    found = measure(study.pk)
    assert found["seconds"] == 100
    assert found["seconds_until_all_had_a_trial"] == 10
    assert found["idle_share_by_trainer"] == {"one": 0.05, "two": pytest.approx(10 / 60, abs=1e-4)}
    assert found["idle_share"] == pytest.approx(15 / 160, abs=1e-4)
    assert found["idle_share_at_work"] == pytest.approx(5 / 140, abs=1e-4)
