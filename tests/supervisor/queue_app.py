"""A Celery application for tests of the queue, with the broker's real settings.

`celery -A tests.supervisor.queue_app worker ...` works on it, `python -m tests.supervisor.queue_app WORD SECONDS`
sends a task that takes that long and then notes the word in $EARSHOT_DATA/notes.
"""

import os
import sys
import time
from pathlib import Path

import django
from celery import Celery

from webapp.broker import broker_settings, ensure_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
ensure_broker()

app = Celery("tests")
app.conf.update(
    broker_settings(),
    task_default_queue="tests",
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_max_retries=None,
)


@app.task(name="note")
def note(word: str, seconds: float) -> None:
    notes = Path(os.environ["EARSHOT_DATA"]) / "notes"
    with notes.open("a") as file:
        file.write(f"begin-{word} ")
    time.sleep(seconds)
    with notes.open("a") as file:
        file.write(f"end-{word} ")


if __name__ == "__main__":
    note.delay(sys.argv[1], float(sys.argv[2]))
