"""The reaper's rounds: quiet, and patient with workers after an outage."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from tests.webapp import rows
from webapp.management.commands import reap
from webapp.models import Trial

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The reaper's clock: its one entry is the time."""
    now = [1_000_000.0]
    monkeypatch.setattr(reap.time, "time", lambda: now[0])
    return now


def silent_trial() -> Trial:
    trial = rows.running_trial(rows.running_study())
    Trial.objects.filter(pk=trial.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    return trial


def listen(rounds: reap.Rounds, clock: list[float], seconds: float) -> str:
    lines = []
    for _ in range(int(seconds)):
        clock[0] += 1
        lines.append(rounds.next())
    return " ".join(filter(None, lines))


def test_a_single_round_judges_at_once():
    trial = silent_trial()
    output = io.StringIO()
    call_command("reap", stdout=output)
    trial.refresh_from_db()
    assert trial.state == Trial.State.FAILED
    assert "1 failed trials" in output.getvalue()


def test_a_quiet_round_says_nothing(clock):
    assert reap.Rounds().next() == ""


def test_a_reaper_that_has_just_started_listens_for_a_lease_first(clock, settings):
    silent_trial()
    rounds = reap.Rounds()
    assert "failed" not in listen(rounds, clock, settings.LEASE_SECONDS - 1)
    assert "1 failed trials" in listen(rounds, clock, 3)


@pytest.mark.parametrize("lease_seconds", [1.0, 3.0, 4.0, 30.0])
def test_silence_is_judged_however_short_the_lease(clock, settings, lease_seconds):
    settings.LEASE_SECONDS = lease_seconds
    trial = silent_trial()
    rounds, pause = reap.Rounds(), reap.seconds_between_rounds(2.0)
    for _ in range(int(1.5 * lease_seconds / pause)):
        clock[0] += 1.2 * pause  # a round takes time as well
        rounds.next()
    trial.refresh_from_db()
    assert trial.state == Trial.State.FAILED


def test_rounds_are_as_frequent_as_asked_where_the_lease_allows(settings):
    settings.LEASE_SECONDS = 30.0
    assert reap.seconds_between_rounds(2.0) == 2.0


def test_after_a_machine_has_slept_its_workers_get_a_lease_to_show_themselves(clock, settings):
    rounds = reap.Rounds()
    listen(rounds, clock, settings.LEASE_SECONDS + 2)
    silent_trial()
    clock[0] += 3600
    assert "failed" not in listen(rounds, clock, settings.LEASE_SECONDS - 1)
    assert "1 failed trials" in listen(rounds, clock, 3)


def test_an_outage_of_the_database_is_said_once_and_waited_out(clock, settings, monkeypatch):
    rounds = reap.Rounds()
    listen(rounds, clock, settings.LEASE_SECONDS + 2)
    silent_trial()
    with monkeypatch.context() as patch:
        patch.setattr(reap, "reap", lambda **_: (_ for _ in ()).throw(OperationalError("no socket\nhint")))
        patch.setattr(reap.connection, "close", lambda: None)
        said = listen(rounds, clock, 100)
    assert said == "The database is out of reach: no socket"
    said = listen(rounds, clock, settings.LEASE_SECONDS - 1)
    assert said.startswith("The database answers again.")
    assert "failed trials" not in said
    assert "1 failed trials" in listen(rounds, clock, 3)
