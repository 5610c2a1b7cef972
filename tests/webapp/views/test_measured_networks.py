"""What was measured of a network, on the page of its trial."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp import benches
from tests.webapp.energy_models import ready_model
from tests.webapp.factories import make_study
from tests.webapp.views.reading import text_of
from webapp.models import Campaign, Run, Trial
from webapp.queries.energy_estimates import CurrentEstimate
from webapp.queries.pages.measured import measured_on
from webapp.queries.pages.trial import shown_trials

pytestmark = pytest.mark.django_db

PRICE = CurrentEstimate(2.0, 0.7, "estimate")


def a_trial() -> Trial:
    return shown_trials(make_study(completed=2).pk).get(number=1)


def measure(trial: Trial, campaign: Campaign, energy_mj: float, latency_ms: float = 3.0, **values: object) -> Run:
    return benches.ready_run(
        campaign, energy_mj=energy_mj, latency_ms=latency_ms, architecture_id=trial.architecture_id, **values
    )


def test_a_trial_shows_what_its_network_takes_beside_its_price_with_every_run(person: Client) -> None:
    trial, campaign = a_trial(), benches.campaign(name="Pixel 4 XL")
    made = [measure(trial, campaign, energy_mj) for energy_mj in (1.5, 1.6, 1.7)]
    response = person.get(reverse("trial", args=[trial.study_id, trial.number]))
    text = text_of(response)
    assert "1.600 mJ" in text
    assert "1.352 mJ to 1.848 mJ" in text
    assert "3 runs" in text
    assert "3.000 ms" in text
    assert f"{1.6 / (trial.energy_mj or 0):.2f}×" in text
    assert all(reverse("run", args=[run.pk]) in text for run in made)


def test_a_network_that_nobody_measured_says_how_to(person: Client) -> None:
    trial = a_trial()
    benches.ready_run(benches.campaign())
    text = text_of(person.get(reverse("trial", args=[trial.study_id, trial.number])))
    assert "No measurement of this network yet" in text


def test_devices_are_kept_apart_and_the_one_whose_model_prices_comes_first() -> None:
    trial, other, own = a_trial(), benches.campaign(name="A watch"), benches.campaign(name="Pixel")
    for campaign, energy_mj in ((other, 1.0), (own, 3.0), (own, 5.0)):
        measure(trial, campaign, energy_mj)
    trial.study.energy_model = ready_model(own.device)
    first, second = measured_on(trial, PRICE)
    assert (first.device, second.device) == (own.device, other.device)
    assert (first.is_of_estimate, second.is_of_estimate) == (True, False)
    assert (first.times_estimate, second.times_estimate) == (2.0, 0.5)
    assert first.energy is not None
    assert first.energy.n == 2


def test_a_single_run_has_the_interval_of_its_repeats() -> None:
    trial = a_trial()
    measure(trial, benches.campaign(), 1.5, sd_mj=0.1, repeats=4)
    (found,) = measured_on(trial, PRICE)
    assert found.energy is not None
    assert (found.energy.n, found.energy.mean) == (4, 1.5)
    assert found.energy.low95 == pytest.approx(1.5 - 3.182 * 0.1 / 2, abs=1e-3)


def test_it_is_told_whether_the_model_that_predicts_has_seen_the_network() -> None:
    trial, campaign = a_trial(), benches.campaign()
    run = measure(trial, campaign, 1.5)
    model = ready_model(campaign.device)
    trial.study.energy_model = model
    assert [one.is_trained_on for one in measured_on(trial, PRICE)] == [False]
    model.runs = {"table": [[run.pk, trial.architecture_id, 1.5, 3.0, None]]}
    model.save(update_fields=["runs"])
    assert [one.is_trained_on for one in measured_on(trial, PRICE)] == [True]


def test_a_run_with_a_latency_alone_shows_that() -> None:
    trial = a_trial()
    Run.objects.filter(pk=measure(trial, benches.campaign(), 1.5, 2.0).pk).update(energy_mj=None)
    (found,) = measured_on(trial, PRICE)
    assert (found.energy, found.times_estimate) == (None, None)
    assert found.latency is not None
    assert found.latency.mean == 2.0


def test_a_run_links_the_trials_that_trained_its_network(person: Client) -> None:
    trial = a_trial()
    run = measure(trial, benches.campaign(), 1.5)
    page = text_of(person.get(reverse("run", args=[run.pk])))
    assert f"{trial.study.name}, trial {trial.number}</a>." in page
    assert reverse("trial", args=[trial.study_id, trial.number]) in page
