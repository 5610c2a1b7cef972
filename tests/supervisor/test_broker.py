"""The queue in PostgreSQL, with real messages."""

import pytest
from celery import Celery
from django.db import connection

from webapp.broker import broker_settings, ensure_broker


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
