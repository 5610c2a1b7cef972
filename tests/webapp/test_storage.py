"""Files in the database: whole, seekable, stored once, and gone only when nobody needs them."""

import hashlib
import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from tests.webapp import rows
from webapp.models import ArtifactChunk, Clip, Dataset, Study, Trial
from webapp.services import studies
from webapp.services.artifacts import collect_artifacts
from webapp.storage import CHUNK_BYTES, DatabaseStorage, hash_in_name, save_by_hash, save_file_by_hash

pytestmark = pytest.mark.django_db
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 12345]


def content_of(size: int) -> bytes:
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
def test_a_file_comes_back_as_it_went_in_and_in_pieces_of_one_size(size):
    storage, content = DatabaseStorage(), content_of(size)
    name = storage.save("some/file", ContentFile(content))
    assert storage.size(name) == size
    with storage.open(name) as file:
        assert file.read() == content
    sizes = list(ArtifactChunk.objects.filter(name=name).order_by("position").values_list("size", flat=True))
    assert all(piece == CHUNK_BYTES for piece in sizes[:-1])
    assert len(sizes) == max(1, -(-size // CHUNK_BYTES))


def test_any_range_can_be_read():
    """Browsers ask for ranges of audio; Python's zip reader seeks from the end."""
    storage, content = DatabaseStorage(), content_of(2 * CHUNK_BYTES + 500)
    name = storage.save("some/file", ContentFile(content))
    borders = [0, 1, CHUNK_BYTES - 3, CHUNK_BYTES, CHUNK_BYTES + 3, 2 * CHUNK_BYTES, len(content) - 1, len(content)]
    with storage.open(name) as file:
        for start in borders:
            for length in (0, 1, 10, CHUNK_BYTES + 10):
                file.seek(start)
                assert file.read(length) == content[start : start + length], (start, length)
        file.seek(-7, io.SEEK_END)
        assert (file.tell(), file.read()) == (len(content) - 7, content[-7:])
        file.seek(5)
        file.seek(5, io.SEEK_CUR)
        assert file.read(2) == content[10:12]
        file.seek(len(content) + 100)
        assert file.read() == b""


def test_an_empty_file_exists():
    storage = DatabaseStorage()
    assert storage.exists(storage.save("empty", ContentFile(b"")))


def test_a_missing_file_is_named_in_the_error():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        DatabaseStorage().open("nowhere")


def test_files_are_not_opened_for_writing():
    with pytest.raises(ValueError, match="'wb'"):
        DatabaseStorage().open("some/file", "wb")


def test_deleting_removes_every_piece():
    storage = DatabaseStorage()
    name = storage.save("some/file", ContentFile(content_of(2 * CHUNK_BYTES)))
    storage.delete(name)
    assert not storage.exists(name)
    assert not ArtifactChunk.objects.filter(name=name).exists()


def test_the_same_bytes_are_stored_once(tmp_path):
    content = content_of(CHUNK_BYTES + 1)
    path = tmp_path / "copy.flac"
    path.write_bytes(content)
    name = save_by_hash(default_storage, "clips", content, ".flac")
    assert save_file_by_hash(default_storage, "clips", path) == name
    assert ArtifactChunk.objects.filter(name=name).count() == 2
    assert hash_in_name(name) == hashlib.sha256(content).hexdigest()


def stored(content: bytes, kind: str = "tflite", *, days_ago: float = 2) -> str:
    name = save_by_hash(default_storage, kind, content, f".{kind}")
    ArtifactChunk.objects.filter(name=name).update(stored_at=timezone.now() - timedelta(days=days_ago))
    return name


def test_only_files_that_no_row_names_are_collected():
    trial = rows.completed_trial(rows.running_study())
    dataset = trial.study.dataset
    used = [stored(b"tflite"), stored(b"pack", "packs"), stored(b"clip", "clips"), stored(b"upload", "uploads")]
    Trial.objects.filter(pk=trial.pk).update(tflite=used[0])
    Dataset.objects.filter(pk=dataset.pk).update(pack=used[1], upload=used[3])
    Clip.objects.create(dataset=dataset, split="train", label="dog", seconds=1, position=0, audio=used[2])
    unused, fresh = stored(b"unused"), stored(b"fresh", days_ago=0.5)
    assert collect_artifacts() == 1
    assert not default_storage.exists(unused)
    assert all(default_storage.exists(name) for name in [*used, fresh])


def test_a_file_stored_again_is_safe_until_its_new_owner_is_written():
    name = stored(b"unused")
    assert save_by_hash(default_storage, "tflite", b"unused", ".tflite") == name
    collect_artifacts()
    assert default_storage.exists(name)


def test_deleting_a_study_keeps_the_files_that_another_study_uses():
    shared, own = stored(b"shared"), stored(b"own")
    first, second = (rows.running_study(trial_budget=2) for _ in range(2))
    for study, names in ((first, [shared, own]), (second, [shared])):
        for seed, name in enumerate(names):
            trial = rows.completed_trial(study, seed=seed)
            Trial.objects.filter(pk=trial.pk).update(tflite=name)
    Study.objects.filter(pk=first.pk).update(state=Study.State.STOPPED)
    studies.delete(study_id=first.pk)
    assert default_storage.exists(shared)
    assert not default_storage.exists(own)
