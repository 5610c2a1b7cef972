"""What the pages of comparisons ask the database: the answers, and in how many queries."""

import dataclasses

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from tests.webapp.energy_models import device, ready_model
from tests.webapp.factories import make_baselines, make_dataset, make_study
from webapp.models import Comparison, Study, Trial
from webapp.queries.pages.baselines import baselines_by_dataset, baselines_of
from webapp.queries.pages.comparison import compared_rows, comparison_rows_context
from webapp.queries.pages.comparisons import CHOICES_SHOWN, comparisons_context, study_choices
from webapp.queries.pages.results import Results, results, results_of
from webapp.services.energy_estimates import reestimate

pytestmark = pytest.mark.django_db


def comparison_of(*studies: Study, name: str = "all") -> Comparison:
    made = Comparison.objects.create(name=name)
    made.studies.add(*studies)
    return made


def same(one: Results, other: Results) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in dataclasses.fields(Results)]
    return all(np.array_equal(left, right) for left, right in pairs)


def test_results_of_several_studies_are_those_of_each_in_two_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    dataset, model, other = make_dataset(), ready_model(device()), ready_model(device(), times=3.0)
    studies = [make_study(dataset=dataset, completed=completed, seed=completed) for completed in (0, 5, 9, 7, 3)]
    for study, chosen in zip(studies[2:], (model, other, model), strict=True):
        reestimate(study_id=study.pk, energy_model_id=chosen.pk)
    studies = list(Study.objects.select_related("dataset").order_by("pk"))
    with django_assert_num_queries(2):
        found = results_of(studies)
    assert all(same(found[study.pk], results(study)) for study in studies)
    assert [len(found[study.pk]) for study in studies] == [0, 5, 9, 7, 3]


def test_baselines_of_several_datasets_are_those_of_each_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    one, two, none = make_dataset(), make_dataset(), make_dataset()
    make_baselines(one, names=["TC-ResNet8"])
    make_baselines(two, names=["TC-ResNet14", "MobileNetV1"], completed=1)
    with django_assert_num_queries(1):
        found = baselines_by_dataset([one.pk, two.pk, none.pk])
    assert found == {one.pk: baselines_of(one.pk), two.pk: baselines_of(two.pk)}


def test_the_table_takes_as_many_queries_for_many_studies_as_for_few(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    dataset, model = make_dataset(), ready_model(device())
    for count in (2, 6):
        studies = [make_study(dataset=dataset, completed=3, running=1) for _ in range(count)]
        reestimate(study_id=studies[0].pk, energy_model_id=model.pk)
        comparison = comparison_of(*studies, name=f"of {count}")
        with django_assert_num_queries(4):
            context = comparison_rows_context(comparison)
        assert len(context["rows"]) == count
        assert context["is_live"]


def test_a_row_names_the_trial_of_the_best_reward_and_leaves_out_the_comparisons_name() -> None:
    study = make_study(name="all: NAS-Bayesian", completed=8, failed=1, running=2, trial_budget=20)
    (row,) = compared_rows(comparison_of(study))
    best = Trial.objects.filter(study=study, state="COMPLETED").order_by("-reward").first()
    assert row.best is not None
    assert best is not None
    assert (row.best.number, row.best.reward, row.estimate.energy_mj) == (best.number, best.reward, best.energy_mj)
    assert (row.short_name, row.done, row.running, row.is_live) == ("NAS-Bayesian", 9, 2, True)


def test_the_version_changes_when_a_trial_or_a_study_ends() -> None:
    study = make_study(completed=2, running=1)
    comparison = comparison_of(study)
    versions = [comparison_rows_context(comparison)["version"]]
    Trial.objects.filter(study=study, state="RUNNING").update(state="CANCELLED", reason="stopped")
    versions.append(comparison_rows_context(comparison)["version"])
    Study.objects.filter(pk=study.pk).update(state="STOPPED")
    context = comparison_rows_context(comparison)
    assert len({*versions, context["version"]}) == 3
    assert not context["is_live"]


def test_the_list_takes_two_queries_whatever_the_number(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    running, done = make_study(running=1), make_study(completed=1)
    for name in "abc":
        comparison_of(running, done, name=name)
    with django_assert_num_queries(2):
        page = comparisons_context(1)["page"]
    assert [(row.name, row.studies, row.live) for row in page.rows] == [(name, 2, 1) for name in "cba"]


def test_studies_are_chosen_from_one_dataset_and_those_that_are_ticked_stay() -> None:
    one, two = make_dataset(), make_dataset()
    ticked = make_study(name="ticked", dataset=one, state="DRAFT")
    make_study(name="other", dataset=one, state="DRAFT")
    make_study(name="new", dataset=two, state="DRAFT")
    make_baselines(two, names=["TC-ResNet8"])
    assert [row.name for row in study_choices([], None).rows] == ["new", "other", "ticked"]
    rows = study_choices([ticked.pk], two.pk).rows
    assert [(row.name, row.is_chosen) for row in rows] == [("ticked", True), ("new", False)]


def test_more_choices_than_fit_are_counted() -> None:
    study = make_study(state="DRAFT")
    Study.objects.bulk_create(
        Study(name=f"many {n}", dataset=study.dataset, space_spec={}) for n in range(CHOICES_SHOWN + 2)
    )
    found = study_choices([study.pk], None)
    assert (len(found.rows), found.left_out) == (CHOICES_SHOWN + 1, 2)
