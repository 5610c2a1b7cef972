"""The listening process: warm for a while, for all threads in turn, and its death harms nobody."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from nas_engine.errors import TransientError
from tests.webapp.listenings import sweep, wav
from webapp.listening.messages import DecodeSound
from webapp.listening.process import MOST_WAITING, EarIsBusy, ListeningProcess, TooLongSound, UnreadableSound

pytestmark = pytest.mark.slow
SHORT = DecodeSound("a.wav", wav(sweep(0.5)), 10.0)


@pytest.fixture
def process() -> Iterator[ListeningProcess]:
    process = ListeningProcess()
    yield process
    process.close()


def test_one_process_does_the_jobs_of_several_threads_and_what_it_rejects_ends_nothing(
    process: ListeningProcess,
) -> None:
    answers: list[int] = []
    process.warm_up()
    first = process.pid
    threads = [threading.Thread(target=lambda: answers.append(len(process.call(SHORT)))) for _ in range(MOST_WAITING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [16_000] * MOST_WAITING
    with pytest.raises(UnreadableSound, match=r"notes\.wav: it cannot be read"):
        process.call(DecodeSound("notes.wav", b"nothing", 10.0))
    with pytest.raises(TooLongSound, match=r"lasts longer than 0\.1 s"):
        process.call(DecodeSound("a.wav", SHORT.content, 0.1))
    assert process.pid == first


def test_it_is_ended_when_nobody_needs_it_and_started_again(process: ListeningProcess) -> None:
    brief = ListeningProcess(idle_seconds=0.2)
    brief.call(SHORT)
    deadline = time.monotonic() + 30.0
    while brief.pid is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert brief.pid is None
    assert len(brief.call(SHORT)) == 16_000
    brief.close()


def test_no_more_jobs_wait_than_may(process: ListeningProcess) -> None:
    process.call(SHORT)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    threads = [threading.Thread(target=process.call, args=[SHORT]) for _ in range(MOST_WAITING)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30.0
    while process._turns._value and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(EarIsBusy):
        process.call(SHORT)
    os.kill(process.pid, signal.SIGCONT)
    for thread in threads:
        thread.join()
    assert len(process.call(SHORT)) == 16_000


def test_a_process_that_does_not_answer_is_ended_and_one_that_a_file_ends_is_not_given_it_again(
    process: ListeningProcess,
) -> None:
    process.call(SHORT)
    silent = psutil.Process(process.pid)
    silent.suspend()
    with pytest.raises(TransientError, match="did not answer within 0 s"):
        process.call(SHORT, 0.1)
    assert not silent.is_running()
    process.call(SHORT)
    dying = psutil.Process(process.pid)
    dying.suspend()
    timer = threading.Timer(0.3, dying.kill)
    timer.start()
    with pytest.raises(TransientError, match=r"ended by itself \(-9\)"):
        process.call(SHORT)
