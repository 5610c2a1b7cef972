"""Messages to the workers: a task's name and an id, sent after the transaction has committed.

A message is only a hint that there is work. The rows are the truth, so a message may be lost, doubled or late: claims
are compare-and-swaps, and the reaper sends again what nobody took. So a queue out of reach is logged, not raised.
"""

import logging
from functools import partial

from django.db import transaction

SUGGEST = "search.suggest"
DRY_RUN = "search.dry_run"
EVALUATE_TRIAL = "training.evaluate_trial"
PREPARE_DATASET = "data.prepare_dataset"
QUEUES = {SUGGEST: "search", DRY_RUN: "search", EVALUATE_TRIAL: "training", PREPARE_DATASET: "data"}

logger = logging.getLogger(__name__)


def suggest(*, study_id: int) -> None:
    """Ask a search worker for the study's next trials."""
    _after_commit(SUGGEST, study_id)


def dry_run(*, dry_run_id: int) -> None:
    """Have a search worker simulate a study. Nothing sends this again: a person can."""
    _after_commit(DRY_RUN, dry_run_id)


def evaluate_trial(*, trial_id: int) -> None:
    """Offer a requested trial to the training workers."""
    _after_commit(EVALUATE_TRIAL, trial_id)


def prepare_dataset(*, dataset_id: int) -> None:
    """Ask a data worker to prepare a dataset."""
    _after_commit(PREPARE_DATASET, dataset_id)


def _after_commit(task: str, row_id: int) -> None:
    transaction.on_commit(partial(_send, task, row_id))


def _send(task: str, row_id: int) -> None:
    from webapp.celery import app

    try:
        app.send_task(task, args=[row_id], queue=QUEUES[task])
    except Exception:
        logger.warning("The queue is out of reach; the reaper will send %s(%d) again", task, row_id, exc_info=True)
