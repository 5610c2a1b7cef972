"""Writes that outlast an outage."""

import pytest
from django.db import IntegrityError, OperationalError

from webapp.services import persistence
from webapp.services.persistence import GivenUp, persist

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time passes only by pauses; the test's own connection stays open."""
    slept: list[float] = []
    monkeypatch.setattr(persistence.time, "sleep", slept.append)
    monkeypatch.setattr(persistence.time, "monotonic", lambda: sum(slept))
    monkeypatch.setattr(persistence.connection, "close", lambda: None)
    return slept


class Flaky:
    """Fails a number of times, then answers."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.calls, self._failures, self._error = 0, failures, error

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error
        return "written"


def test_a_write_is_tried_until_the_database_is_back(pauses):
    assert persist(Flaky(8, OperationalError("no socket"))) == "written"
    assert len(pauses) == 8
    assert pauses == sorted(pauses)
    assert max(pauses) <= 2


def test_patience_ends():
    write = Flaky(10**6, OperationalError("no socket"))
    with pytest.raises(OperationalError, match="no socket"):
        persist(write, patience_seconds=60)
    assert 30 < write.calls < 60


def test_an_error_of_the_data_is_not_tried_again(pauses):
    write = Flaky(1, IntegrityError("twice"))
    with pytest.raises(IntegrityError):
        persist(write)
    assert (write.calls, pauses) == (1, [])


def test_who_is_shut_down_does_not_wait():
    with pytest.raises(GivenUp):
        persist(Flaky(9, OperationalError("no socket")), give_up=lambda: True)
