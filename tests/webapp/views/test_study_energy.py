"""A study's page says by whose figures its energies are, and lets a person change that in one click."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.energy_models import device, examined_model, measured_device, ready_model
from tests.webapp.factories import make_baselines, make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.forms.study_file import StudyFileError, form_from_file, read_study_file, study_to_toml
from webapp.models import EnergyModel, Study, TrialEnergyEstimate
from webapp.queries.study_summary import study_summary

pytestmark = pytest.mark.django_db


def page(person: Client, study: Study) -> str:
    response = person.get(reverse("study", args=[study.pk]))
    assert response.status_code == 200
    return markup_of(response)


def test_without_any_energy_model_the_page_says_how_to_come_by_one(person: Client) -> None:
    text = page(person, make_study(completed=1))
    assert "Re-estimate" not in text
    assert f'Measure networks on a <a href="{reverse("devices")}">device</a>' in text


def test_one_click_reprices_every_trial_and_another_undoes_it(person: Client) -> None:
    study, model = make_study(completed=3), ready_model(device(name="Pixel 4 XL", battery_kj=10.0))
    assert "Re-estimate all trials" in page(person, study)
    response = person.post(reverse("reestimate_study", args=[study.pk]), {"energy_model": model.pk}, follow=True)
    text = response.content.decode()
    assert "now by Pixel 4 XL, model 1: 3 trials were re-estimated, none was trained" in text
    assert 'title="predicted by Pixel 4 XL, model 1"' in text
    assert "battery of 10\N{NO-BREAK SPACE}kJ (Pixel 4 XL)" in text
    person.post(reverse("reestimate_study", args=[study.pk]), {"energy_model": ""})
    assert "predicted by" not in page(person, study)
    assert TrialEnergyEstimate.objects.filter(trial__study=study).count() == 6


def test_a_newer_version_of_the_same_device_is_pointed_out(person: Client) -> None:
    phone = device(name="Pixel")
    study = make_study(completed=1, energy_model=ready_model(phone))
    assert "Re-estimate with" not in page(person, study)
    ready_model(device(name="Watch"))
    assert "Re-estimate with" not in page(person, study)
    ready_model(phone, times=4.0)
    assert "Re-estimate with model 2" in page(person, study)


def _doubted_model(name: str, **report: float) -> EnergyModel:
    """A READY model with this report of its errors."""
    model = examined_model(measured_device(name=name))
    EnergyModel.objects.filter(pk=model.pk).update(report=model.report | report)
    return model


@pytest.mark.parametrize(
    ("report", "doubt"),
    [
        ({"r2": -0.21, "networks": 100}, "no better than the mean of the measured energies (R² \N{MINUS SIGN}0.21)"),
        ({"r2": 0.9, "networks": 12}, "This model was trained on 12 networks; from 30 on"),
    ],
    ids=["worse than the mean", "too few networks"],
)
def test_a_model_that_is_doubted_is_asked_about_before_anything_changes(
    person: Client, report: dict[str, float], doubt: str
) -> None:
    study, model = make_study(completed=2), _doubted_model("Pixel", **report)
    address = reverse("reestimate_study", args=[study.pk])
    asked = markup_of(person.post(address, {"energy_model": model.pk}))
    assert "Re-estimate all trials by Pixel, model 1?" in asked
    assert doubt in asked
    assert "Keep the published figures" in asked
    assert not TrialEnergyEstimate.objects.exists()
    person.post(address, {"energy_model": model.pk, "confirmed": "1"})
    assert Study.objects.get(pk=study.pk).energy_model == model
    text = page(person, study)
    assert doubt in text
    assert doubt in markup_of(person.get(reverse("energy_model", args=[model.device_id, 1])))


def test_a_model_that_is_not_doubted_is_not_asked_about(person: Client) -> None:
    study, model = make_study(completed=1), _doubted_model("Pixel", r2=0.9, networks=30)
    person.post(reverse("reestimate_study", args=[study.pk]), {"energy_model": model.pk})
    assert Study.objects.get(pk=study.pk).energy_model == model
    assert "notice warn" not in page(person, study)


def test_choices_say_which_model_is_no_better_than_the_mean(person: Client) -> None:
    study, model = make_study(completed=1), _doubted_model("Pixel", r2=-0.5, networks=40)
    assert "Pixel, model 1 (no better than the mean)" in page(person, study)
    assert "Pixel, model 1 (no better than the mean)" in person.get(reverse("new_study")).content.decode()
    listed = markup_of(person.get(reverse("energy_models", args=[model.device_id])))
    assert "no better than the mean" in listed
    assert '<span class="tag">few</span>' not in listed


def test_a_model_that_is_not_there_is_refused_and_changes_nothing(person: Client) -> None:
    study = make_study(completed=1)
    for wanted, told in (("999", "no such energy model"), ("x", "Choose an energy model")):
        response = person.post(reverse("reestimate_study", args=[study.pk]), {"energy_model": wanted}, follow=True)
        assert told in response.content.decode()
    assert Study.objects.get(pk=study.pk).energy_model is None


def test_every_page_of_a_repriced_study_shows_the_new_price_and_battery_days(person: Client) -> None:
    study, model = make_study(completed=3), ready_model(device(name="Pixel"))
    person.post(reverse("reestimate_study", args=[study.pk]), {"energy_model": model.pk})
    estimate = TrialEnergyEstimate.objects.get(trial__study=study, trial__number=2, energy_model=model)
    shown = f"{estimate.energy_mj:.2f}\N{NO-BREAK SPACE}mJ"
    trial = person.get(reverse("trial", args=[study.pk, 2])).content.decode()
    assert shown in trial
    assert "90 % between" in trial
    assert "J a day at one inference a second: phone (51\N{NO-BREAK SPACE}kJ)" in trial
    assert f"{estimate.reward:.4f}" in trial
    compared = person.get(reverse("compare"), {"of": [estimate.trial_id]}).content.decode()
    assert shown in compared
    exported = person.get(reverse("trials_csv", args=[study.pk])).getvalue().decode()
    assert str(estimate.energy_mj) in exported
    assert "Equation 1: E0" in exported
    summary = study_summary(study.pk)
    assert summary["study"]["settings"]["energy_model"] == "Pixel, model 1"
    assert summary["trials"][1]["reward"] == estimate.reward
    chart = person.get(reverse("front_chart", args=[study.pk, "energy"])).json()
    assert chart["layout"]["xaxis"]["title"]["text"] == "Energy per inference (mJ), predicted"
    listed = person.get(reverse("studies")).content.decode()
    best = max(TrialEnergyEstimate.objects.filter(energy_model=model).values_list("reward", flat=True))
    assert f"{best:.3f}" in listed


def test_the_pages_of_a_repriced_study_take_as_many_queries_for_many_trials_as_for_few(
    person: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    model = ready_model(device())
    for completed in (8, 40):
        dataset = make_dataset()
        make_baselines(dataset, names=["TC-ResNet8"])
        study = make_study(completed=completed, dataset=dataset)
        person.post(reverse("reestimate_study", args=[study.pk]), {"energy_model": model.pk})
        with django_assert_num_queries(13):
            person.get(reverse("study", args=[study.pk]))


def test_a_study_file_names_the_energy_model(person: Client) -> None:
    model = ready_model(device(name="Pixel, left"))
    study = make_study(state="DRAFT", energy_model=model)
    text = study_to_toml(study)
    assert 'energy_model = "Pixel, left, model 1"' in text
    form = form_from_file(read_study_file(text) | {"name": "again"})
    assert form.is_valid(), form.errors
    assert form.save(commit=False).energy_model == model
    with pytest.raises(StudyFileError, match="no ready energy model named Pixel, model 7"):
        form_from_file({"name": "x", "dataset": study.dataset.name, "energy_model": "Pixel, model 7"})
    assert "energy_model" not in study_to_toml(make_study(state="DRAFT"))


def test_the_form_of_a_study_offers_ready_models(person: Client) -> None:
    make_dataset()
    ready_model(device(name="Pixel"))
    text = person.get(reverse("new_study")).content.decode()
    assert "Pixel, model 1" in text
    assert "Published figures (estimate)" in text
