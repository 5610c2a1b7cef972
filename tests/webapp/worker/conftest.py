"""A training worker in this process, with a real child that simulates its evaluations."""

from collections.abc import Iterator

import pytest

from webapp.models import Worker
from webapp.worker.lifecycle import ThisWorker


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch, settings) -> pytest.MonkeyPatch:
    """Children simulate; a test may set EARSHOT_SIMULATED_EPOCH_SECONDS before the first trial."""
    monkeypatch.setenv("EARSHOT_EVALUATOR", "simulated")
    settings.IS_SIMULATED = True
    return monkeypatch


@pytest.fixture
def worker(broker: None, simulated: pytest.MonkeyPatch, settings) -> Iterator[ThisWorker]:
    """Signed on, its child not started yet."""
    settings.HEARTBEAT_SECONDS = 0.1
    worker = ThisWorker.begin("test@here", Worker.Role.DATA)
    yield worker
    worker.end()
