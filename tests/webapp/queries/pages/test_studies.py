"""What the pages of studies ask the database: the answers, and in how many queries."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import SECONDS_A_TRIAL, make_dataset, make_study, make_workers
from webapp.models import Study, Trial, Worker
from webapp.queries.pages.progress import progress
from webapp.queries.pages.results import Bests, bests, results
from webapp.queries.pages.studies import StudyFilter, study_page
from webapp.queries.pages.trials import TrialFilter, trial_page

pytestmark = pytest.mark.django_db


def test_the_list_of_studies_takes_three_queries_whatever_their_number(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    dataset = make_dataset()
    for number in range(5):
        make_study(dataset=dataset, completed=4, running=1, name=f"many {number}")
    with django_assert_num_queries(3):
        assert len(study_page(StudyFilter()).rows) == 5


def test_a_row_counts_what_uses_up_budget_and_names_the_best() -> None:
    study = make_study(completed=5, failed=2, infeasible=1, running=1, waiting=2, trial_budget=30)
    failed, other = Trial.objects.filter(study=study, state="FAILED").order_by("number")
    retry = Trial.objects.filter(study=study, state="REQUESTED").first()
    assert retry is not None
    retry.retried_from = failed
    retry.save(update_fields=["retried_from"])
    Trial.objects.filter(pk=other.pk).update(state="CANCELLED")
    row = study_page(StudyFilter()).rows[0]
    assert (row.done, row.running, row.trial_budget) == (6, 1, 30)
    found = Trial.objects.filter(study=study, state="COMPLETED")
    assert row.best_reward == max(trial.reward or 0 for trial in found)
    within = [
        trial.int8_accuracy
        for trial in found
        if (trial.energy_mj or 0) <= study.energy_threshold_mj
        and (trial.flash_bytes or 0) <= study.flash_threshold_kb * 1000
    ]
    assert row.best_accuracy_within_limits == max(within, default=None)


def test_studies_are_filtered_by_state_and_text() -> None:
    make_study(name="Doorbell watch", completed=1)
    make_study(name="Other", notes="for the doorbell", state="DRAFT")
    make_study(name="Third", state="DRAFT")
    names = [row.name for row in study_page(StudyFilter(text="doorbell")).rows]
    assert names == ["Other", "Doorbell watch"]
    assert [row.name for row in study_page(StudyFilter(state="DRAFT", text="doorbell")).rows] == ["Other"]


def test_progress_takes_three_queries_and_counts_every_state(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    study = make_study(completed=6, running=2, waiting=3, failed=2, infeasible=1, trial_budget=40)
    make_workers(trainers=2)
    with django_assert_num_queries(3):
        now = progress(study)
    counts = now.counts
    assert (counts.completed, counts.running, counts.waiting, counts.failed, counts.infeasible) == (6, 2, 3, 2, 1)
    assert (counts.done, now.trainers, now.is_live, now.warning) == (9, 2, True, "")


def test_time_left_is_the_remaining_work_over_the_live_workers() -> None:
    study = make_study(completed=10, waiting=2, trial_budget=30)
    make_workers(trainers=4)
    left = progress(study).seconds_left
    assert left == pytest.approx(20 * (SECONDS_A_TRIAL - 2) / 4)


def test_a_running_trial_counts_only_with_what_is_left_of_it() -> None:
    study = make_study(completed=10, running=1, trial_budget=11)
    make_workers(trainers=1)
    left = progress(study).seconds_left
    assert left == pytest.approx(SECONDS_A_TRIAL - 2 - 15, abs=1)


def test_before_the_first_result_no_time_is_promised() -> None:
    study = make_study(running=2, trial_budget=10)
    assert progress(study).seconds_left is None


def test_a_trial_whose_worker_is_silent_beyond_its_lease_is_lost() -> None:
    study = make_study(running=1, completed=1, trial_budget=5)
    Trial.objects.filter(study=study, state="RUNNING").update(heartbeat_at=timezone.now() - timedelta(seconds=90))
    trial = progress(study).running[0]
    assert trial.lost
    assert trial.silent_seconds == pytest.approx(90, abs=2)


def test_a_missing_search_worker_is_named() -> None:
    study = make_study(completed=1, trial_budget=5, state=Study.State.RUNNING)
    make_workers(trainers=1, searchers=0)
    assert "No search worker has reported" in progress(study).warning


def test_a_study_whose_suggestions_take_thought_needs_a_worker_for_them() -> None:
    slow = make_study(completed=1, trial_budget=5, state=Study.State.RUNNING, designer="gaussian_process")
    quick = make_study(completed=1, trial_budget=5, state=Study.State.RUNNING)
    make_workers(trainers=1)
    Worker.objects.filter(role=Worker.Role.DELIBERATION).delete()
    assert "No search worker has reported" in progress(slow).warning
    assert progress(quick).warning == ""


def test_a_study_that_is_not_running_never_warns() -> None:
    assert progress(make_study(completed=1, waiting=1, state=Study.State.PAUSED)).warning == ""


def test_the_version_changes_when_a_trial_ends() -> None:
    study = make_study(completed=2, running=1)
    before = progress(study).version
    assert progress(study).version == before
    trial = Trial.objects.get(study=study, state="RUNNING")
    trial.state, trial.reason, trial.finished_at = Trial.State.FAILED, "it broke", timezone.now()
    trial.save(update_fields=["state", "reason", "finished_at"])
    assert progress(study).version != before


def test_the_trials_table_takes_two_queries_besides_the_results(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    study = make_study(completed=70, failed=2)
    found, progress_total = results(study), progress(study).counts.shown
    with django_assert_num_queries(2):
        page = trial_page(study, found, TrialFilter(sort="-reward"))
    assert len(page.rows) == 50
    with django_assert_num_queries(1):
        same = trial_page(study, found, TrialFilter(sort="-reward"), total=progress_total)
    assert same == page


def test_trials_without_a_value_sort_last_in_both_directions() -> None:
    study = make_study(completed=3, failed=2)
    for sort in ("reward", "-reward"):
        rows = trial_page(study, results(study), TrialFilter(sort=sort)).rows
        assert [row.reward is None for row in rows] == [False, False, False, True, True]


def test_trials_are_found_by_block_hash_and_reason() -> None:
    study = make_study(completed=8, failed=1)
    everything = results(study)

    def found(text: str) -> set[int]:
        return {row.number for row in trial_page(study, everything, TrialFilter(text=text)).rows}

    assert found("SIGSEGV") == {9}
    first = Trial.objects.select_related("architecture").get(study=study, number=1)
    assert 1 in found(first.architecture.hash[:10])
    expected = {
        trial.number
        for trial in Trial.objects.filter(study=study).select_related("architecture")
        if any(block["kind"] == "identity" for block in trial.architecture.spec["blocks"])
    }
    assert found("identity") == expected


def test_only_trials_below_both_thresholds_are_within_limits() -> None:
    study = make_study(completed=30)
    found = results(study)
    rows = trial_page(study, found, TrialFilter(within_limits=True)).rows
    assert rows
    assert all(row.within_energy and row.within_flash for row in rows)
    assert len(rows) == found.within_limits.sum()


def test_the_database_and_the_engine_agree_about_what_lies_within_the_thresholds() -> None:
    study = make_study(completed=30)
    at_the_threshold = Trial.objects.filter(study=study, state="COMPLETED").order_by("energy_mj")[15]
    study.energy_threshold_mj, study.flash_threshold_kb = (
        at_the_threshold.energy_mj,
        at_the_threshold.flash_bytes / 1000,
    )
    study.save()
    found = results(study)
    completed = Trial.objects.filter(study=study, state="COMPLETED")
    assert {trial.pk for trial in completed.within_thresholds()} == found.ids_on(found.within_limits)
    assert at_the_threshold.pk in found.ids_on(found.within_limits)


def test_the_best_trials_are_the_best() -> None:
    study = make_study(completed=30)
    found = results(study)
    found_bests = bests(results(study))
    best, within = found_bests.by_reward, found_bests.within_limits
    assert best is not None
    assert best.reward == found.reward.max()
    assert within is not None
    assert within.int8_accuracy == found.int8_accuracy[found.within_limits].max()


def test_a_study_without_results_has_no_best() -> None:
    study = make_study(waiting=1)
    assert bests(results(study)) == Bests()
    assert len(results(study)) == 0
