"""Proposals of what to measure next, up to the bench kit."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp.energy_models import device, measured_device, ready_model
from tests.webapp.factories import make_study
from tests.webapp.views.reading import markup_of
from webapp.models import BenchKit, Campaign, Device, StoredArchitecture
from webapp.queries.pages.measure_next import batch, offered

pytestmark = pytest.mark.django_db


def page(person: Client, of: Device, **query: object) -> str:
    response = person.get(reverse("measure_next", args=[of.pk]), query)
    assert response.status_code == 200
    return markup_of(response)


def test_without_a_model_unlike_networks_are_proposed_and_said_to_be_estimated(person: Client) -> None:
    text = page(person, device(), count=7)
    assert text.count('name="network"') == 7
    assert "no energy model of this device yet" in text
    assert "create one" in text


def test_with_a_model_its_intervals_show(person: Client) -> None:
    phone = measured_device()
    ready_model(phone)
    text = page(person, phone, count=5)
    assert f"{phone.name}, model 1" in text
    assert "unlike the 24 measured before" in text
    assert "Predicted energy" in text


def test_the_ticked_networks_become_a_bench_kit_even_if_nobody_has_trained_them(person: Client) -> None:
    phone = device()
    campaign = Campaign.objects.create(device=phone, name="bench")
    proposed = batch(phone, offered("space-paper_2d"), 4).networks
    assert not StoredArchitecture.objects.exists()
    ticked = [one.hash for one in proposed[:3]]
    response = person.post(
        reverse("measure_next", args=[phone.pk]),
        {"source": "space-paper_2d", "count": 4, "network": ticked, "campaign": campaign.pk},
    )
    assert response.headers["Location"] == reverse("campaign", args=[campaign.pk])
    kit = BenchKit.objects.get()
    assert {listed["hash"] for listed in kit.architectures} == set(ticked)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"network": []}, "Choose at least one network"),
        ({"campaign": ""}, "Choose the campaign"),
        ({"source": "nowhere"}, "no networks called nowhere"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_ordered(person: Client, changed: dict[str, object], told: str) -> None:
    phone = device()
    campaign = Campaign.objects.create(device=phone, name="bench")
    proposed = batch(phone, offered("space-paper_2d"), 2).networks
    posted = {"source": "space-paper_2d", "network": [one.hash for one in proposed], "campaign": campaign.pk, **changed}
    response = person.post(reverse("measure_next", args=[phone.pk]), posted)
    assert response.status_code == 422
    assert told in response.content.decode()
    assert not BenchKit.objects.exists()


def test_a_studys_front_and_its_space_are_sources(person: Client) -> None:
    study, phone = make_study(completed=12), device()
    assert f"{study.name}: its energy front" in page(person, phone)
    front = page(person, phone, source=f"front-{study.pk}", count=100)
    assert 0 < front.count('name="network"') < 12
    assert page(person, phone, source=f"space-{study.pk}", count=9).count('name="network"') == 9
    assert "no networks called front-999" in page(person, phone, source="front-999")


def test_measured_networks_are_not_proposed_again(person: Client) -> None:
    study, phone = make_study(completed=6), device()
    campaign = Campaign.objects.create(device=phone, name="bench")
    front = offered(f"front-{study.pk}")
    for network in front:
        campaign.runs.create(
            architecture_id=network.hash, state="READY", energy_mj=1.0, computed_at=campaign.created_at
        )
    assert "Nothing left to propose" in page(person, phone, source=f"front-{study.pk}")
