"""After a float epoch a child waits for the worker's verdict, and never for long."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.audio.cache import Example, write_pack
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.baselines import by_name
from nas_engine.evaluation_result import Progress
from webapp.worker.child.messages import Ended, Evaluate, Finished, FromChild, Reported
from webapp.worker.child.process import ChildProcess

LONG, SHORT = 60.0, 0.3  # seconds
FLOAT_EPOCHS = 3  # three quarters of four


@pytest.fixture
def child(simulated: pytest.MonkeyPatch) -> Iterator[ChildProcess]:
    child = ChildProcess("training")
    yield child
    child.kill()


@pytest.fixture
def job(tmp_path: Path) -> Evaluate:
    features = np.zeros((196, 40), np.float32)
    examples = [Example(split, "a", f"{split}-{number}", features) for split in ("train", "eval") for number in (1, 2)]
    write_pack(tmp_path / "features.pack", iter(examples), FrontendConfig(), ("a", "b"))
    path = str(tmp_path / "features.pack")
    network = by_name("TC-ResNet8")
    return Evaluate(network, path, full_epochs=4, qat_epochs=2, batch_size=8, seed=0, verdict_seconds=LONG)


def next_epoch(child: ChildProcess) -> Progress:
    """The next float epoch that is reported."""
    while True:
        message = child.receive(LONG)
        assert isinstance(message, Reported), message
        if message.event.phase == "float" and message.event.eval_accuracy is not None:
            progress: Progress = message.event
            return progress


def last(child: ChildProcess) -> tuple[list[int], FromChild]:
    """The float epochs still reported, and how the job ended."""
    epochs = []
    while isinstance(message := child.receive(LONG), Reported):
        if message.event.phase == "float" and message.event.eval_accuracy is not None:
            epochs.append(message.event.epoch)
    assert message is not None
    return epochs, message


def test_it_waits_until_it_may_proceed(child: ChildProcess, job: Evaluate) -> None:
    child.begin(job)
    for epoch in range(1, FLOAT_EPOCHS + 1):
        assert next_epoch(child).epoch == epoch
        assert child.receive(SHORT) is None
        child.proceed()
    assert isinstance(last(child)[1], Finished)


def test_cancelled_while_it_waits_it_ends_with_that_epoch_and_does_the_next_job(
    child: ChildProcess, job: Evaluate
) -> None:
    child.begin(job)
    assert next_epoch(child).epoch == 1
    child.cancel()
    epochs, ended = last(child)
    assert epochs == []
    assert isinstance(ended, Ended)
    assert ended.kind == "cancelled"
    child.begin(replace(job, verdict_seconds=0.0))
    assert isinstance(last(child)[1], Finished)


def test_without_a_verdict_it_goes_on_by_itself(child: ChildProcess, job: Evaluate) -> None:
    child.begin(replace(job, verdict_seconds=SHORT))
    epochs, ended = last(child)
    assert epochs == [1, 2, 3]
    assert isinstance(ended, Finished)


def test_a_verdict_that_comes_too_late_costs_an_epoch_at_most(child: ChildProcess, job: Evaluate) -> None:
    """It stands for the next one, and a cancellation still ends the job."""
    child.begin(replace(job, verdict_seconds=SHORT))
    assert [next_epoch(child).epoch, next_epoch(child).epoch] == [1, 2]
    child.proceed()
    child.cancel()
    epochs, ended = last(child)
    assert len(epochs) <= 1
    assert isinstance(ended, Ended)
