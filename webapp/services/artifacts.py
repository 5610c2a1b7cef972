"""Removal of stored files that no row refers to."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from webapp.models import (
    ArtifactChunk,
    BenchKit,
    Clip,
    Dataset,
    DeployBundle,
    EnergyModel,
    MeasurementFile,
    RecordingSet,
    Report,
    StoredRecording,
    Trial,
)

# A file is stored before the row that names it is written: within this time it may still be waiting for its row.
GRACE = timedelta(days=1)
GRACE_AFTER_DELETE = timedelta(minutes=10)
_OWNERS = (
    (Trial, "tflite"),
    (Clip, "audio"),
    (Dataset, "pack"),
    (Dataset, "upload"),
    (MeasurementFile, "file"),
    (MeasurementFile, "plot"),
    (BenchKit, "file"),
    (EnergyModel, "arrays"),
    (Report, "document"),
    (Report, "tables"),
    (DeployBundle, "file"),
    (RecordingSet, "upload"),
    (StoredRecording, "audio"),
)


def collect_artifacts(*, names: Collection[str] | None = None, grace: timedelta = GRACE) -> int:
    """Remove files in the database's storage that no row names, all or among `names`; returns the number of pieces.

    One statement, so a file that gets an owner or is stored again at this moment stays. Other storages than
    the database's have their own means for this.
    """
    unused = ArtifactChunk.objects.filter(stored_at__lt=timezone.now() - grace)
    if names is not None:
        unused = unused.filter(name__in=names)
    for model, field in _OWNERS:
        unused = unused.exclude(Exists(model._default_manager.filter(**{field: OuterRef("name")})))
    return unused.delete()[0]
