"""Ethos-U on the pages: the energy model of a device, limits in the form of a study, blocks of a trial."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from nas_engine.deployment.vela import network_macs
from nas_engine.layers import all_layers
from tests.webapp import rows
from tests.webapp.bundles import packed
from tests.webapp.energy_models import device, measured_device
from tests.webapp.factories import with_tflite
from tests.webapp.npus import CYCLES, compiled, npu_model
from webapp import translation
from webapp.models import EnergyModel, Trial

pytestmark = pytest.mark.django_db


def page(person: Client, name: str, *numbers: int) -> str:
    response = person.get(reverse(name, args=numbers))
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def trial_page(person: Client, trial: Trial) -> str:
    return page(person, "trial", trial.study_id, trial.number)


def test_the_energy_model_of_an_npu_is_added_on_its_devices_page(person: Client) -> None:
    chip = device(name="Doorbell")
    address = reverse("create_npu_model", args=[chip.pk])
    values = {"accelerator": "ethos-u85-256", "power_mw": "35.5", "power_source": "data sheet, page 12"}
    response = person.post(address, values)
    model = EnergyModel.objects.get()
    assert response.url == reverse("energy_model", args=[chip.pk, 1])
    text = page(person, "energy_model", chip.pk, 1)
    assert "time on ethos-u85-256 by Vela × 35.5 mW" in text
    assert "data sheet, page 12" in text
    assert "Nothing was measured" in text
    assert "ethos-u85-256 by Vela at 35.5 mW estimate" in page(person, "energy_models", chip.pk)
    assert person.get(reverse("energy_model_chart", args=[chip.pk, 1, "flops"])).status_code == 404
    assert person.get(reverse("energy_model_runs", args=[chip.pk, 1, "csv"])).status_code == 404
    assert person.get(reverse("measure_next", args=[chip.pk])).status_code == 200
    assert person.get(reverse("device", args=[chip.pk])).status_code == 200
    person.post(reverse("delete_energy_model", args=[chip.pk, model.version]))
    assert not EnergyModel.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"power_mw": "0"}, "Must be above 0."),
        ({"power_mw": ""}, "Must not be empty."),
        ({"power_source": " "}, "Must not be empty."),
        ({"accelerator": "ethos-u99"}, "ethos-u99 is not one of the available choices"),
    ],
)
def test_what_is_wrong_with_an_npu_is_said(person: Client, wrong: dict[str, str], words: str) -> None:
    values = {"accelerator": "ethos-u55-128", "power_mw": "3", "power_source": "bench"} | wrong
    response = person.post(reverse("create_npu_model", args=[measured_device(3).pk]), values)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not EnergyModel.objects.exists()


def test_a_study_by_an_npu_says_what_its_energies_are(person: Client) -> None:
    study = rows.running_study(energy_model=npu_model(12.0, name="Doorbell"))
    text = page(person, "study", study.pk)
    assert "Estimated, not measured: time on ethos-u55-128 by Vela at 12 mW (bench, 3 May)" in text
    assert page(person, "study_space", study.pk)


def test_the_form_has_the_limits_of_an_npu(person: Client) -> None:
    response = person.get(reverse("new_study"))
    text = response.content.decode()
    assert all(f'name="{name}"' in text for name in ("accelerator", "npu_time_limit_ms", "npu_sram_limit_kb"))


def test_blocks_stand_with_cycles_time_and_our_count_on_a_trials_page(person: Client) -> None:
    trial = rows.completed_trial(rows.running_study())
    assert "Blocks on an Ethos-U" not in trial_page(person, trial)
    compiled(trial)
    compiled(trial, "ethos-u85-256", fallbacks=1)
    network = translation.architecture(trial.architecture)
    operators = len(all_layers(network)) + 1
    text = trial_page(person, trial)
    assert "Blocks on an Ethos-U estimate Block MACs Params ethos-u55-128 ethos-u85-256" in text
    assert f"Network {network_macs(network):,} {trial.architecture.parameters:,} {operators * CYCLES:,}" in text
    assert f"{(operators - 1) * CYCLES:,}" in text
    assert "on the CPU" in text
    assert "count 0 cycles, since Vela estimates no time of them" in text


def test_a_bundle_whose_operators_are_not_the_networks_gives_no_blocks(person: Client) -> None:
    trial = with_tflite(rows.completed_trial(rows.running_study()), b"TFL3")
    packed(trial)
    assert "Blocks on an Ethos-U" not in trial_page(person, trial)
