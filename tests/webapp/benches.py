"""Devices, campaigns, files and runs for tests, made through the services."""

import itertools
from typing import Any

from django.core.files.base import ContentFile

from webapp.models import Campaign, Device, MeasurementFile, Run
from webapp.services import devices, measurements, runs

_counter = itertools.count(1)
LOG = b"""STARTING!
Graph: [/data/local/tmp/earshot/%s.tflite]
Num threads: [1]
count=1000 first=3100 curr=3000 min=2900 max=3400 avg=3000 std=20
Inference timings in us: Init: 500, First inference: 3100, Warmup (avg): 3050, Inference (avg): 3000
"""


def device(**values: Any) -> Device:
    return devices.create_device(values={"name": f"Device {next(_counter)}", **values})


def campaign(**values: Any) -> Campaign:
    return devices.create_campaign(device_id=device(**values).pk, name="bench 1")


def upload(name: str, content: bytes) -> ContentFile:
    return ContentFile(content, name=name)


def file_of(
    campaign: Campaign, name: str = "trace.csv", content: bytes | None = None, **values: Any
) -> MeasurementFile:
    """A file as it is while it waits to be read, or as `values` have it."""
    content = f"content {next(_counter)}".encode() if content is None else content
    row = measurements.add_files(campaign_id=campaign.pk, files=[upload(name, content)]).new[0]
    if values:
        MeasurementFile.objects.filter(pk=row.pk).update(**values)
        row.refresh_from_db()
    return row


READ = measurements.ReadFile(
    format="monsoon_python",
    title="Monsoon Python API CSV",
    kind="trace",
    findings=(),
    summary={"samples": 10, "rate_hz": 5000.0, "duration_s": 0.002, "mean_power_mw": 600.0},
)


def read_file(campaign: Campaign, name: str = "trace.csv", content: bytes | None = None) -> MeasurementFile:
    """A file that a worker has read."""
    row = file_of(campaign, name, content)
    assert measurements.claim(file_id=row.pk, worker="w")
    assert measurements.complete(file_id=row.pk, worker="w", found=READ)
    row.refresh_from_db()
    return row


def ready_run(campaign: Campaign, *, energy_mj: float = 1.5, latency_ms: float = 3.0, **values: Any) -> Run:
    """A computed run."""
    run = runs.create_run(campaign_id=campaign.pk, file_ids=[read_file(campaign).pk])
    claimed = runs.claim(run_id=run.pk, worker="w")
    assert claimed is not None
    figures = runs.Figures(result={}, energy_mj=energy_mj, latency_ms=latency_ms, repeats=1)
    assert runs.complete(run_id=run.pk, worker="w", seen_version=claimed.settings_version, figures=figures)
    Run.objects.filter(pk=run.pk).update(**values)
    run.refresh_from_db()
    return run
