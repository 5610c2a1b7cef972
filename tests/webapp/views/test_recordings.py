"""Recordings of a data set in the browser: uploaded, waited for, refused, replaced, deleted, measured on and heard."""

import io
import wave
from dataclasses import replace

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from nas_engine.streaming.features import Gain
from nas_engine.streaming.procedure.mistakes import excerpt_of
from nas_engine.streaming.procedure.outcome import FALSE_ALARM, MISS, EvaluationOutcome
from nas_engine.streaming.reading import sound_blocks
from tests.webapp import rows
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import make_workers
from tests.webapp.recordings import archive, evaluated_on, kitchen, sound, stored
from tests.webapp.streams import PLAN, evaluated
from tests.webapp.views.reading import words_of
from tests.webapp.views.test_streams import address, entered
from webapp.models import RecordingSet, StreamEvaluation
from webapp.queries.pages.streams import chosen_loop
from webapp.services import recordings, stream_evaluations
from webapp.services.errors import Conflict
from webapp.translation import frontend

pytestmark = pytest.mark.django_db


def upload(name: str = "kitchen.zip", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or archive(kitchen()).read())


def test_recordings_are_uploaded_on_a_page_of_the_data_set_and_waited_for_there(person: Client) -> None:
    dataset = rows.ready_dataset()
    page = reverse("recordings", args=[dataset.pk])
    assert page in person.get(reverse("dataset", args=[dataset.pk])).content.decode()
    response = person.post(page, {"name": " my  kitchen ", "file": upload()})
    added = RecordingSet.objects.get()
    assert response.url == f"{page}#recordings-{added.pk}"
    assert (added.name, added.upload_name, added.owner is not None) == ("my kitchen", "kitchen.zip", True)
    text = person.get(page).content.decode()
    assert "No data worker is alive, so that nobody reads it." in text
    make_workers()
    live = person.get(reverse("recordings_live", args=[dataset.pk, added.pk]))
    assert "kitchen.zip is being read." in live.content.decode()
    assert "<form" not in live.content.decode(), "a file that a person has chosen is not lost"
    assert recordings.claim(set_id=added.pk, worker="data-1")
    assert recordings.refuse(set_id=added.pk, worker="data-1", error="The archive cannot be used: it is cut.")
    response = person.get(reverse("recordings_live", args=[dataset.pk, added.pk]))
    assert response.status_code == 286
    assert "kitchen.zip was refused: The archive cannot be used: it is cut." in words_of(response)


def test_what_was_read_is_stated_with_hours_events_and_what_was_left_out(person: Client) -> None:
    dataset = rows.ready_dataset()
    stored(dataset)
    stored(dataset, "night", {"night.wav": sound(5.0)})
    text = words_of(person.get(reverse("recordings", args=[dataset.pk])))
    assert "2, 50 s" in text
    assert "alarm 1" in text
    assert "Events of labels that are no class of the network were left out: 'cow' (1)." in text
    assert "none: background, in which every detection is a false alarm" in text
    assert "Nothing was left out." in text


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        ("kitchen", "kitchen.zip", "There are recordings named kitchen already"),
        ("", "kitchen.zip", "Must not be empty."),
        ("other", "", "Choose a file."),
        ("other", "a.wav", "a.wav is not a zip archive"),
        ("other", "large.zip", "at most 0 MB are accepted. Part it, or measure a folder on the server"),
    ],
)
def test_a_form_that_cannot_be_is_answered_in_words(
    person: Client, settings: object, name: str, file: str, words: str
) -> None:
    dataset = rows.ready_dataset()
    stored(dataset)
    settings.UPLOAD_LIMIT_BYTES = 400_000 if file == "large.zip" else 10**9  # type: ignore[attr-defined]
    content = {"a.wav": b"RIFF", "large.zip": b"PK\x03\x04" + bytes(400_000)}.get(file)
    given = {"name": name} | ({"file": upload(file, content)} if file else {})
    response = person.post(reverse("recordings", args=[dataset.pk]), given)
    assert response.status_code in (413, 422)
    assert words in words_of(response)
    assert RecordingSet.objects.count() == 1


def test_recordings_are_replaced_and_deleted_and_what_was_measured_stays(person: Client) -> None:
    trial = trial_with_network()
    measured = stored(trial.study.dataset)
    row = evaluated_on(trial, measured)
    here = [measured.dataset_id, measured.pk]
    response = person.post(reverse("replace_recordings", args=here), {"file": upload("a.wav", b"RIFF")})
    assert response.status_code == 422
    assert "a.wav is not a zip archive" in words_of(response)
    response = person.post(reverse("replace_recordings", args=here), {"file": upload("new.zip")})
    assert response.url.endswith(f"#recordings-{measured.pk}")
    measured.refresh_from_db()
    assert (measured.state, measured.upload_name, measured.is_usable) == ("READING", "new.zip", True)
    assert "<audio" in person.get(address("trial", trial)).content.decode(), "the former are there until it is read"
    measured.recordings.all().delete()
    text = words_of(person.get(address("trial", trial)))
    assert "They were replaced since: mistakes cannot be heard until the network is evaluated on them again." in text
    assert person.get(address("mistake_audio", trial, row.pk, 0)).status_code == 404
    response = person.post(reverse("delete_recordings", args=here), follow=True)
    assert "Deleted kitchen." in words_of(response)
    response = person.get(address("trial", trial))
    assert "measured on the recordings kitchen, which were deleted since." in words_of(response)
    assert "/mistakes/" not in response.content.decode().split('id="streams"')[1].split("<form")[0]
    assert "kitchen.wav" in words_of(response), "the mistakes are listed all the same"


def test_a_network_is_measured_on_recordings_with_thresholds_of_the_whole_evaluation_split(person: Client) -> None:
    trial = trial_with_network()
    assert 'name="measured_on"' not in person.get(address("trial", trial)).content.decode()
    measured = stored(trial.study.dataset)
    assert 'name="measured_on"' in person.get(address("trial", trial)).content.decode()
    person.post(address("evaluate_streams", trial), entered(measured_on=str(measured.pk)))
    person.post(address("evaluate_streams", trial), entered(measured_on=""))
    on_recordings, on_clips = StreamEvaluation.objects.order_by("pk")
    assert (on_recordings.recordings, on_recordings.recordings_name) == (measured, "kitchen")
    assert (on_clips.recordings, on_clips.recordings_name) == (None, "")
    person.post(address("evaluate_streams", trial), entered(replace(PLAN, seed=5), measured_on=str(measured.pk)))
    on_recordings.refresh_from_db()
    assert on_recordings.plan["seed"] == 5, "other settings begin the evaluation on the same recordings again"
    assert StreamEvaluation.objects.count() == 2
    response = person.post(address("evaluate_streams", trial), entered(measured_on="999"))
    assert response.status_code == 422


def test_the_page_shows_either_evaluation_and_the_recordings_compare_networks(person: Client) -> None:
    trial = trial_with_network()
    on_clips = evaluated(trial)
    measured = stored(trial.study.dataset)
    on_recordings = evaluated_on(trial, measured)
    page = person.get(address("trial", trial))
    assert "measured on the recordings kitchen" in words_of(page)
    assert f"?streams={on_clips.pk}#streams" in page.content.decode()
    chosen = person.get(address("trial", trial) + f"?streams={on_clips.pk}")
    assert "measured on the other half" in words_of(chosen)
    assert address("streams_json", trial, on_clips.pk) in chosen.content.decode()
    for odd in ("x", "999999", str(2**63)):
        assert "measured on the recordings kitchen" in words_of(person.get(address("trial", trial) + f"?streams={odd}"))
    listed = person.get(reverse("recordings", args=[measured.dataset_id]))
    assert "Trial 1 of Doorbell watch" in words_of(listed)
    assert f"?streams={on_recordings.pk}#streams" in listed.content.decode()
    loop = chosen_loop(trial)
    assert loop is not None
    assert loop.to_json() == on_recordings.result["loop"]


def test_each_mistake_on_a_recording_is_heard_as_it_was_in_the_whole_stream(person: Client, tmp_path) -> None:
    trial = trial_with_network()
    measured = stored(trial.study.dataset)
    row = evaluated_on(trial, measured)
    outcome = EvaluationOutcome.from_json(row.result)
    assert {one.kind for one in outcome.mistakes} == {MISS, FALSE_ALARM}
    given = kitchen()
    for place, mistake in enumerate(outcome.mistakes):
        path = tmp_path / outcome.streams[mistake.stream].name
        path.write_bytes(given[path.name])
        whole = np.concatenate(list(sound_blocks(path)))
        start, end = excerpt_of(mistake, frontend(trial.study.dataset).seconds, PLAN.loop)
        [expected] = Gain(PLAN.loop.gain_db).apply([whole[start:end]])
        response = person.get(address("mistake_audio", trial, row.pk, place))
        with wave.open(io.BytesIO(b"".join(response))) as heard:
            samples = np.frombuffer(heard.readframes(heard.getnframes()), "<i2")
        assert len(samples)
        np.testing.assert_array_equal(samples, expected)


def test_recordings_of_another_data_set_or_that_are_not_read_cannot_be_measured_on(person: Client) -> None:
    trial = trial_with_network()
    other = stored(rows.ready_dataset())
    unread = recordings.add(dataset_id=trial.study.dataset_id, name="new", file=archive(kitchen()))
    for wrong in (other, unread):
        with pytest.raises(Conflict, match="are not there: wait until they are read, or choose others"):
            stream_evaluations.request_evaluation(trial_id=trial.pk, plan=PLAN, recordings_id=wrong.pk)
    assert person.get(reverse("recordings_live", args=[trial.study.dataset_id, other.pk])).status_code == 404
    assert "/sign-in/" in Client().get(reverse("recordings", args=[other.dataset_id])).headers["Location"]


def test_the_page_takes_as_many_queries_for_several_recordings(
    person: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    dataset = rows.ready_dataset()
    for name in ("a", "b", "c"):
        stored(dataset, name, {"night.wav": sound(2.0)})
    with django_assert_max_num_queries(5):
        person.get(reverse("recordings", args=[dataset.pk]))
