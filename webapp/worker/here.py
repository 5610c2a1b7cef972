"""One trial in this process, without a queue: for commands on a machine where no worker runs."""

import socket

from webapp.models import Worker
from webapp.services import trials
from webapp.services.persistence import persist
from webapp.worker.evaluating import evaluate
from webapp.worker.lifecycle import ThisWorker


def evaluate_here(trial_id: int, threads: str) -> None:
    """Evaluate a REQUESTED trial, as a training worker with `threads` threads does, unless one has claimed it.

    TensorFlow is in a child. A KeyboardInterrupt hands the trial back, for workers to take it, and propagates.
    """
    environment = {"EARSHOT_TRAINER_THREADS": threads}
    worker = ThisWorker.begin(f"here@{socket.gethostname()}", Worker.Role.TRAINING, environment)
    try:
        evaluate(trial_id, worker)
    except KeyboardInterrupt:
        reason = f"{worker.name} was interrupted."
        persist(lambda: trials.hand_back(trial_id=trial_id, worker=worker.name, reason=reason), patience_seconds=5)
        raise
    finally:
        worker.end()
