"""One Celery worker process: who it is, when it begins and when it ends. Connected to Celery's signals."""

import logging
import threading
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

from webapp.models import Worker
from webapp.services.workers import unique_name
from webapp.worker.child.process import ChildProcess
from webapp.worker.heartbeat import Heartbeat

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ThisWorker:
    """State shared by the tasks of this process. `stopping` is set on a request to end the process."""

    name: str
    heartbeat: Heartbeat
    trainer: ChildProcess
    stopping: threading.Event

    @classmethod
    def begin(cls, node: str, role: Worker.Role) -> "ThisWorker":
        """Sign on, and load what the first task would have to wait for: TensorFlow in the child, Vizier here."""
        name = unique_name(node)
        worker = cls(name, Heartbeat(name, role), ChildProcess("training"), threading.Event())
        worker.heartbeat.start()
        if role == Worker.Role.TRAINING:
            worker.trainer.warm_up()
        if role == Worker.Role.SEARCH:
            import_module("webapp.worker.suggesting").warm_up()
        return worker

    def end(self) -> None:
        self.trainer.kill()
        self.heartbeat.stop()


_this_worker: list[ThisWorker] = []


def this_worker() -> ThisWorker:
    """The worker this process is. Raises RuntimeError outside of a Celery worker."""
    if not _this_worker:
        raise RuntimeError("Tasks run in Celery workers: start one with `celery -A webapp worker`.")
    return _this_worker[0]


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    queues = list(sender.app.amqp.queues.consume_from)
    role = next((role for role in reversed(Worker.Role) if role.value in queues), Worker.Role.SEARCH)
    _this_worker.append(ThisWorker.begin(sender.hostname, role))
    logger.info("%s takes tasks of %s", _this_worker[0].name, ", ".join(queues))


@worker_shutting_down.connect
def _ask_to_end(**_: Any) -> None:
    for worker in _this_worker:
        worker.stopping.set()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    while _this_worker:
        _this_worker.pop().end()
