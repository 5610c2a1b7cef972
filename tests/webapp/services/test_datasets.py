"""Datasets: from folder, archive and synthesis to clips and features; and their end."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from nas_engine.audio.cache import open_pack
from nas_engine.audio.closed_split.opening import open_test_split
from nas_engine.audio.frontend import FrontendConfig
from tests.webapp import rows
from webapp.models import ArtifactChunk, Dataset
from webapp.services import datasets, preparation
from webapp.services.errors import Conflict
from webapp.services.working import Interrupted
from webapp.translation import frontend
from webapp.worker.packs import local_pack

pytestmark = pytest.mark.django_db
TINY = {"train_clips_per_class": 2, "eval_clips_per_class": 1, "test_clips_per_class": 1}


def write_clips(folder: Path) -> Path:
    """Two classes, three splits, one clip that cannot be read."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 3), ("eval", 2), ("test", 1)):
        for label in ("dog", "negative"):
            (folder / split / label).mkdir(parents=True)
            for number in range(count):
                samples = rng.normal(0, 0.1, 16_000).astype(np.float32)
                soundfile.write(folder / split / label / f"{number}.wav", samples, 16_000)
    (folder / "train" / "dog" / "broken.wav").write_bytes(b"no sound")
    return folder


def zipped(folder: Path) -> ContentFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*.wav")):
            archive.write(path, path.relative_to(folder))
    return ContentFile(buffer.getvalue(), name="clips.zip")


def assert_prepared(dataset: Dataset) -> None:
    assert dataset.state == Dataset.State.READY, dataset.error
    assert dataset.classes == ["dog", "negative"]
    assert dataset.counts["train"] == {"dog": 3, "negative": 3}
    assert [problem["where"] for problem in dataset.problems if problem["kind"] == "unreadable"] == [
        "train/dog/broken.wav"
    ]
    assert dataset.clips.count() == 12
    path = local_pack(dataset.pack.name)
    pack = open_pack(path, verify=True)
    for name, split in {**pack.splits, "test": open_test_split(path)}.items():
        clips = list(dataset.clips.filter(split=name).order_by("position"))
        assert [pack.classes[label] for label in split.labels] == [clip.label for clip in clips]


def test_a_folder_is_prepared_with_its_bad_clip_listed(tmp_path):
    path = write_clips(tmp_path / "clips")
    dataset = datasets.create_from_folder(name="mine", path=path, owner=None)
    phases = []
    assert preparation.prepare(
        dataset_id=dataset.pk, worker="me", on_progress=lambda done, total, phase: phases.append(phase)
    )
    dataset.refresh_from_db()
    assert_prepared(dataset)
    assert phases[0] == "looking for clips"
    assert phases[-1] == "storing clips"


def test_an_uploaded_archive_is_prepared_and_then_dropped(tmp_path, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        dataset = datasets.create_from_upload(name="mine", file=zipped(write_clips(tmp_path / "clips")), owner=None)
    assert len(callbacks) == 1
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    assert_prepared(dataset)
    assert dataset.upload.name == ""
    assert not ArtifactChunk.objects.filter(name__startswith="uploads/").exists()


def test_an_archive_that_is_none_fails_with_a_clear_error():
    dataset = datasets.create_from_upload(name="mine", file=ContentFile(b"not a zip", name="clips.zip"), owner=None)
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    assert dataset.state == Dataset.State.FAILED
    assert "the zip is cut or damaged" in dataset.error


def test_a_folder_that_is_missing_fails_with_a_clear_error(tmp_path):
    dataset = datasets.create_from_folder(name="mine", path=tmp_path / "nowhere", owner=None)
    preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    assert dataset.state == Dataset.State.FAILED
    assert "nowhere" in dataset.error


def test_a_synthetic_dataset_is_called_synthetic():
    dataset = datasets.create_synthetic(name="made", seed=3, recipe=TINY)
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    assert (dataset.state, dataset.synthetic, len(dataset.classes)) == (Dataset.State.READY, True, 9)
    assert dataset.classes[-1] == "negative"


def test_a_dataset_is_prepared_with_the_input_size_that_was_asked_for(tmp_path):
    size = {"frames": 98, "mel_bins": 20}
    dataset = datasets.create_from_folder(name="mine", path=write_clips(tmp_path / "clips"), owner=None, frontend=size)
    assert (frontend(dataset).frames, frontend(dataset).mel_bins) == (98, 20)
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    assert dataset.frontend == FrontendConfig(**size).to_json()
    assert open_pack(local_pack(dataset.pack.name)).config == frontend(dataset) == FrontendConfig(**size)


def test_a_prepared_dataset_is_not_prepared_again(tmp_path):
    dataset = datasets.create_from_folder(name="mine", path=write_clips(tmp_path / "clips"), owner=None)
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    assert not preparation.prepare(dataset_id=dataset.pk, worker="other")


def test_a_dataset_deleted_during_its_preparation_leaves_nothing(tmp_path):
    dataset = datasets.create_from_folder(name="mine", path=write_clips(tmp_path / "clips"), owner=None)

    def delete_meanwhile(done: int, total: int, phase: str) -> None:
        if phase == "storing clips":
            Dataset.objects.filter(pk=dataset.pk).delete()

    assert not preparation.prepare(dataset_id=dataset.pk, worker="me", on_progress=delete_meanwhile)
    assert not Dataset.objects.filter(pk=dataset.pk).exists()


def test_a_preparation_that_is_interrupted_is_left_to_another_worker(tmp_path):
    dataset = datasets.create_from_folder(name="mine", path=write_clips(tmp_path / "clips"), owner=None)

    def interrupt(done: int, total: int, phase: str) -> None:
        raise Interrupted

    assert not preparation.prepare(dataset_id=dataset.pk, worker="me", on_progress=interrupt)
    dataset.refresh_from_db()
    assert (dataset.state, dataset.worker, dataset.attempts) == (Dataset.State.PREPARING, "", 0)
    assert preparation.prepare(dataset_id=dataset.pk, worker="other")


def test_a_second_dataset_of_one_name_is_refused_in_words():
    datasets.create_synthetic(name="same", seed=1)
    with pytest.raises(Conflict, match="choose another name"):
        datasets.create_synthetic(name="same", seed=2)


def test_a_dataset_in_use_cannot_be_deleted():
    study = rows.draft_study(name="uses it")
    with pytest.raises(Conflict, match="used by uses it"):
        datasets.delete(dataset_id=study.dataset_id)


def test_deleting_a_dataset_deletes_its_clips_and_files(tmp_path):
    dataset = datasets.create_from_folder(name="mine", path=write_clips(tmp_path / "clips"), owner=None)
    preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    ArtifactChunk.objects.update(stored_at=dataset.prepared_at.replace(year=2020))
    datasets.delete(dataset_id=dataset.pk)
    assert not default_storage.exists(dataset.pack.name)
    assert ArtifactChunk.objects.count() == 0
