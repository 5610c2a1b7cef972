"""The listening process: warm for a while, for all threads in turn, and its death harms nobody."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import psutil
import pytest

from nas_engine.audio.frontends.features import feature_stream
from nas_engine.audio.frontends.kinds import KINDS, LIBROSA
from nas_engine.streaming.loop import LoopSettings
from tests.nas_engine.streaming.made import small_listener
from tests.webapp.listenings import sweep, wav
from webapp.listening.messages import LOWEST_DB, DecodeSound, HearPiece
from webapp.listening.process import (
    MOST_WAITING,
    EarIsBusy,
    ListeningFault,
    ListeningProcess,
    TooLongSound,
    UnreadableSound,
)

pytestmark = pytest.mark.slow
SHORT = DecodeSound("a.wav", wav(sweep(0.5)), 10.0)


@pytest.fixture(scope="module")
def process() -> Iterator[ListeningProcess]:
    """One for all tests: whatever one of them does to it, the next job is done."""
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
    with pytest.raises(UnreadableSound, match=r"^x{79}…: it cannot be read"):  # a name no file system takes
        process.call(DecodeSound(f"a\\b/{'x' * 300}.wav", b"nothing", 10.0))
    with pytest.raises(UnreadableSound, match=r"^\.\.: it cannot be read"):
        process.call(DecodeSound("..", b"nothing", 10.0))
    assert len(process.call(replace(SHORT, name=f"{'ü' * 200}\0.wav"))) == 16_000
    with pytest.raises(TooLongSound, match=r"lasts longer than 0\.1 s"):
        process.call(DecodeSound("a.wav", SHORT.content, 0.1))
    assert process.pid == first


def test_it_is_ended_when_nobody_needs_it_and_started_again() -> None:
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
    with pytest.raises(ListeningFault, match="did not answer within 0 s"):
        process.call(SHORT, 0.1)
    assert not silent.is_running()
    process.call(SHORT)
    dying = psutil.Process(process.pid)
    dying.suspend()
    timer = threading.Timer(0.3, dying.kill)
    timer.start()
    with pytest.raises(ListeningFault, match=r"ended by itself \(-9\)"):
        process.call(SHORT)


def test_a_fault_is_told_from_what_may_pass(process: ListeningProcess) -> None:
    broken = HearPiece(b"no network", None, {}, (), "xnnpack", {}, b"", b"")  # type: ignore[arg-type]
    with pytest.raises(ListeningFault, match="which the server's log states"):
        process.call(broken)
    assert len(process.call(SHORT)) == 16_000


@pytest.mark.parametrize("kind", [name for name, facts in KINDS.items() if not facts.keeps_state])
def test_the_spectrogram_is_in_decibels_whatever_the_unit_of_the_features(process: ListeningProcess, kind: str) -> None:
    network, samples = small_listener(kind), sweep(1.0)
    job = HearPiece(
        network.content, network.config.to_json(), network.normalisation.to_json(), network.classes, network.runtime,
        LoopSettings(hop_s=0.1).to_json(), b"", samples.tobytes(),
    )  # fmt: skip
    levels = np.frombuffer(process.call(job).levels, np.uint8).astype(float)
    features = feature_stream(network.config).push(samples).reshape(-1)
    decibels = features if kind == LIBROSA else features * 10.0 / np.log(10.0)
    np.testing.assert_allclose(levels, np.clip(255.0 * (1.0 - decibels / LOWEST_DB), 0.0, 255.0), atol=0.51)
    assert len(np.unique(levels)) > 20
