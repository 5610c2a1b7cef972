"""The leaderboard of a dataset: one row a network, over all of its studies."""

import csv

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.energy_models import device, ready_model
from tests.webapp.factories import make_baselines, make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Dataset, Study, Trial
from webapp.queries.pages.leaderboard import LeaderboardFilter, RankedNetwork, compared, leaderboard, rule_of
from webapp.services.energy_estimates import reestimate

pytestmark = pytest.mark.django_db


def networks(dataset: Dataset, **wanted: object) -> tuple[RankedNetwork, ...]:
    studies, filtered = compared(dataset), LeaderboardFilter(**wanted)
    return leaderboard(dataset, studies, rule_of(studies, filtered.rule), filtered).networks


def board(person: Client, dataset: Dataset, **query: object) -> str:
    response = person.get(reverse("leaderboard", args=[dataset.pk]), query)
    assert response.status_code == 200
    return markup_of(response)


def rows_of(person: Client, dataset: Dataset, **query: object) -> list[dict[str, str]]:
    response = person.get(reverse("leaderboard_table", args=[dataset.pk, "csv"]), query)
    return list(csv.DictReader(b"".join(response).decode().splitlines()))


def test_a_network_of_several_trainings_is_one_row_with_mean_and_deviation(person: Client) -> None:
    dataset = make_dataset()
    one = make_study(dataset=dataset, completed=3, name="one")
    two = make_study(dataset=dataset, completed=1, name="two")
    shared = one.trials.get(number=2)
    Trial.objects.filter(pk=shared.pk).update(int8_accuracy=0.8)
    two.trials.update(architecture=shared.architecture_id, int8_accuracy=0.9)
    (found,) = [row for row in networks(dataset) if row.trained == 2]
    assert (found.accuracy, found.study_id, found.number) == (pytest.approx(0.85), two.pk, 1)
    assert found.deviation == pytest.approx(0.1 / 2**0.5)
    assert len(networks(dataset)) == 3
    text = board(person, dataset)
    assert "two, trial 1</a>" in text
    assert "3 networks of 4 completed trials in 2 studies" in text


def test_rewards_are_made_by_the_chosen_settings_of_equation_1(person: Client) -> None:
    dataset = make_dataset()
    lax = make_study(dataset=dataset, completed=4, name="lax", energy_threshold_mj=1e6, flash_threshold_kb=1e6)
    strict = make_study(dataset=dataset, completed=4, seed=2, name="strict", energy_threshold_mj=0.01)
    for row in networks(dataset, rule=lax.pk):
        assert row.reward == pytest.approx(row.accuracy)
    for row in networks(dataset, rule=strict.pk):
        if row.study_id == strict.pk and row.trained == 1:
            assert row.reward == pytest.approx(strict.trials.get(number=row.number).reward)
    assert [row.rank for row in networks(dataset)] == list(range(1, 9))
    assert f'<option value="{strict.pk}" selected>E₀ 0.01 mJ' in board(person, dataset)


def test_baselines_stand_among_the_networks_by_name(person: Client) -> None:
    dataset = make_dataset()
    make_study(dataset=dataset, completed=2)
    make_baselines(dataset, names=["TC-ResNet8"])
    assert {row.name for row in networks(dataset)} == {"", "TC-ResNet8-1.0"}
    assert {row["network"] for row in rows_of(person, dataset)} == {"", "TC-ResNet8-1.0"}
    assert '<span class="tag">TC-ResNet8' in board(person, dataset)


def test_archived_and_other_studies_and_networks_at_chance_are_left_out(person: Client) -> None:
    dataset = make_dataset()
    study = make_study(dataset=dataset, completed=3)
    make_study(dataset=dataset, completed=2, archived=True, seed=5)
    make_study(completed=2, seed=6)
    Trial.objects.filter(study=study, number=1).update(int8_accuracy=0.1)
    assert len(networks(dataset)) == 2
    assert "Left out: 1 at chance." in board(person, dataset)


def test_energies_are_those_of_the_chosen_model_and_unknown_ones_are_counted(person: Client) -> None:
    dataset, model = make_dataset(), ready_model(device(), times=3.0)
    study = make_study(dataset=dataset, completed=3)
    make_study(dataset=dataset, completed=2, seed=7)
    reestimate(study_id=study.pk, energy_model_id=model.pk)
    estimates = dict(
        study.trials.filter(energy_estimates__energy_model=model).values_list("number", "energy_estimates__energy_mj")
    )
    found = networks(dataset, energy=model.pk)
    assert {row.number: row.estimate.energy_mj for row in found} == pytest.approx(estimates)
    assert all(row.estimate.tag == "predicted" for row in found)
    text = board(person, dataset, energy=model.pk)
    assert "Left out: 2 without an energy by this model." in text
    assert f'<option value="{model.pk}" selected>' in text


@pytest.mark.parametrize("sort", ["reward", "int8", "energy", "flash", "flops", "parameters", "trained"])
def test_every_column_sorts_both_ways_in_page_and_file(person: Client, sort: str) -> None:
    dataset = make_dataset()
    make_study(dataset=dataset, completed=6)
    columns = {"int8": "int8_accuracy", "energy": "energy_mj", "flash": "flash_bytes"}
    for first, reverse_order in (("", False), ("-", True)):
        values = [float(row[columns.get(sort, sort)]) for row in rows_of(person, dataset, sort=first + sort)]
        assert values == sorted(values, reverse=reverse_order)
    part = person.get(reverse("leaderboard", args=[dataset.pk]), {"sort": sort}, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()


def test_pages_and_nonsense_and_an_empty_dataset_are_answered(person: Client) -> None:
    dataset = make_dataset()
    assert "No network yet" in board(person, dataset)
    make_study(dataset=dataset, completed=60)
    assert board(person, dataset, page=2).count('id="network-') == 10
    assert board(person, dataset, page="x", sort="no", energy="y", rule="9" * 40).count('id="network-') == 50
    assert person.get(reverse("leaderboard_table", args=[dataset.pk, "parquet"])).status_code == 200
    assert person.get(reverse("leaderboard_table", args=[dataset.pk, "xls"])).status_code == 404


def test_as_many_queries_for_many_studies_as_for_few(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 5):
        dataset = make_dataset()
        for seed in range(count):
            make_study(dataset=dataset, completed=6, seed=seed)
        with django_assert_max_num_queries(8):
            board(person, dataset)
    assert Study.objects.count() == 6
