"""Datasets: the list, adding one, its page, clips with sound and spectrogram."""

import io
import zipfile
from datetime import timedelta

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from pytest_django.fixtures import Settings

from nas_engine.audio.decode import decode
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.frontends.features import compute_features
from nas_engine.audio.frontends.kinds import KINDS
from nas_engine.audio.frontends.suppression import ClassSuppression
from tests.webapp.factories import make_dataset, make_study
from tests.webapp.views.reading import markup_of
from webapp.forms.dataset import LEAST_FRAMES, LEAST_MEL_BINS, MOST_MEL_BINS, InputForm
from webapp.models import Clip, Dataset, Worker
from webapp.translation import frontend

pytestmark = pytest.mark.django_db


def archive() -> SimpleUploadedFile:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("train/dog/a.wav", b"no sound, but the form does not listen")
    return SimpleUploadedFile("clips.zip", file.getvalue(), content_type="application/zip")


def test_the_empty_list_leads_on(person: Client) -> None:
    assert "No dataset yet" in person.get(reverse("datasets")).content.decode()


def test_the_list_refreshes_while_one_is_prepared(person: Client) -> None:
    make_dataset(synthetic=True)
    assert "synthetic" in person.get(reverse("datasets")).content.decode()
    assert person.get(reverse("datasets"), headers={"HX-Request": "true"}).status_code == 286
    Dataset.objects.create(name="fresh", phase="decoding clips")
    part = person.get(reverse("datasets"), headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "decoding clips" in part.content.decode()


def test_an_upload_is_stored_and_waits_to_be_prepared(person: Client) -> None:
    response = person.post(reverse("new_dataset"), {"name": " my  clips ", "file": archive(), "upload": "1"})
    dataset = Dataset.objects.get()
    assert response.headers["Location"] == reverse("dataset", args=[dataset.pk])
    assert (dataset.name, dataset.state) == ("my clips", "PREPARING")
    with dataset.upload.open("rb") as stored:
        assert zipfile.ZipFile(stored).namelist() == ["train/dog/a.wav"]


def test_a_synthetic_set_can_be_ordered(person: Client) -> None:
    person.post(reverse("new_dataset"), {"name": "made up", "seed": "7", "synthetic": "1"})
    dataset = Dataset.objects.get()
    assert dataset.synthetic
    assert dataset.state == "PREPARING"


def test_the_licence_of_an_upload_is_kept_and_shown(person: Client) -> None:
    licence = {"licence": "CC BY 4.0"}
    person.post(reverse("new_dataset"), licence | {"name": "clips", "file": archive(), "upload": "1"})
    dataset = Dataset.objects.get()
    assert dataset.licence == "CC BY 4.0"
    assert "Licence of the sounds: CC BY 4.0" in person.get(reverse("dataset", args=[dataset.pk])).content.decode()
    long = {"name": "other", "file": archive(), "upload": "1", "licence": "x" * 201}
    assert person.post(reverse("new_dataset"), long).status_code == 422


def test_an_uploads_and_a_synthetic_sets_input_size_can_be_chosen(person: Client) -> None:
    size = {"frames": "98", "mel_bins": "20"}
    person.post(reverse("new_dataset"), size | {"name": "clips", "file": archive(), "upload": "1"})
    person.post(reverse("new_dataset"), size | {"name": "made up", "seed": "7", "synthetic": "1"})
    assert [(frontend(dataset).frames, frontend(dataset).mel_bins) for dataset in Dataset.objects.all()] == [
        (98, 20),
        (98, 20),
    ]


@pytest.mark.parametrize("kind", ["earshot", "librosa"])
@pytest.mark.parametrize("mel_bins", [LEAST_MEL_BINS, MOST_MEL_BINS])
def test_every_input_size_that_may_be_chosen_can_be_computed(kind: str, mel_bins: int) -> None:
    form = InputForm({"front_end": kind, "frames": str(LEAST_FRAMES), "mel_bins": str(mel_bins)})
    assert form.is_valid()
    config = FrontendConfig.of_kind(**form.frontend)
    assert compute_features(np.zeros(16_000, np.float32), config).shape[1] == mel_bins


@pytest.mark.parametrize("kind", KINDS)
def test_an_uploads_front_end_can_be_chosen(person: Client, kind: str) -> None:
    values = {"name": "clips", "file": archive(), "front_end": kind, "frames": "196", "mel_bins": "40", "upload": "1"}
    person.post(reverse("new_dataset"), values)
    dataset = Dataset.objects.get()
    assert frontend(dataset) == FrontendConfig.of_kind(kind)
    assert dataset.options == ({} if kind == "earshot" else {"frontend": {"kind": kind}})


def test_the_form_says_what_each_front_end_is(person: Client) -> None:
    text = markup_of(person.get(reverse("new_dataset")))
    for kind in KINDS.values():
        assert escape(f"{kind.title}: {kind.description}.") in text


def test_a_dataset_of_tflite_micros_front_end_shows_what_noise_suppression_leaves(person: Client) -> None:
    row = ClassSuppression("siren", 37, 0.04, 0.057, -14.2, -2.1)
    short = ClassSuppression("door", 3, 0.5, 0.3, None, None)
    config = FrontendConfig.of_kind("micro").to_json()
    dataset = make_dataset(frontend=config, suppression=[short.to_json(), row.to_json()])
    text = markup_of(person.get(reverse("dataset", args=[dataset.pk])))
    assert "TFLite Micro&#x27;s audio front end (pymicro-features 2.0.2)" in text
    assert "196 frames by 40 mel bins, 125 to 7500 Hz: 2.0 s at once" in text
    text = text[text.index("What noise suppression leaves of these clips") :]
    assert "−14.2\N{NO-BREAK SPACE}dB" in text
    assert text.index('#clips">siren') < text.index('#clips">door')
    own = markup_of(person.get(reverse("dataset", args=[make_dataset().pk])))
    assert "Earshot&#x27;s own" in own
    assert "noise suppression" not in own


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "x", "upload": "1"}, "Choose a file."),
        ({"name": "x", "seed": "1", "frames": "3", "synthetic": "1"}, "Must be at least 20"),
        (
            {"name": "x", "seed": "1", "front_end": "micro", "mel_bins": "32", "synthetic": "1"},
            "TFLite Micro&#x27;s audio front end always has 40 mel bins: leave 40, or choose another front end.",
        ),
        ({"name": "x", "seed": "1", "front_end": "kaldi", "synthetic": "1"}, "kaldi"),
        ({"name": "x", "file": SimpleUploadedFile("clips.rar", b"Rar!....")}, "clips.rar is not a zip archive"),
        ({"name": "taken", "file": archive()}, "A dataset named taken exists already"),
        ({"name": "x", "seed": "-1", "synthetic": "1"}, "Must be at least 0"),
        ({"name": "taken", "seed": "1", "synthetic": "1"}, "A dataset named taken exists already"),
    ],
)
def test_a_wrong_upload_is_refused_with_the_reason(person: Client, values: dict[str, object], message: str) -> None:
    make_dataset(name="taken")
    response = person.post(reverse("new_dataset"), values)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert Dataset.objects.count() == 1


def test_a_file_beyond_the_limit_is_refused_with_the_way_around(person: Client, settings: Settings) -> None:
    settings.UPLOAD_LIMIT_BYTES = 100
    response = person.post(reverse("new_dataset"), {"name": "x", "file": archive()})
    assert response.status_code == 413
    assert "add_dataset FOLDER --name NAME" in response.content.decode()
    assert not Dataset.objects.exists()


def test_the_page_shows_counts_problems_clips_and_studies(person: Client) -> None:
    dataset = make_dataset(clips_a_class=1)
    make_study(dataset=dataset, state="DRAFT", name="Doorbell watch")
    text = person.get(reverse("dataset", args=[dataset.pk])).content.decode()
    assert "3 clips of one recording lie in several splits" in text
    assert "eval/siren/000.wav" in text
    assert "Doorbell watch" in text
    assert "Delete the dataset" not in text


def test_preparation_shows_its_progress_then_the_page_is_loaded_again(person: Client) -> None:
    dataset = Dataset.objects.create(name="fresh", phase="decoding clips", progress_done=3, progress_total=9)
    Worker.objects.create(name="d", role="data", machine="m", pid=1, process_started=1.0, seen_at=timezone.now())
    address = reverse("dataset_progress", args=[dataset.pk])
    response = person.get(address)
    assert response.status_code == 200
    assert "decoding clips, 3 of 9" in markup_of(response)
    assert "No data worker" not in response.content.decode()
    Dataset.objects.filter(pk=dataset.pk).update(state="FAILED", error="nothing in it")
    response = person.get(address)
    assert (response.status_code, response.headers["HX-Refresh"]) == (286, "true")


def test_a_missing_data_worker_is_reported(person: Client) -> None:
    dataset = Dataset.objects.create(name="fresh")
    Worker.objects.create(
        name="d", role="data", machine="m", pid=1, process_started=1.0, seen_at=timezone.now() - timedelta(minutes=5)
    )
    text = person.get(reverse("dataset", args=[dataset.pk])).content.decode()
    assert "No data worker is running" in text


def test_a_failed_dataset_says_why(person: Client) -> None:
    dataset = Dataset.objects.create(name="broken", state="FAILED", error="No usable clips in eval.")
    text = person.get(reverse("dataset", args=[dataset.pk])).content.decode()
    assert "No usable clips in eval." in text


def test_only_an_unused_dataset_is_deleted(person: Client) -> None:
    unused, used = make_dataset(), make_dataset()
    make_study(dataset=used, state="DRAFT", name="Doorbell watch")
    person.post(reverse("delete_dataset", args=[unused.pk]))
    response = person.post(reverse("delete_dataset", args=[used.pk]), follow=True)
    assert "is used by Doorbell watch" in response.content.decode()
    assert list(Dataset.objects.all()) == [used]


def test_clips_are_filtered_and_paged(person: Client) -> None:
    dataset = make_dataset(clips_a_class=2)
    address = reverse("dataset_clips", args=[dataset.pk])
    page = person.get(address, {"split": "train"}).context["page"]
    assert (page.total, page.pages) == (18, 1)
    assert person.get(address, {"page": "2"}).context["page"].number == 2


@pytest.fixture
def clip() -> Clip:
    found = Clip.objects.filter(dataset=make_dataset(clips_a_class=1)).first()
    assert found is not None
    return found


def test_a_clip_has_a_page_with_a_player(person: Client, clip: Clip) -> None:
    text = person.get(reverse("clip", args=[clip.dataset_id, clip.pk])).content.decode()
    assert reverse("clip_audio", args=[clip.dataset_id, clip.pk]) in text
    other = make_dataset()
    assert person.get(reverse("clip", args=[other.pk, clip.pk])).status_code == 404


def test_sound_is_served_whole_and_in_ranges(person: Client, clip: Clip) -> None:
    address = reverse("clip_audio", args=[clip.dataset_id, clip.pk])
    with clip.audio.open("rb") as file:
        content = file.read()
    whole = person.get(address)
    assert (whole.status_code, whole.headers["Content-Type"]) == (200, "audio/flac")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert b"".join(whole.streaming_content) == content
    size = len(content)
    for wanted, start, end in [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, size - 1),
        ("bytes=-50", size - 50, size - 1),
        (f"bytes=10-{size * 2}", 10, size - 1),
    ]:
        part = person.get(address, headers={"Range": wanted})
        assert part.status_code == 206, wanted
        assert part.headers["Content-Range"] == f"bytes {start}-{end}/{size}"
        assert b"".join(part.streaming_content) == content[start : end + 1]
        assert int(part.headers["Content-Length"]) == end - start + 1


def test_a_range_beyond_the_file_is_refused_and_nonsense_ignored(person: Client, clip: Clip) -> None:
    address = reverse("clip_audio", args=[clip.dataset_id, clip.pk])
    beyond = person.get(address, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    assert beyond.headers["Content-Range"].startswith("bytes */")
    for nonsense in ("bytes=-", "lines=1-2", "bytes=a-b", "bytes=1-2,5-6"):
        assert person.get(address, headers={"Range": nonsense}).status_code == 200


def test_the_spectrogram_is_that_of_the_front_end(person: Client, clip: Clip) -> None:
    figure = person.get(reverse("spectrogram_chart", args=[clip.dataset_id, clip.pk])).json()
    heatmap = figure["data"][0]
    assert len(heatmap["z"]) == 40
    assert heatmap["x"][-1] == pytest.approx(clip.seconds, abs=0.1)
    assert figure["layout"]["shapes"][0]["type"] == "rect"


@pytest.mark.parametrize("kind", KINDS)
def test_the_spectrogram_is_in_decibels_of_the_datasets_front_end(person: Client, clip: Clip, kind: str) -> None:
    config = FrontendConfig.of_kind(kind)
    Dataset.objects.update(frontend=config.to_json())
    figure = person.get(reverse("spectrogram_chart", args=[clip.dataset_id, clip.pk])).json()
    with clip.audio.open("rb") as file:
        features = compute_features(decode(file.read(), 16_000), config)
    decibels = {"earshot": 10 / np.log(10), "librosa": 1.0, "micro": 8 / np.log(10)}[kind]
    np.testing.assert_allclose(np.array(figure["data"][0]["z"]), (features * decibels).T, atol=0.06)
    ticks = dict(zip(figure["layout"]["yaxis"]["ticktext"], figure["layout"]["yaxis"]["tickvals"], strict=True))
    assert 8 < ticks["1000"] < 15


def test_a_dataset_in_use_says_why_it_cannot_be_deleted(person: Client) -> None:
    study = make_study(name="Doorbell watch", state="DRAFT")
    address = reverse("dataset", args=[study.dataset_id])
    text = markup_of(person.get(address))
    assert "It cannot be deleted while 1 study uses it. Delete this study first:" in text
    assert reverse("delete_dataset", args=[study.dataset_id]) not in text
    make_study(dataset=study.dataset, state="DRAFT")
    assert "while 2 studies use it. Delete these studies first:" in markup_of(person.get(address))
