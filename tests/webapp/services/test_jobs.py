from datetime import timedelta

import pytest
from django.db.models.functions import Now

from tests.webapp import benches
from webapp.models import Dataset, MeasurementFile
from webapp.queries.leases import is_stale, lease
from webapp.services import datasets, jobs
from webapp.services.recovery import reap

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


def test_a_worker_whose_claim_was_answered_by_a_broken_connection_claims_again() -> None:
    file = benches.file_of(benches.campaign())
    assert jobs.claim(jobs.FILES, file.pk, "w")
    assert jobs.claim(jobs.FILES, file.pk, "w")
    file.refresh_from_db()
    assert (file.worker, file.attempts) == ("w", 1)


def test_while_the_database_was_out_of_reach_no_lease_runs_out() -> None:
    dataset = datasets.create_synthetic(name="made")
    assert jobs.claim(jobs.DATASETS, dataset.pk, "w")
    Dataset.objects.update(heartbeat_at=Now() - lease() - A_WHILE)
    assert reap(judge_silence=False).resent_datasets == 0
    assert reap().resent_datasets == 1


@pytest.mark.django_db(transaction=True)
def test_the_lease_of_what_is_worked_on_is_renewed_and_no_other_of_the_worker(settings) -> None:
    settings.HEARTBEAT_SECONDS = 0.01
    campaign = benches.campaign()
    held, left_behind = benches.file_of(campaign), benches.file_of(campaign)
    for file in (held, left_behind):
        assert jobs.claim(jobs.FILES, file.pk, "w")
    MeasurementFile.objects.update(heartbeat_at=Now() - lease() - A_WHILE)
    with jobs.kept_alive(jobs.FILES, held.pk, "w"):
        while jobs.FILES.held(held.pk, "w").filter(is_stale()).exists():
            pass
        assert reap().resent_jobs == 1
    assert jobs.FILES.held(held.pk, "w").exists()
    assert not jobs.FILES.held(left_behind.pk, "w").exists()
