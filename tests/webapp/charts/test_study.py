"""Drawings of a study's page: bounded, with the whole front, made once for all readers."""

import re

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_baselines, make_study
from webapp.charts.fronts import POINTS_LIMIT
from webapp.charts.study import LABELS, chart_file, drawings
from webapp.queries.pages.baselines import baselines_of
from webapp.queries.pages.results import results

pytestmark = pytest.mark.django_db


def test_a_large_study_is_drawn_with_its_whole_front_and_few_of_the_other_trials(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    study = make_study(completed=1_200)
    make_baselines(study.dataset)
    found, published = results(study), baselines_of(study.dataset_id)
    with django_assert_num_queries(0):
        drawn = drawings(study, found, published)
    assert set(drawn) == set(LABELS)
    for name, front in (("energy", found.on_energy_front), ("flash", found.on_flash_front)):
        text = str(drawn[name].wide)
        assert all(f"/trials/{number}/" in text for number in found.numbers[front].tolist())
        assert "TC-ResNet8" in text
        [dots] = re.findall(r'<path class="dots"[^>]* d="([^"]*)"', text)
        assert dots.count("M") + front.sum() == POINTS_LIMIT
    assert sum(len(one.wide) + len(one.narrow) for one in drawn.values()) < 120_000
    assert drawings(study, found, published) is drawn


def test_a_chart_is_made_once_while_nothing_changes(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    study = make_study(completed=20)
    first = {name: chart_file(study, results(study), None, name) for name in LABELS}
    found = results(study)
    with django_assert_num_queries(0):
        assert all(chart_file(study, found, None, name) is first[name] for name in LABELS)
    assert len({file.etag for file in first.values()}) == 3


def test_nothing_is_drawn_without_results() -> None:
    study = make_study(waiting=1)
    assert {one.wide for one in drawings(study, results(study), None).values()} == {""}
