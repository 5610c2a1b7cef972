"""Devices as pages show them: the list, and one with its campaigns and what was measured on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from nas_engine.energy.estimators.base import LEAST_MEASURED
from webapp.models import Campaign, Device, EnergyModel, Run
from webapp.queries.pages.energy_model import model_rows

_MEASURED_RUNS = Q(
    campaigns__runs__state=Run.State.READY,
    campaigns__runs__energy_mj__isnull=False,
    campaigns__runs__architecture__isnull=False,
)


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """What the list shows of a device. `networks` have a measured energy; `model_version` is the latest ready one."""

    id: int
    name: str
    core: str
    battery_kj: float | None
    campaigns: int
    networks: int
    model_version: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """What a device's page shows of a campaign."""

    id: int
    name: str
    notes: str
    files: int
    runs: int
    attached: int
    refused: int
    created_at: datetime


def device_rows() -> tuple[DeviceRow, ...]:
    """Every device by name. One query."""
    devices = Device.objects.annotate(
        campaign_count=Count("campaigns", distinct=True),
        network_count=Count("campaigns__runs__architecture", distinct=True, filter=_MEASURED_RUNS),
        model_version=Max("energy_models__version", filter=Q(energy_models__state=EnergyModel.State.READY)),
    )
    return tuple(
        DeviceRow(
            id=device.pk,
            name=device.name,
            core=device.core,
            battery_kj=device.battery_kj,
            campaigns=device.campaign_count,
            networks=device.network_count,
            model_version=device.model_version,
            created_at=device.created_at,
        )
        for device in devices.order_by("name")
    )


def device_context(device: Device) -> dict[str, Any]:
    """The page of a device: campaigns, what was measured, its latest ready energy model. Three queries."""
    return {
        "device": device,
        "campaigns": campaign_rows(device),
        "measured": measured(device),
        "model": next((row for row in model_rows(device) if row.state == EnergyModel.State.READY), None),
        "least": LEAST_MEASURED,
    }


def campaign_rows(device: Device) -> tuple[CampaignRow, ...]:
    """The device's campaigns, the newest first. One query."""
    campaigns = Campaign.objects.filter(device=device).annotate(
        file_count=Count("files", distinct=True),
        run_count=Count("runs", distinct=True),
        attached_count=Count("runs", distinct=True, filter=Q(runs__architecture__isnull=False)),
        refused_count=Count("files", distinct=True, filter=Q(files__state="REFUSED")),
    )
    return tuple(_campaign_row(campaign) for campaign in campaigns.order_by("-created_at", "-pk"))


def _campaign_row(campaign: Campaign) -> CampaignRow:
    counted = {name: int(getattr(campaign, f"{name}_count")) for name in ("file", "run", "attached", "refused")}
    return CampaignRow(
        id=campaign.pk,
        name=campaign.name,
        notes=campaign.notes,
        files=counted["file"],
        runs=counted["run"],
        attached=counted["attached"],
        refused=counted["refused"],
        created_at=campaign.created_at,
    )


@dataclass(frozen=True, slots=True)
class MeasuredCounts:
    """What all campaigns of a device have brought: networks with energy, with latency, and runs without a network."""

    networks: int
    with_latency: int
    unattached: int


def measured(device: Device) -> MeasuredCounts:
    """One query."""
    found = Run.objects.filter(campaign__device=device, state=Run.State.READY).aggregate(
        networks=Count("architecture", distinct=True, filter=Q(energy_mj__isnull=False)),
        with_latency=Count("architecture", distinct=True, filter=Q(latency_ms__isnull=False)),
        unattached=Count("pk", filter=Q(architecture__isnull=True)),
    )
    return MeasuredCounts(**found)
