"""This machine's copies of feature packs."""

import os
import time
from functools import partial

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from nas_engine.errors import TransientError
from tests.webapp import rows
from webapp.data_folder import DataFolder
from webapp.models import ArtifactChunk
from webapp.storage import DatabaseStorage, save_by_hash
from webapp.worker.packs import discard_if_damaged, local_pack

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_cache(settings, tmp_path) -> None:
    settings.DATA_FOLDER = DataFolder(tmp_path)


def stored(content: bytes) -> str:
    return save_by_hash(default_storage, "packs", content, ".pack")


def test_a_pack_is_downloaded_once(monkeypatch):
    opened = []
    original = DatabaseStorage._open
    monkeypatch.setattr(
        DatabaseStorage, "_open", lambda self, name, mode="rb": opened.append(name) or original(self, name)
    )
    name = stored(b"features" * 1000)
    for _ in range(2):
        assert local_pack(name).read_bytes() == b"features" * 1000
    assert opened == [name]


def test_workers_that_need_a_pack_together_download_it_once(monkeypatch):
    opened = []
    original = DatabaseStorage._open

    def slow_open(self, name, mode="rb"):
        opened.append(name)
        time.sleep(0.3)
        return original(self, name)

    monkeypatch.setattr(DatabaseStorage, "_open", slow_open)
    name = stored(b"features" * 1000)
    paths = rows.at_once(*[partial(local_pack, name)] * 4)
    assert len(set(paths)) == 1
    assert opened == [name]


def test_what_arrives_damaged_is_refused_and_not_kept():
    name = stored(b"features")
    ArtifactChunk.objects.filter(name=name).update(content=b"FEATURES")
    with pytest.raises(TransientError, match="arrived damaged"):
        local_pack(name)
    assert list((settings.DATA_FOLDER.cache / "packs").glob("*.pack")) == []
    assert list((settings.DATA_FOLDER.cache / "packs").glob(".download-*")) == []


def test_a_damaged_copy_is_downloaded_again():
    path = local_pack(stored(b"features"))
    path.write_bytes(b"feat")
    assert discard_if_damaged(path)
    assert not path.exists()
    assert not discard_if_damaged(path)
    assert local_pack(f"packs/{path.name}").read_bytes() == b"features"


def test_a_sound_copy_is_kept_for_the_other_trials_that_read_it():
    path = local_pack(stored(b"features"))
    assert not discard_if_damaged(path)
    assert path.read_bytes() == b"features"


def test_the_copies_unused_for_longest_make_room():
    names = [stored(bytes([number]) * 100) for number in range(3)]
    paths = [local_pack(name) for name in names]
    for age, path in enumerate(reversed(paths)):
        os.utime(path, (time.time() - 1000 * (age + 1),) * 2)
    local_pack(names[0], limit_bytes=250)  # the oldest, and now the newest
    assert [path.exists() for path in paths] == [True, False, True]


def test_the_copy_in_use_stays_however_small_the_limit():
    assert local_pack(stored(b"x" * 100), limit_bytes=10).exists()


def test_downloads_that_a_crash_left_behind_are_removed_after_a_day():
    folder = settings.DATA_FOLDER.cache / "packs"
    folder.mkdir(parents=True)
    for name, age_seconds in ((".download-old", 2 * 24 * 3600), (".download-new", 60)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age_seconds,) * 2)
    local_pack(stored(b"features"))
    assert sorted(path.name for path in folder.glob(".download-*")) == [".download-new"]


def test_a_pack_that_is_not_stored_is_named():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        local_pack("packs/nowhere.pack")
    assert not default_storage.exists("packs/nowhere.pack")
    assert default_storage.save("packs/other.pack", ContentFile(b"")) == "packs/other.pack"
