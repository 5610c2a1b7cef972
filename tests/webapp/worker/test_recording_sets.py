"""Uploaded recordings are read by a data worker: stored as they are heard, refused in words, replaced, deleted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from tests.webapp import rows
from tests.webapp.recordings import EVENTS, LIST, archive, kitchen, sound, stored
from webapp.models import ArtifactChunk, RecordingSet, StoredRecording
from webapp.services import datasets, jobs, recordings
from webapp.services.errors import Conflict
from webapp.worker import recording_sets
from webapp.worker.recording_sets import read_recordings

pytestmark = pytest.mark.django_db


def uploaded(files: dict[str, bytes] | None = None, **values: Any) -> RecordingSet:
    dataset = rows.ready_dataset(**values)
    return recordings.add(dataset_id=dataset.pk, name="kitchen", file=archive(files or kitchen()))


def read(added: RecordingSet) -> RecordingSet:
    read_recordings(added.pk, "data-1")
    added.refresh_from_db()
    return added


def names_stored(prefix: str) -> set[str]:
    return set(ArtifactChunk.objects.filter(name__startswith=prefix).values_list("name", flat=True))


def test_an_archive_is_read_into_recordings_with_their_events_and_the_archive_is_dropped() -> None:
    found = read(uploaded())
    assert (found.state, found.error, found.format) == ("READY", "", "DESED")
    assert found.seconds == pytest.approx(50.0)
    assert found.events == {"alarm": 1, "dog": 1}
    assert ["'cow' (1)" in one["message"] for one in found.findings] == [True]
    by_name = {one.name: one for one in found.recordings.all()}
    assert by_name["recordings/kitchen.wav"].events == [[4.0, 6.0, "alarm"], [12.0, 13.5, "dog"]]
    assert by_name["recordings/hall.wav"].events == []
    assert not found.upload
    assert not names_stored("uploads/")
    assert names_stored("recordings/") == {one.audio.name for one in by_name.values()}


def test_recordings_without_an_event_are_read_as_background() -> None:
    found = read(uploaded({"night.wav": sound(5.0)}))
    assert (found.state, found.events, found.findings) == ("READY", {}, [])


def test_a_bad_line_is_left_out_by_its_number_with_what_to_do() -> None:
    found = read(uploaded(kitchen() | {"events.tsv": (EVENTS + "kitchen.wav\tone\t2\tdog\nkitchen.wav\t1\0").encode()}))
    assert found.state == "READY"
    messages = {one["where"]: one["message"] for one in found.findings}
    assert messages["recordings/events.tsv, line 6"].startswith("The times 'one' and '2' are no numbers: write seconds")
    assert "fill it in, or remove it" in messages["recordings/events.tsv, line 7"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"events.tsv": EVENTS.encode()}, "None of the recordings that the annotations name is in the folder."),
        ({"notes.txt": b"nothing to see", "a.wav": sound(1.0)}, "states where sounds lie. Earshot reads AudioSet's"),
        ({"readme.md": b"nothing"}, "There is no sound (WAV, AIFF"),
        ({"a.wav": b"RIFF nonsense"}, "None of the recordings can be read."),
    ],
)
def test_an_archive_without_recordings_is_refused_with_what_to_do(files: dict[str, bytes], words: str) -> None:
    found = read(uploaded(files))
    assert found.state == "REFUSED"
    assert words in found.error
    assert not found.upload
    assert not names_stored("")


def test_a_truncated_zip_is_refused_and_the_recordings_that_were_read_before_stay() -> None:
    found = read(uploaded())
    before = list(found.recordings.values_list("pk", "audio"))
    whole = archive(kitchen()).read()
    recordings.replace(set_id=found.pk, file=ContentFile(whole[: len(whole) // 2], "cut.zip"))
    found.refresh_from_db()
    assert (found.state, found.is_usable) == ("READING", True)
    read(found)
    assert found.state == "REFUSED"
    assert "the zip is cut or damaged" in found.error
    assert found.is_usable
    assert list(found.recordings.values_list("pk", "audio")) == before


def test_limits_of_hours_files_and_bytes_are_stated(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RECORDINGS_LIMIT_HOURS = 0.01
    assert "last more than 0.01 hours" in read(uploaded()).error
    settings.RECORDINGS_LIMIT_HOURS = 1.0
    limits = replace(recording_sets.LIMITS, expanded_bytes=1_000_000)
    monkeypatch.setattr(recording_sets, "LIMITS", limits)
    assert "at most 1 MB: part it into several archives" in read(uploaded()).error
    monkeypatch.setattr(recording_sets, "LIMITS", replace(limits, members=2))
    assert "3 files in the zip; at most 2" in read(uploaded()).error
    bomb = {"zeros.wav": bytes(900_000)}
    monkeypatch.setattr(recording_sets, "LIMITS", replace(limits, any_ratio_bytes=1_000))
    assert "unpacks to more than 50 times its size, as no set of recordings does" in read(uploaded(bomb)).error


def test_another_archive_replaces_recordings_and_what_nobody_names_is_collected() -> None:
    found = read(uploaded())
    former = names_stored("recordings/")
    ArtifactChunk.objects.update(stored_at=timezone.now() - timedelta(hours=1))
    both = {"night.wav": sound(5.0), "night.txt": b"1\t2\tdog\n"}
    recordings.replace(set_id=found.pk, file=archive(both, "night.zip"))
    read(found)
    assert (found.state, found.upload_name, found.events) == ("READY", "night.zip", {"dog": 1})
    [one] = found.recordings.all()
    assert names_stored("recordings/") == {one.audio.name}
    assert one.audio.name not in former


def test_an_archive_that_is_replaced_while_it_is_read_leaves_nothing() -> None:
    added = uploaded()
    claimed = recordings.claim(set_id=added.pk, worker="data-1")
    assert claimed is not None
    recordings.replace(set_id=added.pk, file=archive({"night.wav": sound(5.0)}))
    with pytest.raises(recording_sets.TakenOver):
        recording_sets._outcome("data-1", lambda: False, claimed)
    assert not StoredRecording.objects.exists()
    assert read(added).seconds == pytest.approx(5.0)


def test_a_worker_that_has_to_end_hands_the_archive_back() -> None:
    added = uploaded()
    asked: list[bool] = []

    def stopping() -> bool:
        asked.append(True)
        return len(asked) > 2

    read_recordings(added.pk, "data-1", stopping)
    added.refresh_from_db()
    assert (added.state, added.worker, added.attempts) == ("READING", "", 0)
    assert read(added).state == "READY"


def test_a_worker_that_died_three_times_under_an_archive_ends_it_with_the_reason() -> None:
    added = uploaded()
    for _ in range(jobs.MOST_ATTEMPTS):
        assert recordings.claim(set_id=added.pk, worker="dead")
        jobs.recover(jobs.RECORDINGS, dead_workers=["dead"], worker_is_idle=False)
    added.refresh_from_db()
    assert (added.state, added.error) == ("REFUSED", jobs.RECORDINGS.given_up)


def test_deleted_recordings_and_those_of_a_deleted_data_set_leave_no_file() -> None:
    dataset = rows.ready_dataset()
    one, other = stored(dataset), stored(dataset, "night", {"night.wav": sound(5.0)})
    ArtifactChunk.objects.update(stored_at=timezone.now() - timedelta(hours=1))
    assert recordings.delete(set_id=one.pk) == "kitchen"
    assert names_stored("recordings/") == {other.recordings.get().audio.name}
    datasets.delete(dataset_id=dataset.pk)
    assert not RecordingSet.objects.exists()
    assert not names_stored("recordings/")


def test_names_are_unique_in_a_data_set_that_is_ready() -> None:
    added = uploaded()
    with pytest.raises(Conflict, match="has recordings named kitchen already"):
        recordings.add(dataset_id=added.dataset_id, name="kitchen", file=archive({"a.txt": LIST.encode()}))
    preparing = datasets.create_synthetic(name="made")
    with pytest.raises(Conflict):
        recordings.add(dataset_id=preparing.pk, name="kitchen", file=archive(kitchen()))
