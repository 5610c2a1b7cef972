"""The Celery application: three queues, ids only, no results.

The broker's address comes from webapp.broker, read when it is first needed.
"""

import os
import sys
from typing import Any

from celery import Celery, signals
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")


def _configuration() -> dict[str, Any]:
    from webapp.broker import broker_settings

    return {
        **broker_settings(),
        # A message is acknowledged after the work, so that a dead worker's message comes back; the claim in the rows
        # keeps it from being worked on twice.
        "task_acks_late": True,
        "task_reject_on_worker_lost": False,
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
        "task_store_errors_even_if_ignored": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "enable_utc": True,
        "timezone": "UTC",
        "task_create_missing_queues": True,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A training outlives a restart of the database.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # The solo pool does not answer heartbeats while it trains; our rows know who is alive.
        "broker_heartbeat": 0,
        "worker_send_task_events": False,
        "worker_enable_remote_control": False,
        "worker_hijack_root_logger": False,
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.1},
        "imports": ["webapp.worker.tasks"],
    }


app = Celery("earshot")
app.add_defaults(_configuration)


def refuse_unusable_broker(**_: Any) -> None:
    """End a worker that cannot speak to its broker with a sentence: Celery would end it with a traceback."""
    from webapp.broker import check_broker

    try:
        check_broker()
    except ImproperlyConfigured as error:
        sys.exit(f"The settings are wrong: {error}")


signals.celeryd_init.connect(refuse_unusable_broker)
