"""Creation of datasets (from an uploaded archive, a folder of this machine, or synthesis) and their deletion."""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from webapp.models import Clip, Dataset, ListProfile, RecordingSet, StoredRecording, Study
from webapp.services import jobs
from webapp.services.artifacts import GRACE_AFTER_DELETE, collect_artifacts
from webapp.services.errors import Conflict
from webapp.services.jobs import OPTION_FOLDER
from webapp.translation import OPTION_FRONTEND, OPTION_READING

OPTION_SYNTHESIS = "synthesis"


def create_from_upload(
    *,
    name: str,
    file: "File[bytes]",
    owner: AbstractBaseUser | None,
    frontend: Mapping[str, Any] | None = None,
    reading: Mapping[str, Any] | None = None,
    licence: str = "",
) -> Dataset:
    """Store an archive of clips and have a data worker prepare it.

    `frontend` holds fields of `nas_engine.audio.frontend.FrontendConfig`, such as kind and frames, and `reading` the
    JSON of `nas_engine.audio.layouts.base.ReadingOptions`, here and below; `licence` is that of the sounds as the user
    states it.
    """
    suffix = "".join(PurePath(file.name or "").suffixes[-1:]).lower()
    with transaction.atomic():
        dataset = _create(name, owner, options=_options(frontend, reading), licence=licence)
        dataset.upload.name = default_storage.save(f"uploads/{uuid4().hex}{suffix}", file)
        dataset.save(update_fields=["upload"])
        jobs.send(jobs.DATASETS, dataset.pk)
    return dataset


def create_synthetic(
    *,
    name: str,
    seed: int = 1,
    owner: AbstractBaseUser | None = None,
    recipe: Mapping[str, int] | None = None,
    frontend: Mapping[str, Any] | None = None,
) -> Dataset:
    """Have a data worker synthesise a nine-class set; it is marked as synthetic wherever it shows.

    `recipe` holds fields of `nas_engine.audio.synthesis.generator.Recipe`, such as train_clips_per_class.
    """
    options = _options(frontend) | {OPTION_SYNTHESIS: {"seed": seed, "recipe": dict(recipe or {})}}
    with transaction.atomic():
        dataset = _create(name, owner, options=options, synthetic=True)
        jobs.send(jobs.DATASETS, dataset.pk)
    return dataset


def create_from_folder(
    *,
    name: str,
    path: Path,
    owner: AbstractBaseUser | None,
    frontend: Mapping[str, Any] | None = None,
    reading: Mapping[str, Any] | None = None,
    licence: str = "",
) -> Dataset:
    """Create a dataset that the caller prepares from a folder of its own machine (`preparation.prepare`)."""
    return _create(name, owner, options=_options(frontend, reading) | {OPTION_FOLDER: str(path)}, licence=licence)


def map_list(*, dataset_id: int, mapping: Mapping[str, Any]) -> None:
    """FAILED -> PREPARING, with the columns of its list as the user named them (JSON of `ListMapping`)."""
    with transaction.atomic():
        dataset = Dataset.objects.select_for_update().get(pk=dataset_id)
        if dataset.state != Dataset.State.FAILED or not dataset.columns or not dataset.upload:
            raise Conflict(f"{dataset.name} no longer waits for the columns of its list.")
        reading = dataset.options.get(OPTION_READING, {}) | {"mapping": dict(mapping)}
        options = dataset.options | {OPTION_READING: reading}
        jobs.reopen(jobs.DATASETS, dataset_id, options=options, error="")


def keep_profile(*, name: str, mapping: Mapping[str, Any]) -> ListProfile:
    """Store a mapping of a list's columns; one of this name is replaced."""
    profile, _ = ListProfile.objects.update_or_create(name=name, defaults={"mapping": dict(mapping)})
    return profile


def delete_profile(*, profile_id: int) -> None:
    """Delete a mapping; datasets that were read with it stay as they are."""
    ListProfile.objects.filter(pk=profile_id).delete()


def delete(*, dataset_id: int) -> None:
    """Delete a dataset that no study uses, with its clips, recordings and the artifacts that no other row uses."""
    with transaction.atomic():
        dataset = Dataset.objects.select_for_update().get(pk=dataset_id)
        searches = dataset.studies.exclude(kind=Study.Kind.REPETITIONS)  # these go with their parents
        names = list(searches.order_by("name").values_list("name", flat=True)[:4])
        if names:
            listed = ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
            raise Conflict(f"{dataset.name} is used by {listed}: delete these studies first.")
        files = [dataset.pack.name, dataset.upload.name, *dataset.clips.values_list("audio", flat=True)]
        files += RecordingSet.objects.filter(dataset=dataset).values_list("upload", flat=True)
        files += StoredRecording.objects.filter(recordings__dataset=dataset).values_list("audio", flat=True)
        Clip.objects.filter(dataset=dataset).delete()
        dataset.delete()
        collect_artifacts(names=files, grace=GRACE_AFTER_DELETE)


def _options(frontend: Mapping[str, Any] | None, reading: Mapping[str, Any] | None = None) -> dict[str, Any]:
    options: dict[str, Any] = {OPTION_FRONTEND: dict(frontend)} if frontend else {}
    return options | ({OPTION_READING: dict(reading)} if reading else {})


def _create(name: str, owner: AbstractBaseUser | None, **values: Any) -> Dataset:
    try:
        with transaction.atomic():
            return Dataset.objects.create(name=name, created_by_id=owner.pk if owner is not None else None, **values)
    except IntegrityError as error:
        raise Conflict(f"A dataset named {name!r} exists already: choose another name.") from error
