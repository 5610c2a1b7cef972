"""Files of a campaign, from upload to read or refused."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from django.core.files.base import File
from django.db.models.functions import Now

from tests.webapp import benches, rows
from webapp.models import ArtifactChunk, MeasurementFile, Run
from webapp.queries.leases import lease
from webapp.services import devices, jobs, measurements, runs
from webapp.services.errors import Conflict
from webapp.services.recovery import reap

pytestmark = pytest.mark.django_db


class Broken(File):
    """An upload whose connection breaks off."""

    name, size = "broken.csv", 3_000_000

    def __init__(self) -> None:
        self._reads: Iterator[bytes] = iter([bytes(1 << 20)])

    def seek(self, *_: int) -> int:
        return 0

    def read(self, *_: int) -> bytes:
        try:
            return next(self._reads)
        except StopIteration:
            raise OSError("connection reset") from None


def test_an_upload_is_kept_as_it_came_under_its_hash() -> None:
    campaign = benches.campaign()
    row = benches.file_of(campaign, r"C:\bench\trace 1.csv", b"Time(ms),Main(mA)\n")
    assert (row.original_name, row.state, row.size_bytes) == ("trace 1.csv", "READING", 18)
    with row.file.open("rb") as stored:
        assert stored.read() == b"Time(ms),Main(mA)\n"
    assert row.sha256 in str(row.file.name)


def test_a_file_that_comes_again_is_the_same_file() -> None:
    campaign = benches.campaign()
    first = benches.file_of(campaign, content=b"once")
    again = measurements.add_files(campaign_id=campaign.pk, files=[benches.upload("other name.csv", b"once")])
    assert (again.new, again.present) == ((), (first,))


def test_an_upload_that_breaks_off_leaves_nothing_behind_not_even_the_files_before_it() -> None:
    campaign = benches.campaign()
    with pytest.raises(OSError, match="connection reset"):
        measurements.add_files(campaign_id=campaign.pk, files=[benches.upload("a.csv", b"whole"), Broken()])
    assert not MeasurementFile.objects.exists()
    assert not ArtifactChunk.objects.exists()


def test_an_empty_file_is_refused_by_name() -> None:
    campaign = benches.campaign()
    with pytest.raises(Conflict, match=r"nothing\.csv is empty"):
        measurements.add_files(campaign_id=campaign.pk, files=[benches.upload("nothing.csv", b"")])


def test_a_file_is_read_by_one_worker_and_computes_its_runs_afterwards() -> None:
    campaign = benches.campaign()
    row = benches.file_of(campaign)
    run = runs.create_run(campaign_id=campaign.pk, file_ids=[row.pk])
    assert runs.claim(run_id=run.pk, worker="b") is None, "its file is not read yet"
    assert measurements.claim(file_id=row.pk, worker="a") is not None
    assert measurements.claim(file_id=row.pk, worker="b") is None
    assert not measurements.complete(file_id=row.pk, worker="b", found=benches.READ)
    assert measurements.complete(file_id=row.pk, worker="a", found=benches.READ)
    assert runs.claim(run_id=run.pk, worker="b") is not None


def test_other_options_have_a_file_read_anew_and_its_run_computed_anew() -> None:
    campaign = benches.campaign()
    run = benches.ready_run(campaign)
    row = run.files.get()
    measurements.change_options(file_id=row.pk, seen_version=1, options={"voltage_v": 4.2})
    row.refresh_from_db()
    assert (row.state, row.options, row.options_version) == ("READING", {"voltage_v": 4.2}, 2)
    assert measurements.claim(file_id=row.pk, worker="w")
    assert measurements.complete(file_id=row.pk, worker="w", found=benches.READ)
    run.refresh_from_db()
    assert run.state == Run.State.COMPUTING


def test_what_was_read_with_former_options_is_not_taken() -> None:
    row = benches.file_of(benches.campaign())
    assert measurements.claim(file_id=row.pk, worker="a")
    measurements.change_options(file_id=row.pk, seen_version=1, options={"rate_hz": 1000})
    assert not measurements.complete(file_id=row.pk, worker="a", found=benches.READ)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_options_at_once_one_is_told() -> None:
    row = benches.file_of(benches.campaign())
    change = partial(measurements.change_options, file_id=row.pk, seen_version=1)
    results = rows.at_once(partial(change, options={"rate_hz": 1.0}), partial(change, options={"rate_hz": 2.0}))
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]


def test_a_refused_file_says_why_and_keeps_its_bytes() -> None:
    row = benches.file_of(benches.campaign(), content=b"\x00")
    assert measurements.claim(file_id=row.pk, worker="a")
    refused = measurements.RefusedFile("trace.csv: a photograph; export CSV")
    assert measurements.refuse(file_id=row.pk, worker="a", refused=refused)
    row.refresh_from_db()
    assert (row.state, row.error) == ("REFUSED", "trace.csv: a photograph; export CSV")
    assert row.file.open("rb").read() == b"\x00"


def test_only_a_file_that_no_run_uses_is_deleted_and_its_bytes_with_it() -> None:
    campaign = benches.campaign()
    run = benches.ready_run(campaign)
    used = run.files.get()
    with pytest.raises(Conflict, match="belongs to"):
        measurements.delete_file(file_id=used.pk)
    runs.delete_run(run_id=run.pk)
    ArtifactChunk.objects.update(stored_at=Now() - timedelta(hours=1))
    assert measurements.delete_file(file_id=used.pk) == used.original_name
    assert not ArtifactChunk.objects.exists()


def test_the_file_of_a_dead_worker_is_read_by_another_and_given_up_after_three() -> None:
    row = benches.file_of(benches.campaign())
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        assert measurements.claim(file_id=row.pk, worker="w")
        MeasurementFile.objects.filter(pk=row.pk).update(heartbeat_at=Now() - 2 * lease())
        recovered = reap()
        expected = (1, 0) if attempt < jobs.MOST_ATTEMPTS else (0, 1)
        assert (recovered.resent_jobs, recovered.failed_jobs) == expected
    row.refresh_from_db()
    assert row.state == "REFUSED"
    assert "memory ran out" in row.error


def test_another_supply_has_the_devices_files_read_anew_and_another_idle_its_runs() -> None:
    campaign = benches.campaign(name="Watch")
    run = benches.ready_run(campaign)
    devices.change_device(device_id=campaign.device_id, seen_version=1, values={"name": "Watch", "idle_power_mw": 3.0})
    run.refresh_from_db()
    assert (run.state, run.files.get().state) == ("COMPUTING", "READY")
    devices.change_device(device_id=campaign.device_id, seen_version=2, values={"name": "Watch", "supply_v": 3.7})
    assert run.files.get().state == "READING"
