"""Reading of uploaded recordings in a data worker: the archive unpacked, its lists read, its sound stored as FLAC."""

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from nas_engine.audio.archive import extract_archive
from nas_engine.files.unpacking import UnpackingLimits
from nas_engine.streaming.annotations.folders import read_folder
from webapp.models import RecordingSet
from webapp.services import jobs, recordings
from webapp.services.persistence import persist
from webapp.services.working import Interrupted, TakenOver, Write, never, reason, work
from webapp.storage import save_file_by_hash

LIMITS = UnpackingLimits(
    expanded_bytes=20_000_000_000,
    ratio=50.0,  # as of clips
    members=20_000,
    content="set of recordings",
    remedy="part it into several archives, or give the folder to `manage.py evaluate_streams --recordings`",
)


def read_recordings(set_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Read one archive, unless another worker does; what was found, or why it was refused, is in its row."""
    work(
        jobs.RECORDINGS,
        set_id,
        worker,
        claim=partial(recordings.claim, set_id=set_id, worker=worker),
        do=partial(_outcome, worker, stopping),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, stopping: Callable[[], bool], row: RecordingSet) -> Write:
    settings.DATA_FOLDER.ensure()
    check = partial(_check, worker, stopping, row)
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="recordings-") as name:
        folder = Path(name)
        archive, flacs = folder / "upload.zip", folder / "flacs"
        with row.upload.open("rb") as upload, archive.open("wb") as copy:
            shutil.copyfileobj(upload, copy, 1 << 20)
        flacs.mkdir()
        unpacked = extract_archive(archive, folder / "unpacked", LIMITS)
        archive.unlink()
        found = read_folder(unpacked, flacs, row.dataset.classes, settings.RECORDINGS_LIMIT_HOURS, check)
        audio = []
        for stream in found.streams:
            check()
            audio.append(persist(partial(save_file_by_hash, default_storage, "recordings", stream.path)))
    return partial(
        recordings.complete, set_id=row.pk, worker=worker, found=recordings.ReadRecordings(found, tuple(audio))
    )


def _check(worker: str, stopping: Callable[[], bool], row: RecordingSet) -> None:
    """Raise Interrupted where the worker has to end, TakenOver where the row is no longer its own."""
    if stopping():
        raise Interrupted
    if not persist(jobs.RECORDINGS.held(row.pk, worker).exists, give_up=stopping):
        raise TakenOver


def _refuse(worker: str, row: RecordingSet, error: Exception) -> bool:
    return recordings.refuse(set_id=row.pk, worker=worker, error=reason(error, "It could not be read"))
