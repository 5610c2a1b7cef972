"""The deploy bundle on a trial's page: requested, waited for, downloaded, refused in words."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp import rows
from tests.webapp.bundles import packed, trial_with_network
from tests.webapp.factories import make_workers, with_tflite
from webapp.models import DeployBundle, Trial
from webapp.services import bundles

pytestmark = pytest.mark.django_db


def address(name: str, trial: Trial) -> str:
    return reverse(name, args=[trial.study_id, trial.number])


def page(person: Client, trial: Trial) -> str:
    return person.get(address("trial", trial)).content.decode()


def test_a_bundle_is_requested_on_the_trials_page_and_waited_for_there(person: Client) -> None:
    trial = trial_with_network()
    assert "Pack a deploy bundle" in page(person, trial)
    response = person.post(address("pack_bundle", trial))
    assert response.url == address("trial", trial) + "#bundle"
    bundle = DeployBundle.objects.get()
    assert bundle.owner is not None
    assert "No data worker is alive, so that nobody packs this bundle." in page(person, trial)
    make_workers()
    live = person.get(address("bundle_live", trial)).content.decode()
    assert "is being packed" in live
    assert "hx-trigger" in live
    assert "Pack it again" not in live
    assert bundles.claim(bundle_id=bundle.pk, worker="data-1")
    assert bundles.fail(bundle_id=bundle.pk, worker="data-1", reason="The features are damaged.")
    text = page(person, trial)
    assert "The features are damaged." in text
    assert "Pack it again" in text


def test_the_newest_bundle_is_downloaded_and_its_arena_stands_beside_the_estimate(person: Client) -> None:
    trial = with_tflite(rows.completed_trial(rows.running_study(name="Doorbell watch")), b"TFL3")
    assert person.get(address("bundle_zip", trial)).status_code == 404
    packed(trial)
    text = page(person, trial)
    assert "155,624 bytes" in text
    assert address("bundle_zip", trial) in text
    response = person.get(address("bundle_zip", trial))
    assert b"".join(response.streaming_content) == b"PK of a bundle"
    assert response.headers["Content-Disposition"] == 'attachment; filename="doorbell-watch-trial-1-bundle.zip"'


def test_estimates_for_npus_say_that_they_are_and_what_is_not_in_them(person: Client) -> None:
    trial = with_tflite(rows.completed_trial(rows.running_study()), b"TFL3")
    assert "Ethos-U" in page(person, trial), "what a bundle will have"
    assert "Estimated by Arm" not in page(person, trial)
    packed(trial)
    text = " ".join(page(person, trial).split())
    for part in ("ethos-u55-128", "500 MHz", "397,759", "0.796 ms", "188,688 bytes", "Vela is not installed"):
        assert part in text
    assert "1 of 2 operators: Conv2D 84. Their time is not in cycles and time." in text
    assert "a network with a fallback is slower than it looks here" in text
    DeployBundle.objects.update(npu=[])
    assert "Estimated by Arm" not in page(person, trial)


def test_a_failed_packing_leaves_the_bundle_before_it_to_download(person: Client) -> None:
    trial = with_tflite(rows.completed_trial(rows.running_study()), b"TFL3")
    packed(trial)
    DeployBundle.objects.create(trial=trial, state="FAILED", reason="Out of memory.")
    text = page(person, trial)
    assert "Out of memory." in text
    assert address("bundle_zip", trial) in text


def test_what_was_not_measured_is_said(person: Client) -> None:
    trial = with_tflite(rows.completed_trial(rows.running_study()), b"TFL3")
    packed(trial)
    assert "Measured in TensorFlow Lite Micro" in page(person, trial)
    DeployBundle.objects.update(arena=None, arena_note="No interpreter on this machine.")
    assert "Measured in TensorFlow Lite Micro" not in page(person, trial)
    assert "No interpreter on this machine." in page(person, trial)


def test_a_trial_without_a_real_network_is_answered_with_the_reason(person: Client) -> None:
    study = rows.running_study()
    [waiting] = rows.requested_trials(study)
    assert "Deploy bundle" not in page(person, waiting)
    response = person.post(address("pack_bundle", waiting), follow=True)
    assert "it has no network" in response.content.decode()
    simulated = with_tflite(rows.completed_trial(study, seed=1), b"no network")
    response = person.post(address("pack_bundle", simulated), follow=True)
    assert "has no real network" in response.content.decode()
    assert not DeployBundle.objects.exists()


def test_bundles_are_for_people_who_signed_in_and_packing_is_a_post(client: Client, person: Client) -> None:
    trial = with_tflite(rows.completed_trial(rows.running_study()), b"TFL3")
    packed(trial)
    for name in ("bundle_zip", "bundle_live"):
        assert "/sign-in/" in Client().get(address(name, trial)).headers["Location"]
    assert "/sign-in/" in Client().post(address("pack_bundle", trial)).headers["Location"]
    assert person.get(address("pack_bundle", trial)).status_code == 405
