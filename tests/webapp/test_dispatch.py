"""Messages: after the commit, by name, an id and nothing else; and no harm when the queue is away."""

import json
import logging

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from webapp import dispatch
from webapp.celery import app

pytestmark = pytest.mark.django_db(transaction=True)
SENDERS = {
    "search": lambda number: dispatch.suggest(study_id=number, deliberate=False),
    "training": lambda number: dispatch.evaluate_trial(trial_id=number),
    "data": lambda number: dispatch.prepare_dataset(dataset_id=number),
}


def messages(queue: str) -> list[tuple[str, str]]:
    """(task, arguments) of each message in the queue."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"pgmq.q_{queue}"])
        if cursor.fetchone() == (None,):
            return []
        cursor.execute(f"SELECT message FROM pgmq.q_{queue} ORDER BY msg_id")
        rows = [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in cursor.fetchall()]
    return [(row["headers"]["task"], row["headers"]["argsrepr"]) for row in rows]


@pytest.mark.parametrize("queue", SENDERS)
def test_each_task_goes_to_its_queue_with_an_id_and_nothing_else(broker, queue):
    SENDERS[queue](7)
    (message,) = messages(queue)
    assert message[0].startswith(f"{queue}.")
    assert message[1] == "[7]"


def test_what_takes_seconds_has_a_queue_of_its_own(broker):
    dispatch.dry_run(dry_run_id=7)
    dispatch.suggest(study_id=8, deliberate=True)
    assert messages("deliberation") == [("search.dry_run", "[7]"), ("search.suggest", "[8]")]
    assert messages("search") == []


def test_a_message_is_sent_when_the_transaction_commits(broker):
    with transaction.atomic():
        dispatch.suggest(study_id=7, deliberate=False)
        assert messages("search") == []
    assert len(messages("search")) == 1


def test_a_transaction_that_is_rolled_back_sends_nothing(broker):
    with transaction.atomic():
        dispatch.suggest(study_id=7, deliberate=False)
        transaction.set_rollback(True)
    assert messages("search") == []


def test_a_queue_out_of_reach_is_logged_and_left_to_the_reaper(monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise OperationalError("no route to the broker")

    monkeypatch.setattr(app, "send_task", refuse)
    with caplog.at_level(logging.WARNING):
        dispatch.suggest(study_id=7, deliberate=False)
    assert "the reaper will send search.suggest(7) again" in caplog.text
