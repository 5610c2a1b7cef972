"""What the pages of trials and datasets ask the database: the answers, and in how many queries."""

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import CLASSES, SECONDS_A_TRIAL, make_dataset, make_study, make_workers
from webapp.models import Dataset, Event, Trial
from webapp.queries.energy_estimates import current_estimate
from webapp.queries.pages.blocks import block_table
from webapp.queries.pages.confusion import confusion_rows
from webapp.queries.pages.datasets import (
    ClipFilter,
    clip_page,
    count_table,
    dataset_rows,
    nobody_prepares,
    studies_using,
)
from webapp.queries.pages.estimates import estimate
from webapp.queries.pages.export import COLUMNS, trial_rows
from webapp.queries.pages.results import results
from webapp.queries.pages.study import events, failures
from webapp.queries.pages.trial import curve, neighbours, reward_parts, shown_trials

pytestmark = pytest.mark.django_db


def test_failures_and_events_take_one_query_each(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    study = make_study(completed=3, failed=3)
    with django_assert_num_queries(2):
        assert [failure.number for failure in failures(study)] == [6, 5, 4]
        assert len(events(study)) == 8
    Event.objects.create(study=study, new_state="PAUSED", message="later")
    assert events(study)[0].message == "later"


def test_the_block_table_adds_up_to_the_architectures_totals() -> None:
    study = make_study(completed=1)
    trial = shown_trials(study.pk).filter(number=1).first()
    assert trial is not None
    table = block_table(trial.architecture)
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
        parts = reward_parts(trial, current_estimate(trial, ()))
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
    first, third, last = shown_trials(study.pk).order_by("number")
    assert (neighbours(first).previous, neighbours(first).next) == (None, 3)
    assert (neighbours(third).previous, neighbours(third).next) == (1, 4)
    assert neighbours(last).next is None


def test_the_list_of_datasets_takes_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
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


def test_clips_are_filtered_by_split_class_and_name(django_assert_num_queries: DjangoAssertNumQueries) -> None:
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
    phases = {"float": 30.0, "qat": 0.0, "build": SECONDS_A_TRIAL - 2 - 30.0}
    Trial.objects.filter(study=study).update(seconds=phases)
    one = estimate(study.dataset_id, trial_budget=10, full_epochs=20, qat_epochs=4)
    assert one is not None
    assert one.seconds == pytest.approx(10 * (SECONDS_A_TRIAL - 2))
    assert one.trials_seen == 5
    make_workers(trainers=4)
    four = estimate(study.dataset_id, trial_budget=10, full_epochs=40, qat_epochs=4)
    assert four is not None
    assert four.seconds == pytest.approx(3 * (SECONDS_A_TRIAL - 2 + 30))  # 10 trials on 4 workers: three rounds


def test_without_earlier_trials_on_the_dataset_nothing_is_estimated() -> None:
    make_study(completed=2)
    assert estimate(make_dataset().pk, trial_budget=3, full_epochs=8, qat_epochs=4) is None


def test_exported_rows_hold_every_column_of_every_trial(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    study = make_study(completed=3, failed=1)
    with django_assert_num_queries(1):
        rows = list(trial_rows(study))
    assert [row["number"] for row in rows] == [1, 2, 3, 4]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert rows[3]["reason"]


def test_fronts_hold_no_beaten_trial() -> None:
    found = results(make_study(completed=200))
    for front, cost in ((found.on_energy_front, found.energy_mj), (found.on_flash_front, found.flash_bytes)):
        for accuracy, spent in zip(found.int8_accuracy[front], cost[front], strict=True):
            better = (found.int8_accuracy >= accuracy) & (cost <= spent)
            strictly = better & ((found.int8_accuracy > accuracy) | (cost < spent))
            assert not np.any(strictly)
