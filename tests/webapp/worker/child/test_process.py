"""The channel to a child process: results, reasons, silence and death, without TensorFlow."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from nas_engine.baselines import by_name
from nas_engine.errors import EarshotError, TransientError
from webapp.worker.child.messages import Evaluate
from webapp.worker.child.process import ChildDied, ChildProcess

JOB = Evaluate(by_name("TC-ResNet8"), "nowhere.pack", full_epochs=4, qat_epochs=2, batch_size=8, seed=0)
PATIENCE_SECONDS = 60.0


@pytest.fixture
def child(simulated: pytest.MonkeyPatch) -> Iterator[ChildProcess]:
    child = ChildProcess("training")
    yield child
    child.kill()


def test_what_another_attempt_may_mend_is_transient_and_leaves_the_child_warm(child: ChildProcess) -> None:
    with pytest.raises(TransientError, match=r"nowhere\.pack"):
        child.call(JOB, PATIENCE_SECONDS)
    pid = child.pid
    with pytest.raises(TransientError, match=r"nowhere\.pack"):
        child.call(JOB, PATIENCE_SECONDS)
    assert child.pid == pid


def test_any_other_failure_comes_with_its_reason(child: ChildProcess, tmp_path: Path) -> None:
    wrong = replace(JOB, pack_path=cast(Any, None))
    with pytest.raises(EarshotError, match="TypeError") as raised:
        child.call(wrong, PATIENCE_SECONDS)
    assert not isinstance(raised.value, TransientError)


def test_a_death_is_named_by_its_signal_and_the_next_job_has_a_new_process(child: ChildProcess) -> None:
    child.begin(JOB)
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSEGV)
    with pytest.raises(ChildDied, match=r"training process was ended by signal 11 \(SIGSEGV\)"):
        child.receive(PATIENCE_SECONDS)
    with pytest.raises(TransientError, match=r"nowhere\.pack"):
        child.call(JOB, PATIENCE_SECONDS)
    assert child.pid != pid


def test_a_child_that_does_not_answer_in_time_is_ended(child: ChildProcess) -> None:
    child.warm_up()
    assert child.pid is not None
    os.kill(child.pid, signal.SIGSTOP)
    with pytest.raises(TransientError, match=r"did not answer within 1 s"):
        child.call(JOB, 1.0)
    assert child.pid is None
