"""The further views on a study's page: without JavaScript, as a part, as JSON, and at what cost."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_baselines, make_study
from webapp.queries.charted import VIEWS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_stands_on_the_page_that_names_it_with_sentence_chart_and_table(person: Client, name: str) -> None:
    study = make_study(completed=12)
    page = person.get(reverse("study", args=[study.pk]), {"chart": name, "sort": "-int8"}).content.decode()
    section = page.split('id="view"')[1].split("</section>")[0]
    assert f'aria-current="true">{VIEWS[name]}' in section
    assert 'class="reading"' in section
    assert f'name="chart" value="{name}"' in section
    if name == "latency":
        assert "No latency of these networks is known" in section
        return
    assert ("<svg" in section) == (name != "space")
    assert "<tbody>" in section
    assert "sort=-int8" in section


def test_the_usual_page_has_no_view_but_links_to_all(person: Client) -> None:
    study = make_study(completed=3)
    page = person.get(reverse("study", args=[study.pk])).content.decode()
    assert "view-reading" not in page
    for name in VIEWS:
        assert f'id="view-{name}" href="?chart={name}"' in page
    assert "view-reading" not in person.get(reverse("study", args=[study.pk]), {"chart": "no-such"}).content.decode()
    assert 'id="view"' not in person.get(reverse("study", args=[make_study(state="DRAFT").pk])).content.decode()


def test_the_part_changes_the_address_and_its_own_refresh_does_not(person: Client) -> None:
    study = make_study(completed=3)
    address = reverse("study_view", args=[study.pk])
    response = person.get(address, {"chart": "blocks"}, headers={"HX-Request": "true"})
    assert response.headers["HX-Replace-Url"] == f"{reverse('study', args=[study.pk])}?chart=blocks"
    headers = {"HX-Request": "true", "HX-Trigger": "view-reading"}
    assert "HX-Replace-Url" not in person.get(address, {"chart": "blocks"}, headers=headers).headers
    assert "view-reading" not in person.get(address, {"chart": "none"}).content.decode()


@pytest.mark.parametrize("name", VIEWS)
def test_the_chart_of_a_view_takes_chosen_trials_and_bad_ones_do_nothing(person: Client, name: str) -> None:
    study = make_study(completed=5)
    address = reverse("view_chart", args=[study.pk, name])
    plain = person.get(address).json()
    query = {"number": ["x", "-1", "9" * 30, str(2**63 - 1), "\0"]}
    assert json.dumps(person.get(address, query).json()) == json.dumps(plain)
    assert person.get(address, {"number": ["2"]}).status_code == 200


def test_what_is_no_view_and_what_is_no_search_has_none(person: Client) -> None:
    study = make_study(completed=1)
    published = make_baselines(study.dataset)
    assert person.get(reverse("view_chart", args=[study.pk, "nothing"])).status_code == 404
    assert person.get(reverse("view_chart", args=[published.pk, "blocks"])).status_code == 404
    assert person.get(reverse("study_view", args=[published.pk])).status_code == 404
    assert 'id="view"' not in person.get(reverse("study", args=[published.pk]), {"chart": "blocks"}).content.decode()


@pytest.mark.parametrize("name", VIEWS)
def test_a_page_with_a_view_takes_twelve_queries_once_the_view_is_made(
    person: Client, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    study = make_study(completed=60)
    make_baselines(study.dataset)
    address = reverse("study", args=[study.pk])
    person.get(address, {"chart": name})
    with django_assert_max_num_queries(12):
        person.get(address, {"chart": name})
