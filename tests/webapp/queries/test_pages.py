"""What pages ask the database: the answers, and in how many queries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from tests.webapp.factories import CLASSES, SECONDS_A_TRIAL, make_dataset, make_study, make_workers
from webapp.models import Dataset, Event, Study, Trial
from webapp.queries.pages_datasets import (
    ClipFilter,
    clip_page,
    count_table,
    dataset_rows,
    nobody_prepares,
    studies_using,
)
from webapp.queries.pages_estimates import estimate
from webapp.queries.pages_export import COLUMNS, trial_rows
from webapp.queries.pages_progress import progress
from webapp.queries.pages_results import best_by_reward, most_accurate_within_limits, results
from webapp.queries.pages_studies import StudyFilter, study_page
from webapp.queries.pages_study import events, failures
from webapp.queries.pages_trial import block_table, confusion_rows, curve, neighbours, reward_parts, trial_or_none
from webapp.queries.pages_trials import TrialFilter, trial_page

pytestmark = pytest.mark.django_db

Queries = Callable[[int], Any]


def test_the_list_of_studies_takes_three_queries_whatever_their_number(django_assert_num_queries: Queries) -> None:
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


def test_progress_takes_four_queries_and_counts_every_state(django_assert_num_queries: Queries) -> None:
    study = make_study(completed=6, running=2, waiting=3, failed=2, infeasible=1, trial_budget=40)
    make_workers(trainers=2)
    with django_assert_num_queries(4):
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


def test_the_trials_table_takes_two_queries_besides_the_results(django_assert_num_queries: Queries) -> None:
    study = make_study(completed=70, failed=2)
    with django_assert_num_queries(3):
        page = trial_page(study, results(study), TrialFilter(sort="-reward"))
    assert len(page.rows) == 50


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


def test_the_best_trials_are_the_best() -> None:
    study = make_study(completed=30)
    found = results(study)
    best, within = best_by_reward(study), most_accurate_within_limits(study)
    assert best is not None
    assert best.reward == found.reward.max()
    assert within is not None
    assert within.int8_accuracy == found.int8_accuracy[found.within_limits].max()


def test_a_study_without_results_has_no_best() -> None:
    study = make_study(waiting=1)
    assert best_by_reward(study) is None
    assert most_accurate_within_limits(study) is None
    assert len(results(study)) == 0


def test_failures_and_events_take_one_query_each(django_assert_num_queries: Queries) -> None:
    study = make_study(completed=3, failed=3)
    with django_assert_num_queries(2):
        assert [failure.number for failure in failures(study)] == [6, 5, 4]
        assert len(events(study)) == 8
    Event.objects.create(study=study, new_state="PAUSED", message="later")
    assert events(study)[0].message == "later"


def test_the_block_table_adds_up_to_the_architectures_totals() -> None:
    study = make_study(completed=1)
    trial = trial_or_none(study.pk, 1)
    assert trial is not None
    table = block_table(trial)
    assert [row.name for row in table.rows] == [*(f"b{number}" for number in range(1, 13)), "head"]
    assert sum(row.flops for row in table.rows) == table.flops == trial.architecture.flops
    assert sum(row.parameters for row in table.rows) == table.parameters == trial.architecture.parameters
    assert table.peak_activation_bytes == trial.architecture.peak_activation_bytes
    assert sum(row.flops_share for row in table.rows) == pytest.approx(1)
    assert sum(row.energy_share for row in table.rows) == pytest.approx(1)
    assert [row.is_bottleneck for row in table.rows].count(True) == 1


def test_the_parts_of_the_reward_add_up_to_the_stored_reward() -> None:
    study = make_study(completed=20)
    for trial in Trial.objects.filter(study=study).select_related("study"):
        parts = reward_parts(trial)
        assert parts is not None
        assert parts.accuracy - parts.energy.cost - parts.flash.cost == pytest.approx(trial.reward, abs=1e-12)
        assert (parts.energy.excess > 0) == ((trial.energy_mj or 0) > study.energy_threshold_mj)


def test_recall_and_precision_come_from_rows_and_columns() -> None:
    rows = confusion_rows([[8, 2, 0], [1, 3, 0], [0, 0, 0]], ["dog", "siren", "negative"])
    assert [row.recall for row in rows] == [0.8, 0.75, None]
    assert [row.precision for row in rows] == [8 / 9, 3 / 5, None]
    assert rows[0].cells[1].heat == 2
    assert rows[0].cells[2].heat == 0


def test_one_confused_clip_in_a_thousand_is_still_coloured() -> None:
    rows = confusion_rows([[999, 1], [0, 10]], ["a", "b"])
    assert rows[0].cells[1].heat == 1


def test_the_curve_comes_in_the_order_of_training() -> None:
    study = make_study(completed=1, curves=1)
    trial = Trial.objects.get(study=study)
    points = curve(trial)
    assert [point.phase for point in points] == ["float"] * 12 + ["qat"] * 3
    assert [point.epoch for point in points] == [*range(1, 13), 1, 2, 3]


def test_neighbours_skip_missing_numbers() -> None:
    study = make_study(completed=4)
    Trial.objects.filter(study=study, number=2).delete()
    first, third, last = (Trial.objects.get(study=study, number=number) for number in (1, 3, 4))
    assert (neighbours(first).previous, neighbours(first).next) == (None, 3)
    assert (neighbours(third).previous, neighbours(third).next) == (1, 4)
    assert neighbours(last).next is None


def test_the_list_of_datasets_takes_one_query(django_assert_num_queries: Queries) -> None:
    for number in range(3):
        make_study(dataset=make_dataset(name=f"d{number}"))
    with django_assert_num_queries(1):
        rows = dataset_rows()
    assert [(row.clips, row.classes, row.studies, row.problems) for row in rows] == [(540, 9, 1, 1)] * 3


def test_counts_stand_by_class_and_split_in_the_order_of_the_outputs() -> None:
    table = count_table({"test": {"a": 1}, "train": {"a": 5, "b": 2}, "eval": {"a": 3, "b": 0}}, ["b", "a"])
    assert table.splits == ("train", "eval", "test")
    assert [(row.label, row.clips, row.total) for row in table.rows] == [("b", (2, 0, 0), 2), ("a", (5, 3, 1), 9)]
    assert (table.totals, table.total) == ((7, 3, 1), 11)


def test_clips_are_filtered_by_split_class_and_name(django_assert_num_queries: Queries) -> None:
    dataset = make_dataset(clips_a_class=2)
    with django_assert_num_queries(2):
        page = clip_page(dataset, ClipFilter(split="eval", label="siren"))
    assert [row.source_name for row in page.rows] == ["eval/siren/000.wav", "eval/siren/001.wav"]
    assert clip_page(dataset, ClipFilter(text="siren/001")).total == 3
    assert clip_page(dataset, ClipFilter()).total == 2 * 3 * len(CLASSES)


def test_a_waiting_dataset_without_a_data_worker_is_noticed() -> None:
    dataset = Dataset.objects.create(name="fresh")
    assert nobody_prepares(dataset)
    assert not nobody_prepares(make_dataset())


def test_a_datasets_studies_are_listed() -> None:
    study = make_study(state="DRAFT")
    assert [(use.name, use.state) for use in studies_using(study.dataset)] == [(study.name, "DRAFT")]


def test_the_estimate_scales_with_epochs_trials_and_workers() -> None:
    study = make_study(completed=5, full_epochs=20)
    one = estimate(study.dataset_id, trial_budget=10, full_epochs=20)
    assert one is not None
    assert one.seconds == pytest.approx(10 * (SECONDS_A_TRIAL - 2))
    assert one.trials_seen == 5
    make_workers(trainers=4)
    four = estimate(study.dataset_id, trial_budget=10, full_epochs=40)
    assert four is not None
    assert four.seconds == pytest.approx(3 * 2 * (SECONDS_A_TRIAL - 2))  # 10 trials on 4 workers: three rounds


def test_without_earlier_trials_on_the_dataset_nothing_is_estimated() -> None:
    make_study(completed=2)
    assert estimate(make_dataset().pk, trial_budget=3, full_epochs=8) is None


def test_exported_rows_hold_every_column_of_every_trial(django_assert_num_queries: Queries) -> None:
    study = make_study(completed=3, failed=1)
    with django_assert_num_queries(1):
        rows = list(trial_rows(study))
    assert [row["number"] for row in rows] == [1, 2, 3, 4]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert rows[3]["reason"]


def test_fronts_hold_no_beaten_trial() -> None:
    found = results(make_study(completed=200))
    for front, cost in ((found.on_energy_front, found.energy_mj), (found.on_flash_front, found.flash_bytes)):
        for accuracy, price in zip(found.int8_accuracy[front], cost[front], strict=True):
            better = (found.int8_accuracy >= accuracy) & (cost <= price)
            strictly = better & ((found.int8_accuracy > accuracy) | (cost < price))
            assert not np.any(strictly)
