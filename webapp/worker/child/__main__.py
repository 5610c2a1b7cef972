"""The child's end: `python -m webapp.worker.child FD KIND`. It does one job after another, of the kind KIND.

KIND is "training", "bench", "opening", "composing" or "streams", the module of this package that does the jobs. The
child knows neither Django nor the database. Its parent, the worker, talks to it over the socket FD; when the parent is
gone, so is the child.
"""

import faulthandler
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from nas_engine.errors import (
    ConversionError,
    EvaluationCancelled,
    InfeasibleArchitecture,
    TrainingDiverged,
    TransientError,
    is_of_the_machine,
)
from webapp.worker.child.messages import Cancel, Ended, Finished, FromChild, Job, Ready, Reported

Report = Callable[[Any], None]
Work = Callable[[Job[Any], Report], Any]
"""Does a job and returns its result. It reports its events, and lets through what reporting raises."""


def main(descriptor: int, kind: str) -> None:
    began = time.monotonic()
    faulthandler.enable()  # a native crash leaves the lines that it happened in
    connection = Connection(descriptor)
    work: Work = import_module(f"webapp.worker.child.{kind}").load()
    inbox = _Inbox(connection)
    connection.send(Ready(seconds=time.monotonic() - began))
    while True:
        connection.send(_answer(inbox.next_job(), work, inbox, connection))


class _Inbox:
    """Reads the pipe in a thread, so that a cancellation, or the parent's death, is noticed during a job."""

    def __init__(self, connection: Connection) -> None:
        self.cancelled = threading.Event()
        self.answered = threading.Event()
        self._connection = connection
        self._jobs: queue.SimpleQueue[Job[Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def next_job(self) -> Job[Any]:
        return self._jobs.get()

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                os._exit(1)  # the parent is gone: nobody wants the result
            if isinstance(message, Job):
                self.cancelled.clear()
                self._jobs.put(message)
            else:
                if isinstance(message, Cancel):
                    self.cancelled.set()
                self.answered.set()


def _answer(job: Job[Any], work: Work, inbox: _Inbox, connection: Connection) -> FromChild:
    def report(event: Any) -> None:
        inbox.answered.clear()
        connection.send(Reported(event))
        inbox.answered.wait(job.verdict_seconds_on(event))
        if inbox.cancelled.is_set():
            raise EvaluationCancelled("The worker cancelled the evaluation.")

    try:
        return Finished(work(job, report))
    except EvaluationCancelled as error:
        return Ended("cancelled", str(error))
    except InfeasibleArchitecture as error:
        return Ended("infeasible", str(error))
    except (ConversionError, TrainingDiverged) as error:
        traceback.print_exc()
        return Ended("failed", str(error))
    except (TransientError, OSError, MemoryError) as error:
        traceback.print_exc()
        return Ended("outage" if is_of_the_machine(error) else "transient", f"{type(error).__name__}: {error}")
    except Exception as error:
        traceback.print_exc()
        return Ended("failed", f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
