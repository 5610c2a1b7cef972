"""Creation, change and deletion of devices and their campaigns."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, ProtectedError

from webapp.models import BenchKit, Campaign, Device, EnergyModel, MeasurementFile, Run
from webapp.services import jobs
from webapp.services.artifacts import GRACE_AFTER_DELETE, collect_artifacts
from webapp.services.errors import Conflict

DEVICE_FIELDS = ("name", "core", "battery_kj", "supply_v", "idle_power_mw", "runtime", "notes")
STALE = "Somebody else has changed {what} since this page was opened. Reload it; your changes were not saved."


def create_device(*, values: Mapping[str, Any]) -> Device:
    """Create a device; the keys of `values` are those of DEVICE_FIELDS."""
    try:
        with transaction.atomic():
            return Device.objects.create(**{name: values[name] for name in DEVICE_FIELDS if name in values})
    except IntegrityError as error:
        raise _name_taken("device", values["name"]) from error


def change_device(*, device_id: int, seen_version: int, values: Mapping[str, Any]) -> Device:
    """Change a device from the version that was seen. Results that depend on supply or idle power are recomputed."""
    changes = {name: values[name] for name in DEVICE_FIELDS if name in values}
    try:
        with transaction.atomic():
            before = Device.objects.select_for_update().get(pk=device_id)
            seen = Device.objects.filter(pk=device_id, version=seen_version)
            if not seen.update(**changes, version=F("version") + 1):
                raise Conflict(STALE.format(what="this device"))
            _compute_again(before, changes)
    except IntegrityError as error:
        raise _name_taken("device", values["name"]) from error
    return Device.objects.get(pk=device_id)


def _compute_again(before: Device, changes: Mapping[str, Any]) -> None:
    """Read files again that may depend on the former supply, and recompute runs that used the former idle power."""
    if changes.get("supply_v", before.supply_v) != before.supply_v:
        jobs.reopen_all(jobs.FILES, MeasurementFile.objects.filter(campaign__device=before))
    if changes.get("idle_power_mw", before.idle_power_mw) != before.idle_power_mw:
        jobs.reopen_all(jobs.RUNS, Run.objects.filter(campaign__device=before, settings__source="files"))


def delete_device(*, device_id: int) -> None:
    """Delete a device without campaigns and energy models."""
    try:
        with transaction.atomic():
            device = Device.objects.select_for_update().get(pk=device_id)
            if EnergyModel.objects.filter(device=device).exists():
                raise Conflict(f"{device.name} has energy models, which studies may use: it cannot be deleted.")
            device.delete()
    except ProtectedError as error:
        raise Conflict(f"{device.name} has campaigns: delete these first.") from error


def create_campaign(*, device_id: int, name: str, notes: str = "") -> Campaign:
    """Create a campaign; its name is unique within the device."""
    try:
        with transaction.atomic():
            return Campaign.objects.create(device_id=device_id, name=name, notes=notes)
    except IntegrityError as error:
        raise _name_taken("campaign of this device", name) from error


def delete_campaign(*, campaign_id: int) -> None:
    """Delete a campaign with its files, runs and kits."""
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        files = MeasurementFile.objects.filter(campaign=campaign).values_list("file", "plot")
        names = [name for pair in files for name in pair if name]
        names += BenchKit.objects.filter(campaign=campaign).exclude(file="").values_list("file", flat=True)
        campaign.delete()
        collect_artifacts(names=names, grace=GRACE_AFTER_DELETE)


def _name_taken(what: str, name: str) -> Conflict:
    return Conflict(f"A {what} named {name!r} exists already: choose another name.")
