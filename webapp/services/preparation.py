"""Preparation of datasets from a source of sound: clips, features, counts, problems. For workers and commands only."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now

from nas_engine.audio.archive import extract_archive
from nas_engine.audio.cache import open_pack
from nas_engine.audio.clips import scan
from nas_engine.audio.dataset import PreparedClip, PreparedDataset
from nas_engine.audio.dataset import prepare as prepare_clips
from nas_engine.audio.synthesis.generator import Recipe, synthesise
from nas_engine.errors import UnmappedList
from webapp import translation
from webapp.models import Clip, Dataset
from webapp.services import jobs
from webapp.services.artifacts import collect_artifacts
from webapp.services.datasets import OPTION_SYNTHESIS
from webapp.services.jobs import OPTION_FOLDER
from webapp.services.persistence import persist
from webapp.services.working import TakenOver, Write, never, reason, work
from webapp.storage import save_by_hash, save_file_by_hash

OnProgress = Callable[[int, int, str], None]  # done, total, phase
_REPORT_SECONDS = 1.0
_CLIPS_AT_ONCE = 64
_ROWS_AT_ONCE = 1000


def prepare(
    *, dataset_id: int, worker: str, on_progress: OnProgress | None = None, stopping: Callable[[], bool] = never
) -> bool:
    """Prepare a PREPARING dataset that nobody else prepares; it ends READY, or FAILED with a clear error.

    False if there was nothing to do, or the dataset was deleted or taken over meanwhile. `on_progress` receives the
    progress that the row shows, and raises Interrupted to leave the dataset to another worker.
    """
    return work(
        jobs.DATASETS,
        dataset_id,
        worker,
        claim=partial(claim, dataset_id=dataset_id, worker=worker),
        do=partial(_outcome, worker, _Reporter(dataset_id, worker, on_progress)),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _outcome(worker: str, report: OnProgress, dataset: Dataset) -> Write:
    settings.DATA_FOLDER.ensure()
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="prepare-") as folder:
        published = _prepare(dataset, worker, Path(folder), report)
    return lambda: published


def _refuse(worker: str, dataset: Dataset, error: Exception) -> bool:
    columns = _columns(error) if isinstance(error, UnmappedList) else None
    why = reason(error, "It could not be prepared")
    return fail(dataset_id=dataset.pk, worker=worker, error=why, columns=columns)


def claim(*, dataset_id: int, worker: str) -> Dataset | None:
    """Claim the preparation for exactly one of the workers that try."""
    if not jobs.claim(jobs.DATASETS, dataset_id, worker, phase="starting"):
        return None
    return Dataset.objects.get(pk=dataset_id)


def fail(*, dataset_id: int, worker: str, error: str, columns: dict[str, Any] | None = None) -> bool:
    """PREPARING -> FAILED. The upload is dropped, because it would fail again, unless its `columns` can be mapped."""
    mine = jobs.DATASETS.held(dataset_id, worker)
    upload = mine.values_list("upload", flat=True).first()
    values: dict[str, Any] = {"state": Dataset.State.FAILED, "error": error, "phase": "", "columns": columns}
    failed = bool(mine.update(**values | ({} if columns else {"upload": ""})))
    if failed and upload and not columns:
        collect_artifacts(names=[upload], grace=timedelta(0))
    return failed


def _columns(error: UnmappedList) -> dict[str, Any]:
    """What the column mapper shows of a list."""
    rows = [list(row) for row in error.rows]
    return {"list": error.list_name, "names": list(error.columns), "rows": rows, "proposal": error.proposal}


class _Reporter:
    """Writes progress to the dataset's row about once a second; ends the preparation when the row is no longer ours."""

    def __init__(self, dataset_id: int, worker: str, listener: OnProgress | None) -> None:
        self._mine = jobs.DATASETS.held(dataset_id, worker)
        self._listener = listener
        self._phase = ""
        self._next = 0.0

    def __call__(self, done: int, total: int, phase: str) -> None:
        if self._listener:
            self._listener(done, total, phase)
        if phase == self._phase and done < total and monotonic() < self._next:
            return
        self._phase, self._next = phase, monotonic() + _REPORT_SECONDS
        values = {"phase": phase[:40], "progress_done": done, "progress_total": total, "heartbeat_at": Now()}
        if not persist(lambda: self._mine.update(**values)):
            raise TakenOver


def _prepare(dataset: Dataset, worker: str, folder: Path, report: OnProgress) -> bool:
    source = _source(dataset, folder, report)
    report(0, 0, "looking for clips")
    found = scan(source, translation.reading_options(dataset))
    prepared = prepare_clips(found, translation.frontend(dataset), report, folder / "work")
    report(0, 0, "writing features")
    pack_path = folder / "features.pack"
    prepared.write_pack(pack_path)
    rows = list(_clip_rows(dataset, prepared, report))
    return persist(lambda: _publish(dataset, worker, prepared, pack_path, rows))


def _source(dataset: Dataset, folder: Path, report: OnProgress) -> Path:
    """Folder or list that holds the clips."""
    if OPTION_SYNTHESIS in dataset.options:
        out = folder / "synthetic"
        synthesis = dataset.options[OPTION_SYNTHESIS]
        synthesise(out, synthesis["seed"], report, recipe=Recipe(**synthesis["recipe"]))
        return out
    if OPTION_FOLDER in dataset.options:
        path = Path(dataset.options[OPTION_FOLDER])
        return extract_archive(path, folder / "unpacked") if path.suffix.lower() == ".zip" else path
    report(0, 0, "unpacking")
    archive = folder / f"upload{Path(str(dataset.upload.name)).suffix}"
    with dataset.upload.open("rb") as upload, archive.open("wb") as file:
        for chunk in upload.chunks(1 << 20):
            file.write(chunk)
    return extract_archive(archive, folder / "unpacked")


def _clip_rows(dataset: Dataset, prepared: PreparedDataset, report: OnProgress) -> Iterator[Clip]:
    """Unsaved rows whose audio is stored. `position` counts within a split, as the pack does."""
    positions: Counter[str] = Counter()
    total = len(prepared.clips)
    for start in range(0, total, _CLIPS_AT_ONCE):
        report(start, total, "storing clips")
        some = prepared.clips[start : start + _CLIPS_AT_ONCE]
        for clip, name in zip(some, persist(partial(_store, some)), strict=True):
            yield Clip(
                dataset=dataset,
                split=clip.split,
                label=clip.label,
                group=clip.group,
                source_name=clip.source_name,
                seconds=clip.seconds,
                position=positions[clip.split],
                audio=name,
            )
            positions[clip.split] += 1
    report(total, total, "storing clips")


def _store(clips: Sequence[PreparedClip]) -> list[str]:
    """Store the clips' audio in one transaction: a commit for each would take most of the time."""
    with transaction.atomic():
        return [save_by_hash(default_storage, "clips", clip.flac_path.read_bytes(), ".flac") for clip in clips]


def _publish(dataset: Dataset, worker: str, prepared: PreparedDataset, pack_path: Path, rows: list[Clip]) -> bool:
    """PREPARING -> READY with clips, counts and problems, in one transaction."""
    upload = dataset.upload.name
    pack_name = save_file_by_hash(default_storage, "packs", pack_path)
    normalisation = open_pack(pack_path).normalisation.to_json()
    with transaction.atomic():
        Clip.objects.bulk_create(rows, batch_size=_ROWS_AT_ONCE)
        published = jobs.DATASETS.held(dataset.pk, worker).update(
            state=Dataset.State.READY,
            prepared_at=Now(),
            phase="",
            upload="",
            columns=None,
            pack=pack_name,
            classes=list(prepared.classes),
            frontend=prepared.config.to_json(),
            counts=prepared.counts,
            normalisation=normalisation,
            problems=[asdict(problem) for problem in prepared.problems],
            suppression=[row.to_json() for row in prepared.suppression],
        )
        if not published:
            transaction.set_rollback(True)
    if published and upload:
        collect_artifacts(names=[upload], grace=timedelta(0))
    return bool(published)
