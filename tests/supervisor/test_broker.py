"""The queue in PostgreSQL, with real messages and a real worker."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from celery import Celery
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from tests.supervisor.processes import ROOT, kill, supervising, wait_for_line, wait_until
from webapp.broker import broker_settings, ensure_broker
from webapp.data_folder import DataFolder
from webapp.supervisor.postgres import Cluster


def _application() -> Celery:
    application = Celery("tests")
    application.conf.update(broker_settings(), task_default_queue="tests")
    return application


@pytest.mark.django_db
def test_the_database_of_the_tests_carries_the_name_of_the_application():
    assert connection.settings_dict["NAME"] == "earshot"


def test_a_message_sent_through_the_queue_arrives_once(broker):
    with _application().connection_for_write() as sender:
        sender.SimpleQueue("tests").put({"trial": 7})
        message = sender.SimpleQueue("tests").get(timeout=5)
        assert message.payload == {"trial": 7}
        message.ack()
        assert sender.SimpleQueue("tests").qsize() == 0


def test_installing_the_queue_again_keeps_its_messages(broker):
    with _application().connection_for_write() as sender:
        sender.SimpleQueue("tests").put({"trial": 8})
        ensure_broker()
        message = sender.SimpleQueue("tests").get(timeout=5)
        assert message.payload == {"trial": 8}
        message.ack()


def test_an_odd_password_and_further_options_reach_the_queue(settings, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "it's a \\ secret")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"sslmode": "verify-full"})
    text = broker_settings()["broker_transport_options"]["conn_string"]
    assert conninfo_to_dict(text)["password"] == "it's a \\ secret"
    assert conninfo_to_dict(text)["sslmode"] == "verify-full"


def test_another_broker_is_taken_from_the_settings(settings):
    settings.CELERY_BROKER_URL = "redis://elsewhere/0"
    assert broker_settings()["broker_url"] == "redis://elsewhere/0"


def test_many_workers_may_declare_a_new_queue_at_once(broker):
    failures: list[Exception] = []

    def declare() -> None:
        try:
            with _application().connection_for_write() as connection:
                connection.SimpleQueue("declared_at_once").consumer.consume()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=declare) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


_DATABASE_ALONE = """
from webapp.supervisor.plan import postgres
from webapp.supervisor.postgres import THROW_AWAY_SETTINGS, Cluster
stages = [[postgres(Cluster.of(folder, THROW_AWAY_SETTINGS))]]
"""


@pytest.mark.faults
def test_a_worker_goes_on_after_a_kill_of_the_database_in_the_middle_of_a_task(tmp_path):
    folder = DataFolder(tmp_path / "data")
    environment = {**os.environ, "EARSHOT_TEST_DATA": str(folder.root)}
    notes = folder.root / "notes"

    def send(word: str, seconds: float) -> None:
        command = [sys.executable, "-m", "tests.supervisor.queue_app", word, str(seconds)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)

    def noted(word: str) -> bool:
        return notes.exists() and word in notes.read_text()

    with supervising(folder, _DATABASE_ALONE) as supervisor:
        wait_for_line(supervisor, "UP")
        with _worker(environment):
            send("first", 0.0)
            wait_until(lambda: noted("end-first"), 30)
            send("second", 2.0)
            wait_until(lambda: noted("begin-second"))
            postmaster = int((folder.postgres / "postmaster.pid").read_text().split()[0])
            kill(postmaster)
            wait_until(lambda: noted("end-second"))
            wait_until(Cluster.of(folder).is_ready, 30)
            send("third", 0.0)
            wait_until(lambda: noted("end-third"), 30)
    # Nothing lost and nothing twice: the acknowledgement that the death delayed was made up for.
    assert notes.read_text().split() == [
        f"{what}-{word}" for word in ("first", "second", "third") for what in ("begin", "end")
    ]


@contextmanager
def _worker(environment: dict[str, str]) -> Iterator[None]:
    arguments = "-q -A tests.supervisor.queue_app worker --pool solo --without-mingle --without-gossip"
    process = subprocess.Popen([sys.executable, "-m", "celery", *arguments.split()], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.kill()
        process.wait()
