"""Stars, archive and search from the pages."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.energy_models import measured_device
from tests.webapp.factories import make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Comparison, Run, Study, Trial
from webapp.queries.pages.search import MOST_HITS, search

pytestmark = pytest.mark.django_db


def test_a_star_goes_back_to_the_list_as_it_was_filtered(person: Client) -> None:
    study = make_study(name="Nights")
    list_page = reverse("studies")
    response = person.post(
        reverse("star_study", args=[study.pk]), {"starred": "yes", "next": f"{list_page}?q=night"}, follow=True
    )
    assert response.redirect_chain == [(f"{list_page}?q=night", 302)]
    assert 'aria-pressed="true" aria-label="Star Nights"' in markup_of(response)
    other_site = {"starred": "no", "next": "https://example.org/"}
    assert person.post(reverse("star_study", args=[study.pk]), other_site).headers["Location"] == list_page
    assert not study.starred_by.exists()


def test_a_study_goes_into_the_archive_and_out_from_its_page(person: Client) -> None:
    study = make_study(name="Old nights")
    archive, page = reverse("archive_study", args=[study.pk]), reverse("study", args=[study.pk])
    response = person.post(archive, {"archived": "yes"}, follow=True)
    assert response.redirect_chain == [(page, 302)]
    assert "Take out of the archive" in markup_of(response)
    assert "Old nights" not in markup_of(person.get(reverse("studies")))
    assert "Old nights" in markup_of(person.get(reverse("studies"), {"shelf": "archived"}))
    person.post(archive, {"archived": "no"})
    assert "Old nights" in markup_of(person.get(reverse("studies")))


def test_a_running_study_says_why_it_is_not_archived(person: Client) -> None:
    study = make_study(running=1)
    response = person.post(reverse("archive_study", args=[study.pk]), {"archived": "yes"}, follow=True)
    assert "pause or stop it before you archive it" in markup_of(response)
    assert "Archive" not in markup_of(person.get(reverse("study", args=[study.pk]))).replace("archive it", "")


def test_a_tag_in_the_list_filters_by_itself(person: Client) -> None:
    Study.objects.filter(pk=make_study(name="tagged").pk).update(tags=["a&b"])
    make_study(name="bare")
    assert "?tag=a%26b" in markup_of(person.get(reverse("studies")))
    text = markup_of(person.get(reverse("studies"), {"tag": "a&b"}))
    assert "tagged" in text
    assert "bare" not in text


def test_everything_is_found_by_one_search(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    study = make_study(name="Porch nights", running=1)
    trial = study.trials.get()
    Trial.objects.filter(pk=trial.pk).update(notes="best on the porch")
    make_dataset(name="porch sounds")
    Comparison.objects.create(name="Porches")
    device = measured_device()
    run = Run.objects.filter(campaign__device=device).first()
    assert run is not None
    Run.objects.filter(pk=run.pk).update(label="porch run")
    with django_assert_max_num_queries(7):
        found = {kind.title: [hit.name for hit in kind.hits] for kind in search("porch")}
    assert found == {
        "Studies": ["Porch nights"],
        "Trials": [f"Trial {trial.number}"],
        "Comparisons": ["Porches"],
        "Datasets": ["porch sounds"],
        "Runs": ["porch run"],
    }
    text = markup_of(person.get(reverse("search"), {"q": "porch"}))
    assert reverse("trial", args=[study.pk, trial.number]) in text
    assert reverse("run", args=[run.pk]) in text


def test_a_network_is_found_by_the_first_digits_of_its_hash() -> None:
    trial = make_study(running=1).trials.get()
    assert [kind.title for kind in search(trial.architecture.hash[:6].upper())] == ["Trials"]
    assert search(trial.architecture.hash[:3]) == []


def test_more_than_are_shown_are_said_to_be_more(person: Client) -> None:
    for number in range(MOST_HITS + 1):
        make_study(name=f"porch {number}")
    (studies,) = search("porch")
    assert (len(studies.hits), studies.more, studies.hits[0].name) == (MOST_HITS, True, f"porch {MOST_HITS}")
    assert "a longer text finds fewer" in markup_of(person.get(reverse("search"), {"q": "porch"}))


def test_nothing_found_is_said_and_an_empty_search_explains_itself(person: Client) -> None:
    assert "Nothing has “x%_” in its name" in markup_of(person.get(reverse("search"), {"q": "x%_"}))
    assert "from its first four digits" in markup_of(person.get(reverse("search")))
