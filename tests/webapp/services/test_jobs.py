from datetime import timedelta

import pytest
from django.db.models.functions import Now

from tests.webapp import benches
from webapp.models import Dataset, MeasurementFile, Worker
from webapp.queries.leases import lease
from webapp.services import datasets, jobs
from webapp.services.recovery import reap
from webapp.worker.heartbeat import Heartbeat

pytestmark = pytest.mark.django_db
A_WHILE = timedelta(seconds=1)


def test_every_kind_of_job_is_claimed_once_and_taken_over_when_the_lease_runs_out() -> None:
    dataset, file = datasets.create_synthetic(name="made"), benches.file_of(benches.campaign())
    for job, row_id in ((jobs.DATASETS, dataset.pk), (jobs.FILES, file.pk)):
        assert jobs.claim(job, row_id, "first")
        assert not jobs.claim(job, row_id, "second")
        job.open(row_id).update(heartbeat_at=Now() - lease() - A_WHILE)
        assert jobs.claim(job, row_id, "second")
        assert not job.held(row_id, "first").exists()


def test_the_pulse_of_a_data_worker_renews_the_leases_of_what_it_holds() -> None:
    file = benches.file_of(benches.campaign())
    assert jobs.claim(jobs.FILES, file.pk, "w")
    MeasurementFile.objects.update(heartbeat_at=Now() - lease() - A_WHILE)
    Heartbeat("w", Worker.Role.DATA).beat()
    assert reap().resent_jobs == 0
    assert jobs.FILES.held(file.pk, "w").exists()


def test_while_the_database_was_out_of_reach_no_lease_runs_out() -> None:
    dataset = datasets.create_synthetic(name="made")
    assert jobs.claim(jobs.DATASETS, dataset.pk, "w")
    Dataset.objects.update(heartbeat_at=Now() - lease() - A_WHILE)
    assert reap(judge_silence=False).resent_datasets == 0
    assert reap().resent_datasets == 1


def test_a_lease_is_renewed_while_a_command_works(settings, monkeypatch) -> None:
    renewed: list[str] = []
    settings.HEARTBEAT_SECONDS = 0.01
    monkeypatch.setattr(jobs, "heartbeat", renewed.append)
    with jobs.kept_alive("a command"):
        while len(renewed) < 2:
            pass
    assert set(renewed) == {"a command"}
