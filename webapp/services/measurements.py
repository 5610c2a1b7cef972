"""Files of a campaign: stored as uploaded, read by a worker, read again with other options, removed.

The columns of a table that a user mapped can be kept under a name, for the next file of the same kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F

from webapp.models import Campaign, MappingProfile, MeasurementFile, Run
from webapp.queries.pages.run import runs_of_table
from webapp.services import jobs
from webapp.services.archives import spread
from webapp.services.artifacts import GRACE_AFTER_DELETE, collect_artifacts
from webapp.services.devices import STALE
from webapp.services.errors import Conflict
from webapp.storage import hash_in_name, save_stream_by_hash

BYSTANDER = "bystander"
"""Key of `MeasurementFile.summary`: the file was rejected because it holds no measurement."""


@dataclass(frozen=True, slots=True)
class Added:
    """Outcome of an upload: new files, and those that the campaign had already.

    `reread` are those of the latter that are read again because of new options, such as their voltage.
    """

    new: tuple[MeasurementFile, ...]
    present: tuple[MeasurementFile, ...]
    reread: tuple[MeasurementFile, ...] = ()

    @property
    def all(self) -> tuple[MeasurementFile, ...]:
        return (*self.new, *self.present)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Content that a worker found in a file. `plot` is the storage name of its pyramid, empty if it is no trace;
    `columns` are those of a table that a user mapped.
    """

    format: str
    title: str
    kind: str
    findings: Sequence[Mapping[str, str]]
    summary: Mapping[str, Any]
    plot: str = ""
    columns: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """Reason why a file could not be read; for a table of unknown format, its `columns`, so that a user can map them.

    A bystander holds no measurement, such as a session's log: its runs are computed without it.
    """

    error: str
    columns: Mapping[str, Any] | None = None
    findings: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    is_bystander: bool = False


def add_files(*, campaign_id: int, files: Sequence["File[bytes]"], options: Mapping[str, Any] | None = None) -> Added:
    """Store files as they are and request that each be read. All or none: one transaction holds bytes and rows.

    A zip of several files is stored as if each had been uploaded by itself. A file that the campaign has already is
    read again if `options` differ.
    """
    new: list[MeasurementFile] = []
    present: list[MeasurementFile] = []
    reread: list[MeasurementFile] = []
    with spread(files) as parts, transaction.atomic():
        campaign = Campaign.objects.get(pk=campaign_id)
        for part in parts:
            if not part.file.size:
                raise Conflict(f"{part.name} is empty: nothing was stored. Export it again.")
            name = save_stream_by_hash(default_storage, "measurements", part.file)
            row, is_new = MeasurementFile.objects.get_or_create(
                campaign=campaign,
                sha256=hash_in_name(name),
                defaults={
                    "original_name": part.name,
                    "size_bytes": part.file.size,
                    "file": name,
                    "options": dict(options or {}),
                },
            )
            if is_new:
                jobs.send(jobs.FILES, row.pk)
            elif options and any(row.options.get(key) != value for key, value in options.items()):
                change_options(file_id=row.pk, seen_version=row.options_version, options=row.options | dict(options))
                reread.append(row)
            (new if is_new else present).append(row)
    return Added(tuple(new), tuple(present), tuple(reread))


def change_options(*, file_id: int, seen_version: int, options: Mapping[str, Any]) -> None:
    """Read a file again with other options, as they were seen. Its runs are recomputed when it has been read."""
    with transaction.atomic():
        seen = MeasurementFile.objects.filter(pk=file_id, options_version=seen_version)
        if not seen.update(options=dict(options), options_version=F("options_version") + 1):
            raise Conflict(STALE.format(what="how this file is read"))
        jobs.reopen(jobs.FILES, file_id)


def delete_file(*, file_id: int) -> str:
    """Delete a file that no run uses; returns its name."""
    with transaction.atomic():
        row = MeasurementFile.objects.select_for_update().get(pk=file_id)
        used_by = row.runs.first() or runs_of_table(row).first()
        if used_by is not None:
            raise Conflict(f"{row.original_name} belongs to {used_by}: delete this run, or take the file out of it.")
        names = [name for name in (str(row.file.name), row.plot.name) if name]
        row.delete()
        collect_artifacts(names=names, grace=GRACE_AFTER_DELETE)
    return row.original_name


def claim(*, file_id: int, worker: str) -> MeasurementFile | None:
    """Claim the file to read, with its device; None if another worker reads it or nothing is to be read."""
    if not jobs.claim(jobs.FILES, file_id, worker):
        return None
    return MeasurementFile.objects.select_related("campaign__device").get(pk=file_id)


def complete(*, file_id: int, worker: str, found: ReadFile) -> bool:
    """READING -> READY. False if the options have changed meanwhile: it is read again."""
    return _end(
        file_id,
        worker,
        state=MeasurementFile.State.READY,
        format=found.format,
        title=found.title,
        kind=found.kind,
        findings=[dict(finding) for finding in found.findings],
        summary=dict(found.summary),
        plot=found.plot,
        error="",
        columns=None if found.columns is None else dict(found.columns),
    )


def refuse(*, file_id: int, worker: str, refused: RefusedFile) -> bool:
    """READING -> REFUSED, with what is wrong and what to do."""
    return _end(
        file_id,
        worker,
        state=MeasurementFile.State.REFUSED,
        error=refused.error,
        columns=None if refused.columns is None else dict(refused.columns),
        findings=[dict(finding) for finding in refused.findings],
        summary={BYSTANDER: True} if refused.is_bystander else {},
        plot="",
    )


def _end(file_id: int, worker: str, **values: Any) -> bool:
    """Write back the outcome of reading, and request that the file's runs be computed."""
    with transaction.atomic():
        if not jobs.FILES.held(file_id, worker).update(**jobs.FREE, **values):
            return False
        jobs.reopen_all(jobs.RUNS, Run.objects.filter(files=file_id))
    return True


def keep_profile(*, name: str, mapping: Mapping[str, Any]) -> MappingProfile:
    """Store a mapping; one of this name is replaced."""
    profile, _ = MappingProfile.objects.update_or_create(name=name, defaults={"mapping": dict(mapping)})
    return profile


def delete_profile(*, profile_id: int) -> None:
    """Delete a mapping; files that were read with it keep theirs."""
    MappingProfile.objects.filter(pk=profile_id).delete()
