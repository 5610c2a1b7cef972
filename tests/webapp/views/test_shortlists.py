"""The shortlist on pages: put on and taken off, and what begins with it."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.factories import make_study
from tests.webapp.views.reading import markup_of
from webapp.models import Campaign, Device, ShortlistedTrial, Study, Trial

pytestmark = pytest.mark.django_db


def change(person: Client, study: Study, *numbers: int, **more: str) -> str:
    address = reverse("change_shortlist", args=[study.pk])
    response = person.post(address, {"number": list(numbers), **more}, follow=True)
    assert response.status_code == 200
    return markup_of(response)


def test_ticked_trials_are_put_on_the_shortlist_and_taken_off_it(person: Client) -> None:
    study = make_study(completed=6, running=1)
    text = change(person, study, 2, 5)
    assert "2 trials put on the shortlist." in text
    assert text.count('aria-label="Take trial') == 2
    assert text.count('title="On the shortlist"') == 2
    assert text.count('aria-label="Tick trial') == 6
    assert "1 trial taken off the shortlist." in change(person, study, 2, remove="1")
    assert "Only completed trials of this study can be on its shortlist." in change(person, study, 7)
    assert "Choose trials first" in change(person, study)
    listed = ShortlistedTrial.objects.values_list("trial__number", "added_by__username")
    assert list(listed) == [(5, "ada")]


def test_comparing_benches_and_finalists_begin_with_it(person: Client) -> None:
    study = make_study(completed=10)
    text = change(person, study, *range(1, 10))
    trials = list(Trial.objects.filter(study=study, number__lte=9).order_by("number"))
    compare = "&amp;".join(f"of={trial.pk}" for trial in trials[:8])
    assert f'href="{reverse("compare")}?{compare}">Compare the first 8 block by block' in text
    assert "how=hand&amp;numbers=1%2C+2%2C+3%2C+4%2C+5%2C+6%2C+7%2C+8%2C+9#choose" in text
    finalists = person.get(reverse("finalists", args=[study.pk]), {"how": "hand", "numbers": "1, 2"})
    assert 'value="1, 2"' in markup_of(finalists)
    address = reverse("take_shortlist_to_bench", args=[study.pk])
    assert "There is no campaign yet" in markup_of(person.get(address))
    campaign = Campaign.objects.create(device=Device.objects.create(name="Pixel 4 XL"), name="May")
    bench = reverse("bench", args=[campaign.pk])
    assert f'href="{bench}?of={trials[0].architecture_id}&amp;of=' in markup_of(person.get(address))
    shown = person.get(bench, {"of": [trial.architecture_id for trial in trials]})
    assert len(shown.context["found"]) == len({trial.architecture_id for trial in trials})


def test_ticked_trials_are_compared_without_a_shortlist(person: Client) -> None:
    study = make_study(completed=3)
    response = person.post(reverse("change_shortlist", args=[study.pk]), {"number": ["1", "3"], "compare": "1"})
    pks = list(Trial.objects.filter(study=study, number__in=[1, 3]).order_by("number").values_list("pk", flat=True))
    assert response.headers["Location"] == f"{reverse('compare')}?of={pks[0]}&of={pks[1]}"
    assert not ShortlistedTrial.objects.exists()


def test_a_trials_page_puts_it_on_the_shortlist(person: Client) -> None:
    study = make_study(completed=2)
    page = reverse("trial", args=[study.pk, 2])
    assert "Put on the shortlist" in markup_of(person.get(page))
    assert "Take off the shortlist" in change(person, study, 2, to="trial")
    assert "Put on the shortlist" in change(person, study, 2, to="trial", remove="1")


@pytest.mark.parametrize("number", ["99", "x", "99999999999999999999", "-1"])
def test_a_number_of_no_trial_chooses_nothing(person: Client, number: str) -> None:
    study = make_study(completed=1)
    address = reverse("change_shortlist", args=[study.pk])
    response = person.post(address, {"number": number, "to": "trial"}, follow=True)
    assert "Choose trials first" in markup_of(response)
