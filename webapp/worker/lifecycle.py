"""One Celery worker process: who it is, when it begins and when it ends. Connected to Celery's signals."""

import logging
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from time import monotonic
from typing import Any

from celery.signals import (
    task_postrun,
    task_prerun,
    worker_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

from webapp.broker.postgres_queue import consumed_at
from webapp.models import Worker
from webapp.services.alive import touching
from webapp.services.workers import unique_name
from webapp.worker.child.process import ChildProcess
from webapp.worker.heartbeat import Heartbeat

_LONGEST_IDLE_SECONDS = 60.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ThisWorker:
    """State shared by the tasks of this process.

    `stopping` is set on a request to end the process, `busy` during a task.
    """

    name: str
    heartbeat: Heartbeat
    trainer: ChildProcess
    stopping: threading.Event
    busy: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def begin(cls, node: str, role: Worker.Role, environment: Mapping[str, str] | None = None) -> "ThisWorker":
        """Sign on, and load what the first task would have to wait for: TensorFlow in the child, Vizier here.

        The child gets the variables of `environment` in addition to this process' own.
        """
        name = unique_name(node)
        worker = cls(name, Heartbeat(name, role), ChildProcess("training", environment), threading.Event())
        worker.heartbeat.start()
        if role == Worker.Role.TRAINING:
            worker.trainer.warm_up()
        if role == Worker.Role.SEARCH:
            import_module("webapp.worker.suggesting").warm_up()
        return worker

    def is_well(self) -> bool:
        """Whether it works on a task, or looks for the next one as often as it should while the database answers."""
        at = consumed_at[0]
        idle = 0.0 if at is None or self.busy.is_set() else monotonic() - at
        return idle < _LONGEST_IDLE_SECONDS or self.heartbeat.reached_seconds() < _LONGEST_IDLE_SECONDS

    def end(self) -> None:
        self.trainer.kill()
        self.heartbeat.stop()


_this_worker: list[ThisWorker] = []
_alive = ExitStack()


def this_worker() -> ThisWorker:
    """The worker this process is. Raises RuntimeError outside of a Celery worker."""
    if not _this_worker:
        raise RuntimeError("Tasks run in Celery workers: start one with `celery -A webapp worker`.")
    return _this_worker[0]


@worker_init.connect
def _show_life(**_: Any) -> None:
    """From the first moment: the broker may be away for longer than a process may be silent."""
    _alive.enter_context(touching(lambda: all(worker.is_well() for worker in _this_worker)))


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    queues = list(sender.app.amqp.queues.consume_from)
    role = next((role for role in reversed(Worker.Role) if role.value in queues), Worker.Role.SEARCH)
    _this_worker.append(ThisWorker.begin(sender.hostname, role))
    logger.info("%s takes tasks of %s", _this_worker[0].name, ", ".join(queues))


@task_prerun.connect
def _note_begin(**_: Any) -> None:
    for worker in _this_worker:
        worker.busy.set()


@task_postrun.connect
def _note_end(**_: Any) -> None:
    consumed_at[0] = monotonic() if consumed_at[0] is not None else None
    for worker in _this_worker:
        worker.busy.clear()


@worker_shutting_down.connect
def _ask_to_end(**_: Any) -> None:
    for worker in _this_worker:
        worker.stopping.set()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    _alive.close()
    while _this_worker:
        _this_worker.pop().end()
