"""What tests of measuring pages share."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from webapp.models import Campaign, MeasurementFile, Run
from webapp.worker.computing import compute_run
from webapp.worker.reading import read_file


def work() -> None:
    """What a data worker does."""
    for file in MeasurementFile.objects.filter(state="READING"):
        read_file(file.pk, "worker")
    for run in Run.objects.filter(state="COMPUTING"):
        compute_run(run.pk, "worker")


def upload(person: Client, campaign: Campaign, *files: tuple[str, bytes], **values: str) -> Any:
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    form = {"files": sent, "runs": "together", "whole": "1", **values}
    return person.post(reverse("campaign", args=[campaign.pk]), form)
