"""Results of a study are read once until anything has changed."""

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_study
from webapp.models import Event, Study, Trial
from webapp.queries.pages.progress import progress
from webapp.queries.pages.results import results
from webapp.services.energy_estimates import reestimate

pytestmark = pytest.mark.django_db


def test_unchanged_results_are_the_same_object_and_cost_no_query_where_the_mark_is_known(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    study = make_study(completed=5, running=1)
    with django_assert_num_queries(2):
        found = results(study)
    mark = progress(study).results_mark
    with django_assert_num_queries(0):
        assert results(study, mark) is found
    with django_assert_num_queries(1):
        assert results(study) is found


def test_a_completed_trial_an_event_and_other_thresholds_make_new_results() -> None:
    study = make_study(completed=5, running=1)
    before = results(study)
    first = Trial.objects.filter(study=study, state="COMPLETED").order_by("number")[0]
    columns = ("float_accuracy", "int8_accuracy", "energy_mj", "flash_bytes", "reward")
    values = {name: getattr(first, name) for name in columns}
    running = Trial.objects.filter(study=study, state="RUNNING")
    running.update(state="COMPLETED", tflite="t", finished_at=first.finished_at, **values)
    completed = results(study)
    assert (len(before), len(completed)) == (5, 6)
    Event.objects.create(study=study, new_state="RUNNING")
    assert results(study) is not completed
    assert progress(study).results_mark == progress(study).results_mark
    wide = Study.objects.get(pk=study.pk)
    wide.energy_threshold_mj = 1e-6
    assert not results(wide).within_limits.any()


def test_trials_that_get_their_first_estimate_by_the_same_figures_are_read_again() -> None:
    study = make_study(completed=3)
    before = results(study)
    reestimate(study_id=study.pk, energy_model_id=None)
    assert results(study) is not before


def test_a_study_without_completed_trials_has_empty_results() -> None:
    study = make_study(waiting=2)
    assert len(results(study)) == 0
    assert results(study, progress(study).results_mark) is results(study)
