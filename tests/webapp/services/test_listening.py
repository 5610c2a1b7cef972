"""Limits of one person's listening where requests come at the same moment, with the real listening process."""

import os
import signal
import threading
import time
from functools import partial

import pytest
from django.contrib.auth.models import AbstractBaseUser

from nas_engine.streaming.loop import LoopSettings
from tests.webapp import rows
from tests.webapp.bundles import trial_with_network
from tests.webapp.factories import make_user
from tests.webapp.listenings import RATE, sweep, wav
from webapp.listening.process import EAR
from webapp.models import Listening, Trial
from webapp.services import listening

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]


@pytest.fixture
def trial(listening_process: None) -> Trial:
    return trial_with_network()


def decoded(trial: Trial, owner: AbstractBaseUser) -> bytes:
    return listening.decode(trial=trial, owner=owner, name="a.wav", content=wav(sweep(0.5)))


def test_one_sound_of_a_person_is_decoded_at_a_time(trial: Trial) -> None:
    owner, results = make_user(), []
    decoded(trial, owner)
    assert EAR.pid is not None
    os.kill(EAR.pid, signal.SIGSTOP)
    first = threading.Thread(target=lambda: results.extend(rows.at_once(partial(decoded, trial, owner))))
    first.start()
    deadline = time.monotonic() + 30.0
    while not EAR._lock.locked() and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(listening.NotNow, match="Another sound of yours is still being read"):
        decoded(trial, owner)
    os.kill(EAR.pid, signal.SIGCONT)
    first.join()
    assert [len(samples) for samples in results] == [RATE]
    assert len(decoded(trial, owner)) == RATE
    assert [row.heard_samples for row in Listening.objects.all()] == [RATE // 2] * 3


@pytest.mark.parametrize("round_", range(3))  # a race is not lost every time
def test_requests_at_the_same_moment_do_not_pass_the_limits_together(trial: Trial, round_: int) -> None:
    begin_one = partial(listening.begin, trial=trial, owner=make_user(), loop=LoopSettings())
    results = rows.at_once(*[begin_one] * 8)
    assert sorted(type(result).__name__ for result in results) == ["Listening"] * 3 + ["TooMuch"] * 5
