"""The paper's pages: tables without a study, Figure 2 from a study's trials."""

import pytest
from django.test import Client
from django.urls import reverse

from nas_engine.baselines import nas_bayesian
from tests.webapp.factories import make_dataset, make_study
from tests.webapp.views.reading import text_of
from webapp.models import Trial
from webapp.translation import architecture_row

pytestmark = pytest.mark.django_db


def page(person: Client, address: str) -> str:
    return text_of(person.get(address))


@pytest.mark.parametrize("name", ["paper", "paper_table1", "paper_table2", "paper_figure2"])
def test_the_pages_stand_without_any_study(person: Client, name: str) -> None:
    assert 'href="/paper/" aria-current="page"' in page(person, reverse(name))


def test_the_overview_leads_to_the_tables_and_the_spaces(person: Client) -> None:
    text = page(person, reverse("paper"))
    for name in ("paper_table1", "paper_table2", "paper_figure2"):
        assert f'href="{reverse(name)}"' in text
    for slug in ("paper-2d", "paper-1d"):
        assert person.get(reverse("space_page", args=[slug])).status_code == 200
        assert f'href="{reverse("space_page", args=[slug])}"' in text


def test_table_1_shows_ours_beside_published(person: Client) -> None:
    text = page(person, reverse("paper_table1"))
    for figure in ("430.348", "430.35", "2,301.036", "2,301.18", "no layers of these networks", "unexplained"):
        assert figure in text


def test_table_2_shows_every_block_and_what_is_unexplained(person: Client) -> None:
    text = page(person, reverse("paper_table2"))
    for figure in ("MobileNetV2-Avg-Pool", "1.492", "12.557", "12.52", "23,863", "23,950", "51,220"):
        assert figure in text
    assert text.count(">unexplained</span>") == 5


def test_the_size_of_a_real_file_replaces_the_estimate(person: Client) -> None:
    study, network = make_study(completed=1), architecture_row(nas_bayesian())
    network.save()
    assert Trial.objects.filter(study=study).update(architecture=network, flash_bytes=50_123) == 1
    assert "50,123" in page(person, reverse("paper_table2"))
    assert "> 50.12 </td>" in page(person, reverse("paper_table1"))


def test_figure_2_without_results_says_what_it_needs(person: Client) -> None:
    make_study(completed=0, running=1)
    assert "No completed trial yet" in page(person, reverse("paper_figure2"))


def test_figure_2_shows_the_study_that_is_asked_for_and_that_its_sounds_are_synthetic(person: Client) -> None:
    made = make_dataset(name="made up", synthetic=True)
    first = make_study(name="first", dataset=made, completed=6)
    make_study(name="second", dataset=make_dataset(name="real"), completed=3)
    text = page(person, reverse("paper_figure2") + f"?study={first.pk}")
    assert "6 completed trials" in text
    assert 'made up</a> <span class="tag">synthetic</span>' in text
    assert "0.955" in text
    assert "3 completed trials" in page(person, reverse("paper_figure2"))
    assert person.get(reverse("paper_figure2") + "?study=nonsense").status_code == 404


@pytest.mark.parametrize(("part", "traces"), [("accuracy", 2), ("memory", 1)])
def test_each_half_of_figure_2_has_a_point_a_trial(person: Client, part: str, traces: int) -> None:
    study = make_study(completed=4, failed=1)
    figure = person.get(reverse("figure2_chart", args=[study.pk, part])).json()
    assert len(figure["data"]) == traces
    assert len(figure["data"][-1]["x"]) == 4
    assert person.get(reverse("figure2_chart", args=[study.pk, "colour"])).status_code == 404
