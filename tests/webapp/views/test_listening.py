"""The page "Try it" and its sound over HTTP, with the real listening process."""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import numpy as np
import psutil
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from numpy.typing import NDArray
from pytest_django import DjangoAssertNumQueries

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.streaming.loop import LoopSettings
from tests.webapp import rows
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import make_user
from tests.webapp.listenings import RATE, heard_at_once, sweep, wav
from tests.webapp.views.test_web_process import FOREIGN, LIMIT_BYTES, PROGRAM
from webapp.listening.process import EAR
from webapp.models import Clip, Listening, Trial
from webapp.services import listening
from webapp.services.recovery import reap

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]
BYTES = "application/octet-stream"


@pytest.fixture
def trial(person: Client, listening_process: None) -> Trial:
    return trial_with_network()


def address(trial: Trial, name: str, *args: object) -> str:
    return reverse(name, args=[trial.study_id, trial.number, *args])


def begin(person: Client, trial: Trial) -> HttpResponse:
    return person.post(address(trial, "begin_listening"), {"hop_s": "1.0", "gain_db": "0"})  # type: ignore[return-value]


def begun(person: Client, trial: Trial, **settings: Any) -> str:
    response = person.post(address(trial, "begin_listening"), {"hop_s": "1.0", "gain_db": "0", **settings})
    assert response.status_code == 200, response.content
    token: str = response.json()["token"]
    return token


def send(person: Client, trial: Trial, token: str, start: int, samples: NDArray[np.int16] | bytes) -> HttpResponse:
    body = samples if isinstance(samples, bytes) else samples.astype("<i2").tobytes()
    path = f"{address(trial, 'hear_piece', token)}?start={start}"
    return person.post(path, body, content_type=BYTES)  # type: ignore[return-value]


def message(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, json.loads(response.content)["message"]


def test_pieces_over_http_are_heard_as_the_whole_recording_is_whatever_becomes_of_the_listening_process(
    person: Client, trial: Trial
) -> None:
    samples, token = sweep(9.3), begun(person, trial, hop_s="0.5", gain_db="6")
    outputs, times, frames = [], [], b""
    for number, start in enumerate(range(0, len(samples), RATE // 2)):
        piece = samples[start : start + RATE // 2]
        if number == 9:
            assert EAR.pid is not None
            os.kill(EAR.pid, signal.SIGKILL)
        if number == 12:
            EAR.close()  # another web server has another one
        answer = send(person, trial, token, start, piece).json()
        if number == 14:  # its answer was lost on the way
            assert send(person, trial, token, start, piece).json() == answer
        outputs += answer["outputs"]
        times += [round(1000 * (answer["first_s"] + i * answer["hop_s"])) for i in range(len(answer["outputs"]))]
        frames += base64.b64decode(answer["frames"])
    whole = heard_at_once(trial, samples, LoopSettings(hop_s=0.5, gain_db=6.0))
    assert outputs == whole.outputs.tolist()
    assert len(np.unique(whole.outputs, axis=0)) > 1
    assert times == whole.times_ms.tolist()
    assert len(frames) == 40 * (1 + (len(samples) - 400) // 320)
    row = Listening.objects.get()
    assert row.heard_samples == len(samples)
    assert len(row.state) < 2 * 720 + 196 * 40 + 64, "no more than the loop needs"


def test_two_listenings_at_once_do_not_mix(person: Client, trial: Trial) -> None:
    sounds = [sweep(6.0), sweep(6.0)[::-1].copy()]
    tokens = [begun(person, trial), begun(person, trial)]
    outputs: list[list[list[int]]] = [[], []]
    for start in range(0, len(sounds[0]), RATE):
        for which, token in enumerate(tokens):
            piece = sounds[which][start : start + RATE]
            outputs[which] += send(person, trial, token, start, piece).json()["outputs"]
    expected = [heard_at_once(trial, sound).outputs.tolist() for sound in sounds]
    assert outputs == expected
    assert expected[0] != expected[1]


def test_a_file_and_a_clip_become_samples(person: Client, trial: Trial) -> None:
    samples = sweep(1.5)
    response = person.post(address(trial, "decode_file") + "?name=a.wav", wav(samples), content_type=BYTES)
    np.testing.assert_array_equal(np.frombuffer(response.content, "<i2"), samples)
    stereo_rate = person.post(address(trial, "decode_file"), wav(sweep(1.5, 48_000), 48_000), content_type=BYTES)
    assert len(stereo_rate.content) == 2 * 1.5 * RATE
    clip, hidden = (
        Clip.objects.filter(dataset=trial.study.dataset_id, split=split).first() for split in ("eval", "test")
    )
    assert clip is not None
    assert hidden is not None
    assert len(person.get(address(trial, "decode_clip", clip.pk)).content) == 2 * 2.0 * RATE
    assert person.get(address(trial, "decode_clip", hidden.pk)).status_code == 404


def test_what_is_no_sound_is_answered_in_words(person: Client, trial: Trial) -> None:
    noise = person.post(address(trial, "decode_file") + "?name=../notes.wav", b"RIFF nothing", content_type=BYTES)
    status, words = message(noise)
    assert (status, words.startswith("notes.wav: it cannot be read as")) == (409, True)
    token = begun(person, trial)
    assert message(send(person, trial, token, 0, b"abc")) == (
        409, "A piece of 3 bytes is no sound: send 16-bit little-endian samples, mono, at 16 kHz.",
    )  # fmt: skip
    assert message(send(person, trial, token, 0, b""))[0] == 409
    assert send(person, trial, token, 0, sweep(0.5)).status_code == 200
    status, words = message(send(person, trial, token, 16_000, sweep(0.5)))
    assert (status, words) == (
        409, "This piece begins at 1 s, and 0.5 s were heard: a piece between them is missing. Start again.",
    )  # fmt: skip
    refused = person.post(address(trial, "begin_listening"), {"hop_s": "0.3", "gain_db": "90"})
    status, words = message(refused)
    assert (status, "Gain (dB): Must be at most 60" in words, "Window every" in words) == (409, True, True)


def test_limits_are_answered_in_words(person: Client, trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = listening.Limits(2.0, 100_000, 2.0, 3.0, at_a_time=2, seconds_in_ten_minutes=6.0)
    monkeypatch.setattr(listening, "LIMITS", limits)
    file = address(trial, "decode_file") + "?name=a.wav"
    assert message(person.post(file, bytes(100_001), content_type=BYTES)) == (
        413, "a.wav has more than 0.1 MB, the most that is taken here: cut a part out, or convert it to FLAC.",
    )  # fmt: skip
    assert message(person.post(file, wav(sweep(2.5)), content_type=BYTES)) == (
        413, "a.wav lasts longer than 2 s, the most that is heard here: cut it.",
    )  # fmt: skip
    token = begun(person, trial)
    assert message(send(person, trial, token, 0, sweep(2.1)))[0] == 413
    assert send(person, trial, token, 0, sweep(2.0)).status_code == 200
    status, words = message(send(person, trial, token, 2 * RATE, sweep(1.5)))
    assert (status, words.endswith("minutes are heard at a stretch, and they are over. Start again.")) == (413, True)
    other = begun(person, trial)
    response = person.post(address(trial, "begin_listening"), {"hop_s": "1.0", "gain_db": "0"})
    assert message(response)[0] == 429
    assert response.headers["Retry-After"]
    assert "You listen 2 times at once already" in message(response)[1]
    assert send(person, trial, other, 0, sweep(2.0)).status_code == 200
    status, words = message(send(person, trial, other, 2 * RATE, sweep(0.5)))
    assert (status, words.startswith("Your listenings of the last ten minutes hold 0.1 minutes")) == (429, True)
    assert message(person.post(file, wav(sweep(0.5)), content_type=BYTES))[0] == 429
    person.post(address(trial, "end_listening", other))
    status, words = message(person.post(address(trial, "begin_listening"), {"hop_s": "1.0", "gain_db": "0"}))
    assert (status, "Wait some minutes" in words) == (429, True), "the length of one that has ended counts still"


def test_what_is_decoded_counts_to_the_limits_of_one_person_alone(
    person: Client, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LIMITS", listening.Limits(file_seconds=2.5, seconds_in_ten_minutes=4.0))
    clip = Clip.objects.filter(dataset=trial.study.dataset_id, split="eval").first()
    assert clip is not None
    assert person.get(address(trial, "decode_clip", clip.pk)).status_code == 200
    file = address(trial, "decode_file") + "?name=a.wav"
    assert message(person.post(file, wav(sweep(3.0)), content_type=BYTES))[0] == 413, "as much as was decoded counts"
    for response in (person.post(file, wav(sweep(0.5)), content_type=BYTES), begin(person, trial)):
        assert message(response) == (
            429, "Your listenings of the last ten minutes hold 0.075 minutes of sound; one person may have 0.0667 read "
            "and heard in that time. Wait some minutes.",
        )  # fmt: skip
    stranger = Client()
    stranger.force_login(make_user("bob"))
    assert stranger.post(file, wav(sweep(0.5)), content_type=BYTES).status_code == 200


def test_a_fault_is_answered_once_for_all(person: Client, trial: Trial) -> None:
    file = address(trial, "decode_file") + "?name=a.wav"
    assert person.post(file, wav(sweep(0.5)), content_type=BYTES).status_code == 200
    assert EAR.pid is not None
    dying = psutil.Process(EAR.pid)
    dying.suspend()
    timer = threading.Timer(0.3, dying.kill)
    timer.start()
    assert message(person.post(file, wav(sweep(0.5)), content_type=BYTES)) == (
        500, "The listening process ended by itself (-9). Choose it again, or convert it to WAV.",
    )  # fmt: skip
    token = begun(person, trial)
    Listening.objects.update(loop={"no": "loop"})
    status, words = message(send(person, trial, token, 0, sweep(0.5)))
    assert (status, words.endswith("Start again; if it fails again, this network cannot be tried.")) == (500, True)


def test_a_front_end_whose_state_cannot_be_stored_is_answered_in_words(person: Client, trial: Trial) -> None:
    trial.study.dataset.frontend = FrontendConfig.of_kind("micro").to_json()
    trial.study.dataset.save()
    response = person.get(address(trial, "try_trial"), follow=True)
    assert response.redirect_chain == [(address(trial, "trial"), 302)]
    assert "keeps a state that cannot be stored" in response.content.decode()
    status, words = message(begin(person, trial))
    assert (status, "the front end of" in words) == (409, True)


def test_a_loop_of_any_hop_and_gain_is_the_one_that_listening_begins_with(person: Client, trial: Trial) -> None:
    loop = LoopSettings(hop_s=0.24, gain_db=55.0, thresholds={"dog": 0.7})
    trial.stream_evaluations.create(
        plan={}, state="READY", evaluated_at=timezone.now(), result={"loop": loop.to_json()}
    )
    page = person.get(address(trial, "try_trial")).content.decode()
    assert '<option value="0.24" selected>0.24 s</option>' in page
    assert "chosen at a window every 0.24 s" in page
    begun(person, trial, hop_s="0.24", gain_db="55")
    assert Listening.objects.get().loop == loop.to_json()


def test_what_has_ended_or_is_anothers_is_not_heard_and_what_has_expired_is_deleted(
    person: Client, trial: Trial
) -> None:
    token, other = begun(person, trial), begun(person, trial)
    for one in (token, other):
        assert send(person, trial, one, 0, sweep(0.5)).status_code == 200
    stranger = Client()
    stranger.force_login(make_user("bob"))
    assert message(send(stranger, trial, token, 8_000, sweep(0.5)))[0] == 410
    assert stranger.post(address(trial, "end_listening", token)).status_code == 204
    assert send(person, trial, token, 8_000, sweep(0.5)).status_code == 200, "a stranger ends nothing"
    assert person.post(address(trial, "end_listening", token)).status_code == 204
    assert bytes(Listening.objects.get(token=token).state) == b""
    status, words = message(send(person, trial, token, 16_000, sweep(0.5)))
    assert (status, words.startswith("This listening has ended")) == (410, True)
    Listening.objects.filter(token=other).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert message(send(person, trial, other, 8_000, sweep(0.5)))[0] == 410
    assert reap().deleted_listenings == 1
    assert [row.token for row in Listening.objects.all()] == [token]
    trial.study.delete()
    assert not Listening.objects.exists()


def test_a_trial_without_a_network_is_not_tried(person: Client) -> None:
    [waiting] = rows.requested_trials(rows.running_study())
    response = person.get(address(waiting, "try_trial"), follow=True)
    assert response.redirect_chain == [(address(waiting, "trial"), 302)]
    assert "is waiting: it has no network" in response.content.decode()
    status, words = message(person.post(address(waiting, "begin_listening"), {"hop_s": "1.0", "gain_db": "0"}))
    assert (status, "it has no network" in words) == (409, True)


def test_the_page_takes_few_queries_and_loads_no_tensorflow(
    person: Client, trial: Trial, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    clip = Clip.objects.filter(dataset=trial.study.dataset_id, split="eval").last()
    assert clip is not None
    with django_assert_max_num_queries(12):
        page = person.get(f"{address(trial, 'try_trial')}?clip={clip.pk}").content.decode()
    choice = page[page.index('id="clip-choice"') :]
    assert choice[choice.index("selected>") :].split(">")[1].strip().startswith(f"{clip.source_name} ({clip.label})")
    assert address(trial, "try_trial") in person.get(address(trial, "trial")).content.decode()
    addresses = [address(trial, "try_trial"), address(trial, "decode_clip", clip.pk)]
    argument = json.dumps([person.cookies["sessionid"].value, addresses])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, argument], capture_output=True, text=True, timeout=120, check=True
    )
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["statuses"] == dict.fromkeys(addresses, 200)
    assert [name for name in FOREIGN if name in report["modules"]] == []
    assert report["bytes"] < LIMIT_BYTES
