"""A dataset whose list only its owner can read: it waits for its columns, and its upload is kept."""

import io
import zipfile

import numpy as np
import pytest
import soundfile
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from webapp.models import Dataset, ListProfile
from webapp.services import datasets, preparation
from webapp.services.errors import Conflict

pytestmark = pytest.mark.django_db
MAPPING = {"path": "clip", "label": "what", "split": "use"}


def archive(header: str = "clip,what,use,walk") -> ContentFile:
    """Twelve clips with a list of columns that nobody knows, in a zip file."""
    rng, buffer = np.random.default_rng(0), io.BytesIO()
    lines = [header]
    with zipfile.ZipFile(buffer, "w") as made:
        for number in range(12):
            sound = io.BytesIO()
            soundfile.write(sound, rng.normal(0, 0.1, 16_000), 16_000, format="WAV")
            made.writestr(f"fold{number % 3}/{number}.wav", sound.getvalue())
            split = ("train", "val", "test")[number // 4]
            lines.append(f"fold{number % 3}/{number}.wav,{('dog', 'cat')[number % 2]},{split},w{number}")
        made.writestr("notes.csv", "\n".join(lines))
    return ContentFile(buffer.getvalue(), name="clips.zip")


def waiting(**options: object) -> Dataset:
    dataset = datasets.create_from_upload(name="mine", file=archive(), owner=None)
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    return dataset


def test_the_upload_is_kept_with_what_the_mapper_shows():
    dataset = waiting()
    assert dataset.state == Dataset.State.FAILED
    assert "Found: clip, what, use, walk" in dataset.error
    assert default_storage.exists(dataset.upload.name)
    assert dataset.columns["list"] == "notes.csv"
    assert dataset.columns["rows"][0] == ["fold0/0.wav", "dog", "train", "w0"]
    assert dataset.columns["proposal"]["label"] == "what"


def test_a_mapping_prepares_it_and_the_upload_goes():
    dataset = waiting()
    upload = dataset.upload.name
    datasets.map_list(dataset_id=dataset.pk, mapping=MAPPING)
    assert preparation.prepare(dataset_id=dataset.pk, worker="other")
    dataset.refresh_from_db()
    assert (dataset.state, dataset.error, dataset.columns) == (Dataset.State.READY, "", None)
    assert dataset.classes == ["cat", "dog"]
    assert dataset.counts == {split: {"cat": 2, "dog": 2} for split in ("train", "eval", "test")}
    assert not default_storage.exists(upload)


def test_a_mapping_that_cannot_be_used_ends_it_with_the_reason():
    dataset = waiting()
    datasets.map_list(dataset_id=dataset.pk, mapping={"ignore_lists": True})
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    assert dataset.state == Dataset.State.FAILED
    assert "fold0, fold1, fold2 are folds, no classes" in dataset.error
    assert (dataset.columns, dataset.upload.name) == (None, "")


def test_only_one_of_two_mappings_is_taken():
    dataset = waiting()
    datasets.map_list(dataset_id=dataset.pk, mapping=MAPPING)
    with pytest.raises(Conflict, match="mine no longer waits"):
        datasets.map_list(dataset_id=dataset.pk, mapping={"ignore_lists": True})
    dataset.refresh_from_db()
    assert dataset.options["reading"]["mapping"] == MAPPING


def test_a_list_with_signs_that_no_database_takes_is_stored():
    file = archive("cl\0ip,what,use,walk")
    dataset = datasets.create_from_upload(name="mine", file=file, owner=None)
    assert preparation.prepare(dataset_id=dataset.pk, worker="me")
    dataset.refresh_from_db()
    assert dataset.columns["names"] == ["clip", "what", "use", "walk"]


def test_a_profile_is_replaced_by_one_of_its_name():
    datasets.keep_profile(name="walks", mapping=MAPPING)
    datasets.keep_profile(name="walks", mapping={"ignore_lists": True})
    assert ListProfile.objects.get().mapping == {"ignore_lists": True}
    datasets.delete_profile(profile_id=ListProfile.objects.get().pk)
    assert not ListProfile.objects.exists()
