"""The page on which trials are ranked with other settings, without JavaScript, and its clone."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.factories import make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Study

pytestmark = pytest.mark.django_db

DEAR = {
    "energy_threshold_mj": "0.4", "points_per_mj": "40", "flash_threshold_kb": "50", "points_per_kb": "0.1",
    "energies": "published",
}  # fmt: skip


def test_the_page_begins_with_the_settings_of_the_study_and_shows_what_would_change(person: Client) -> None:
    study = make_study(completed=40)
    address = reverse("try_settings", args=[study.pk])
    now = markup_of(person.get(address))
    assert 'name="points_per_mj" value="2.667"' in now
    assert "stays the favourite of 40 trials" in " ".join(now.split())
    changed = " ".join(markup_of(person.get(address, DEAR)).split())
    assert "would be the favourite of 40 trials" in changed
    assert "the present favourite, would have rank" in changed
    part = markup_of(person.get(reverse("settings_outcome", args=[study.pk]), DEAR))
    assert part.lstrip().startswith('<section class="stack" id="outcome"')


def test_settings_are_saved_as_a_clone_with_their_slopes(person: Client) -> None:
    study = make_study(completed=5, energy_step_mj=0.75)
    response = person.post(reverse("clone_with_settings", args=[study.pk]), DEAR)
    clone = Study.objects.get(cloned_from=study)
    assert response.headers["Location"] == reverse("study", args=[clone.pk])
    assert (clone.state, clone.energy_threshold_mj, clone.flash_threshold_kb) == ("DRAFT", 0.4, 50)
    assert (clone.energy_step_mj, clone.energy_step_points) == (0.75, pytest.approx(30))
    assert (clone.flash_step_kb, clone.flash_step_points) == (30, pytest.approx(3))
    study.refresh_from_db()
    assert study.energy_threshold_mj == 1.25


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("points_per_mj", "-1", "Must be at least 0."),
        ("energy_threshold_mj", "nan", "E₀: energy threshold (mJ): "),
        ("points_per_kb", "1e9", "Must be at most 3"),
        ("energies", "4711", "4711"),
    ],
)
def test_what_is_no_setting_is_refused_in_words(person: Client, name: str, value: str, words: str) -> None:
    study = make_study(completed=3)
    wrong = DEAR | {name: value}
    page = person.get(reverse("try_settings", args=[study.pk]), wrong)
    assert page.status_code == 422
    assert words in markup_of(page)
    assert "These settings are no usable numbers" in markup_of(
        person.get(reverse("settings_outcome", args=[study.pk]), wrong)
    )
    assert person.post(reverse("clone_with_settings", args=[study.pk]), wrong).status_code == 422
    assert not Study.objects.filter(cloned_from=study).exists()
