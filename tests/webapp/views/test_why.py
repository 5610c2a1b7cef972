"""The page that explains a study: what it counts, and that it stands whatever a study holds."""

import json
import math

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.webapp.confirmations import confirmation
from tests.webapp.energy_models import device, ready_model
from tests.webapp.factories import edited_spec, make_baselines, make_dataset, make_study, stopped_early
from tests.webapp.views.reading import text_of
from webapp.charts.why.page import SECTIONS
from webapp.models import Study, Trial
from webapp.queries.explained import trained_networks
from webapp.services.energy_estimates import reestimate

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12


def page(person: Client, study: Study, goal: str = "accuracy") -> str:
    response = person.get(reverse("study_why", args=[study.pk]), {"of": goal})
    assert response.status_code == 200
    for part in SECTIONS:
        chart = person.get(reverse("why_chart", args=[study.pk, goal, part]))
        assert chart.status_code == 200
        json.loads(chart.content, parse_constant=pytest.fail)  # of NaN and infinities
    return text_of(response)


def test_a_study_of_many_trials_is_explained_in_few_queries(person: Client) -> None:
    small, study = make_study(completed=8, curves=8), make_study(completed=70, curves=20)
    text = page(person, study, "energy")
    assert "70 completed networks of this search, each once." in text
    assert "The filters of the first block explain" in text
    assert "Mean energy by choice and block" in text
    assert f'href="{reverse("study_why", args=[study.pk])}"' in text_of(person.get(reverse("study", args=[study.pk])))
    for one in (small, study):
        with CaptureQueriesContext(connection) as queries:
            person.get(reverse("study_why", args=[one.pk]))
        assert len(queries) <= MOST_QUERIES


def test_without_results_with_one_and_with_failures_alone_the_page_says_what_is_missing(person: Client) -> None:
    for completed, failed in ((0, 0), (1, 0), (0, 3), (2, 1)):
        text = page(person, make_study(completed=completed, failed=failed, curves=completed))
        assert f"Not enough networks to say what int8 accuracy depends on: {completed} have completed" in text
    draft = make_study(state=Study.State.DRAFT)
    assert "No trial has been trained yet." in page(person, draft)
    assert reverse("study_why", args=[draft.pk]) not in text_of(person.get(reverse("study", args=[draft.pk])))


def test_results_that_are_no_numbers_or_all_equal_break_nothing(person: Client) -> None:
    study = make_study(completed=60, curves=5)
    Trial.objects.filter(study=study, number=3).update(int8_accuracy=math.nan)
    text = page(person, study)
    assert "59 completed networks" in text
    assert "1 left out that is not of the search space or whose results are no numbers" in text
    same = {"int8_accuracy": 0.7, "float_accuracy": 0.7, "flash_bytes": 50_000}
    Trial.objects.filter(study=study).update(**same, finished_at=timezone.now())
    text = page(person, study, "flash")
    assert "All networks have the same flash" in text
    assert "All networks have the same int8 accuracy" in text


def test_confirmations_count_once_and_stopped_trials_are_counted_where_they_are_left_out(person: Client) -> None:
    study = make_study(completed=60, curves=20)
    stopped_early(Trial.objects.get(study=study, number=5))
    confirmation(study, 2, 0.71)
    text = page(person, study)
    assert "59 completed networks of this search, each once; 1 confirmation left out;" in text
    assert "1 trial stopped early left out: mostly weak networks" in text
    assert "1 of 60 trials (2 %) were stopped early, after 8 epochs at the median of those drawn" in text
    found = trained_networks(study)
    assert found.numbers.tolist() == [number for number in range(1, 61) if number != 5]
    assert "2 workers had 61 trials" in text


def test_a_space_of_ones_own_is_explained_by_its_own_positions(person: Client) -> None:
    spec = edited_spec(4)
    own = {"space": Study.Space.EDITED, "space_spec": spec.search_space().to_json()}
    assert trained_networks(make_study(completed=5, **own)).options.shape == (5, 4)
    study = make_study(**own)
    other = make_study(completed=3)
    Trial.objects.filter(study=other).update(study=study)
    text = page(person, study)
    assert "0 completed networks" in text
    assert "3 left out that are not of the search space" in text
    assert trained_networks(study).options.shape == (0, 4)


def test_energies_are_those_of_the_studys_energy_model(person: Client) -> None:
    study, model = make_study(completed=60), ready_model(device(name="Pixel"), times=4.0)
    before = trained_networks(study).energy_mj
    reestimate(study_id=study.pk, energy_model_id=model.pk, actor=None)
    study.refresh_from_db()
    assert (trained_networks(study).energy_mj != before).all()
    assert "predicted by Pixel, model 1" in page(person, study, "energy")


def test_searches_alone_are_explained_and_unknown_charts_are_not_found(person: Client) -> None:
    dataset = make_dataset()
    study, baselines = make_study(completed=1, dataset=dataset), make_baselines(dataset, names=["TC-ResNet8"])
    assert person.get(reverse("study_why", args=[baselines.pk])).status_code == 404
    assert person.get(reverse("study_why", args=[study.pk]), {"of": "beauty"}).status_code == 200
    for goal, part in (("beauty", "levels"), ("energy", "beauty")):
        assert person.get(reverse("why_chart", args=[study.pk, goal, part])).status_code == 404
    assert person.get(reverse("why_chart", args=[baselines.pk, "energy", "levels"])).status_code == 404
