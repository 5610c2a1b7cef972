"""Recordings of a data set: uploaded as a zip archive, read by a data worker, replaced, deleted. READING -> READY |
REFUSED.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from nas_engine.audio.checks import DatasetProblem
from nas_engine.streaming.annotations.folders import RecordingFolder
from nas_engine.streaming.reading import RecordedStream
from nas_engine.streaming.values import SoundEvent
from webapp.models import Dataset, RecordingSet, StoredRecording, StreamEvaluation
from webapp.services import jobs
from webapp.services.artifacts import GRACE_AFTER_DELETE, collect_artifacts
from webapp.services.errors import Conflict
from webapp.services.studies import require_ready_dataset
from webapp.services.transitions import Actor
from webapp.storage import save_stream_by_hash

State = RecordingSet.State
_NAME_LENGTH = 200
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ReadRecordings:
    """Recordings that a worker found in an archive, with the storage name of the sound of each."""

    folder: RecordingFolder
    audio: Sequence[str]


def add(*, dataset_id: int, name: str, file: "File[bytes]", owner: Actor = None) -> RecordingSet:
    """Store an archive of recordings under a name and have a data worker read it.

    Conflict for a data set that is not ready, and where it has recordings of this name.
    """
    try:
        with transaction.atomic():
            dataset = Dataset.objects.select_for_update(no_key=True).get(pk=dataset_id)
            require_ready_dataset(dataset)
            added = RecordingSet.objects.create(
                dataset=dataset,
                name=name,
                owner_id=owner.pk if owner is not None else None,
                upload=_store(file),
                upload_name=_shown(file),
            )
            jobs.send(jobs.RECORDINGS, added.pk)
    except IntegrityError as error:
        raise Conflict(
            f"{dataset.name} has recordings named {name} already: replace these, or choose another name."
        ) from error
    return added


def replace(*, set_id: int, file: "File[bytes]", owner: Actor = None) -> None:
    """Have another archive read in place of the recordings of a set, which stay until it is read."""
    with transaction.atomic():
        former = RecordingSet.objects.select_for_update().get(pk=set_id)
        owner_id = owner.pk if owner is not None else None
        values = {"upload": _store(file), "upload_name": _shown(file), "error": "", "owner_id": owner_id}
        jobs.reopen(jobs.RECORDINGS, set_id, **values)
        collect_artifacts(names=[former.upload.name or ""], grace=GRACE_AFTER_DELETE)


def delete(*, set_id: int) -> str:
    """Delete a set with its sound; returns its name. Evaluations on it keep their figures, without sound."""
    with transaction.atomic():
        gone = RecordingSet.objects.select_for_update().get(pk=set_id)
        names = [gone.upload.name or "", *gone.recordings.values_list("audio", flat=True)]
        gone.delete()
        collect_artifacts(names=names, grace=GRACE_AFTER_DELETE)
    return gone.name


def claim(*, set_id: int, worker: str) -> RecordingSet | None:
    """The set to read; None if another worker has it, or nothing is to be read."""
    if not jobs.claim(jobs.RECORDINGS, set_id, worker):
        return None
    return RecordingSet.objects.select_related("dataset").get(pk=set_id)


def complete(*, set_id: int, worker: str, found: ReadRecordings) -> bool:
    """READING -> READY with these recordings instead of the former ones. False if another archive is read meanwhile."""
    with transaction.atomic():
        held = jobs.RECORDINGS.held(set_id, worker).select_for_update().first()
        if held is None:
            return False
        former = StoredRecording.objects.filter(recordings=set_id)
        upload, names = held.upload.name or "", list(former.values_list("audio", flat=True))
        former.delete()
        StoredRecording.objects.bulk_create(_rows(set_id, found), batch_size=_ROWS_AT_ONCE)
        jobs.RECORDINGS.held(set_id, worker).update(
            **jobs.FREE,
            state=State.READY,
            upload="",
            error="",
            read_at=Now(),
            format=found.folder.format,
            seconds=found.folder.seconds,
            events=dict(found.folder.events),
            findings=[_storable(one) for one in found.folder.findings],
        )
        collect_artifacts(names=[upload], grace=timedelta(0))
        collect_artifacts(names=names, grace=GRACE_AFTER_DELETE)
    return True


def refuse(*, set_id: int, worker: str, error: str) -> bool:
    """READING -> REFUSED, with what is wrong and what to do; the former recordings stay, the archive does not."""
    held = jobs.RECORDINGS.held(set_id, worker)
    upload = held.values_list("upload", flat=True).first()
    refused = bool(held.update(**jobs.FREE, state=State.REFUSED, upload="", error=error))
    if refused and upload:
        collect_artifacts(names=[upload], grace=timedelta(0))
    return refused


def recordings_of(evaluation: StreamEvaluation) -> Sequence[StoredRecording]:
    """Recordings that an evaluation measures, in their order. Conflict where they were deleted since."""
    stored = list(StoredRecording.objects.filter(recordings=evaluation.recordings_id or 0).order_by("position"))
    if not stored:
        raise Conflict(f"The recordings {evaluation.recordings_name} were deleted: choose others.")
    return stored


def stream_of(stored: StoredRecording, path: Path) -> RecordedStream:
    """The recording as a stream, whose sound was copied to `path`."""
    events = tuple(SoundEvent(onset_s, offset_s, label) for onset_s, offset_s, label in stored.events)
    return RecordedStream(path, stored.name, stored.seconds, events)


def findings_of(stored: RecordingSet) -> tuple[DatasetProblem, ...]:
    """What was left out when the recordings were read."""
    return tuple(DatasetProblem(**one) for one in stored.findings)


def _store(file: "File[bytes]") -> str:
    return save_stream_by_hash(default_storage, "uploads", file, ".zip")


def _shown(file: "File[bytes]") -> str:
    return (file.name or "archive.zip").replace("\0", "")[-_NAME_LENGTH:]


def _storable(finding: DatasetProblem) -> dict[str, str]:
    """The finding without characters that PostgreSQL cannot hold; lists may have any."""
    return {name: value.replace("\0", "") for name, value in asdict(finding).items()}


def _rows(set_id: int, found: ReadRecordings) -> list[StoredRecording]:
    return [
        StoredRecording(
            recordings_id=set_id,
            position=position,
            name=stream.name[-400:],
            seconds=stream.duration_s,
            events=[[one.onset_s, one.offset_s, one.label] for one in stream.events],
            audio=audio,
        )
        for position, (stream, audio) in enumerate(zip(found.folder.streams, found.audio, strict=True))
    ]
