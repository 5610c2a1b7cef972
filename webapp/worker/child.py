"""The process that holds TensorFlow: `python -m webapp.worker.child FD`. It evaluates one architecture after another.

It knows neither Django nor the database. Its parent, the training worker, talks to it over the socket FD; when the
parent is gone, so is the child.
"""

import os
import queue
import sys
import threading
import time
import traceback
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path

from nas_engine.audio.cache import FeaturePack, open_pack
from nas_engine.errors import (
    ConversionError,
    EvaluationCancelled,
    InfeasibleArchitecture,
    TrainingDiverged,
    TransientError,
)
from nas_engine.evaluation_result import Progress
from webapp.worker.evaluators import Evaluator, chosen_evaluator
from webapp.worker.messages import Cancel, Ended, Evaluate, Finished, FromChild, Ready, Reported


def main(descriptor: int) -> None:
    began = time.monotonic()
    connection = Connection(descriptor)
    evaluator = chosen_evaluator()
    inbox = _Inbox(connection)
    connection.send(Ready(seconds=time.monotonic() - began))
    while True:
        connection.send(_answer(inbox.next_order(), evaluator, inbox.cancelled, connection))


class _Inbox:
    """Reads the pipe in a thread, so that a cancellation, or the parent's death, is noticed during training."""

    def __init__(self, connection: Connection) -> None:
        self.cancelled = threading.Event()
        self._connection = connection
        self._orders: queue.SimpleQueue[Evaluate] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def next_order(self) -> Evaluate:
        return self._orders.get()

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                os._exit(1)  # the parent is gone: nobody wants the result
            if isinstance(message, Cancel):
                self.cancelled.set()
            else:
                self.cancelled.clear()
                self._orders.put(message)


def _answer(order: Evaluate, evaluator: Evaluator, cancelled: threading.Event, connection: Connection) -> FromChild:
    def report(progress: Progress) -> None:
        connection.send(Reported(progress))
        if cancelled.is_set():
            raise EvaluationCancelled("The worker asked for it.")

    try:
        return Finished(evaluator(order, _pack(order.pack_path), report))
    except EvaluationCancelled as error:
        return Ended("cancelled", str(error))
    except InfeasibleArchitecture as error:
        return Ended("infeasible", str(error))
    except (ConversionError, TrainingDiverged) as error:
        return Ended("failed", str(error))
    except (TransientError, OSError, MemoryError) as error:
        return Ended("transient", f"{type(error).__name__}: {error}")
    except Exception as error:
        traceback.print_exc()
        return Ended("failed", f"{type(error).__name__}: {error}")


@lru_cache(maxsize=1)
def _pack(path: str) -> FeaturePack:
    """Trials of one study follow each other: their pack stays open."""
    return open_pack(Path(path))


if __name__ == "__main__":
    main(int(sys.argv[1]))
