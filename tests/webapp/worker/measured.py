"""Files read and runs computed as a data worker does."""

from tests.webapp import benches
from webapp.models import Campaign, MeasurementFile, Run
from webapp.services import runs
from webapp.worker.computing import compute_run
from webapp.worker.reading import read_file


def read(campaign: Campaign, name: str, content: bytes) -> MeasurementFile:
    row = benches.file_of(campaign, name, content)
    read_file(row.pk, "worker")
    row.refresh_from_db()
    return row


def computed(campaign: Campaign, *files: MeasurementFile, **choices: object) -> Run:
    run = runs.create_run(campaign_id=campaign.pk, file_ids=[file.pk for file in files])
    if choices:
        runs.change_settings(run_id=run.pk, seen_version=1, choices=choices)
    compute_run(run.pk, "worker")
    run.refresh_from_db()
    return run
