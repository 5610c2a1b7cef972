"""What the database itself refuses, whoever writes."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.webapp import rows
from webapp.models import Campaign, Device, EnergyModel, MeasurementFile, Run, TrialEnergyEstimate
from webapp.services.artifacts import collect_artifacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return Campaign.objects.create(device=Device.objects.create(name="Pixel 4 XL"), name="bench 1")


def refuses(make) -> bool:
    try:
        with transaction.atomic():
            make()
    except IntegrityError:
        return True
    return False


def test_a_file_that_was_read_has_a_format_and_one_refused_says_why(campaign: Campaign) -> None:
    shared = {"campaign": campaign, "size_bytes": 1}
    assert refuses(lambda: MeasurementFile.objects.create(state="READY", sha256="a", **shared))
    assert refuses(lambda: MeasurementFile.objects.create(state="REFUSED", sha256="b", **shared))
    MeasurementFile.objects.create(state="REFUSED", sha256="c", error="A photograph.", **shared)
    assert refuses(lambda: MeasurementFile.objects.create(sha256="c", **shared))


def test_no_run_costs_nothing_or_takes_no_time(campaign: Campaign) -> None:
    ready = {"campaign": campaign, "state": "READY", "computed_at": timezone.now()}
    assert refuses(lambda: Run.objects.create(energy_mj=0.0, **ready))
    assert refuses(lambda: Run.objects.create(latency_ms=-1.0, **ready))
    assert not refuses(lambda: Run.objects.create(energy_mj=1.2, latency_ms=3.4, **ready))


def test_versions_of_a_devices_energy_model_are_told_apart(campaign: Campaign) -> None:
    EnergyModel.objects.create(device=campaign.device, version=1)
    assert refuses(lambda: EnergyModel.objects.create(device=campaign.device, version=1))
    assert refuses(lambda: EnergyModel.objects.create(device=campaign.device, version=2, state="READY"))


def test_a_trial_has_one_price_of_each_model_and_one_without(campaign: Campaign) -> None:
    trial = rows.completed_trial(rows.running_study())
    model = EnergyModel.objects.create(device=campaign.device, version=1)
    estimate = {"trial": trial, "energy_mj": 1.0, "reward": 0.5}
    assert trial.energy_estimates.get().energy_model is None  # from when it ended
    TrialEnergyEstimate.objects.create(energy_model=model, **estimate)
    for energy_model in (None, model):
        assert refuses(
            lambda energy_model=energy_model: TrialEnergyEstimate.objects.create(energy_model=energy_model, **estimate)
        )


def test_raw_files_and_plots_are_kept_as_long_as_a_row_names_them(campaign: Campaign) -> None:
    for name in ("measurements/raw", "plots/pyramid.npz", "measurements/nobodys"):
        default_storage.save(name, ContentFile(b"bytes"))
    MeasurementFile.objects.create(
        campaign=campaign, sha256="a", size_bytes=5, file="measurements/raw", plot="plots/pyramid.npz"
    )
    assert collect_artifacts(grace=timedelta(0)) == 1
    assert not default_storage.exists("measurements/nobodys")
