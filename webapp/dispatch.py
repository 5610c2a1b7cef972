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
READ_MEASUREMENT = "data.read_measurement"
COMPUTE_RUN = "data.compute_run"
PACK_BENCH_KIT = "data.pack_bench_kit"
TRAIN_ENERGY_MODEL = "data.train_energy_model"
EVALUATE_SPLITS = "data.evaluate_splits"
WRITE_REPORT = "data.write_report"
PACK_BUNDLE = "data.pack_bundle"
EVALUATE_STREAMS = "data.evaluate_streams"
DETECT_ON_STREAMS = "data.detect_on_streams"
READ_RECORDINGS = "data.read_recordings"
SEARCH, DELIBERATION, TRAINING, DATA = "search", "deliberation", "training", "data"
"""Queues. Suggestions that take seconds have their own, so that those that take milliseconds never wait."""

logger = logging.getLogger(__name__)


def suggest(*, study_id: int, deliberate: bool) -> None:
    """Ask for the study's next trials: a search worker, or one that may `deliberate`."""
    _after_commit(SUGGEST, DELIBERATION if deliberate else SEARCH, study_id)


def dry_run(*, dry_run_id: int) -> None:
    """Request a simulation of a study by a worker that may deliberate. It is not sent again automatically."""
    _after_commit(DRY_RUN, DELIBERATION, dry_run_id)


def evaluate_trial(*, trial_id: int) -> None:
    """Offer a requested trial to the training workers."""
    _after_commit(EVALUATE_TRIAL, TRAINING, trial_id)


def prepare_dataset(*, dataset_id: int) -> None:
    """Ask a data worker to prepare a dataset."""
    _after_commit(PREPARE_DATASET, DATA, dataset_id)


def read_measurement(*, file_id: int) -> None:
    """Ask a data worker to read an uploaded file."""
    _after_commit(READ_MEASUREMENT, DATA, file_id)


def compute_run(*, run_id: int) -> None:
    """Ask a data worker for a run's energies."""
    _after_commit(COMPUTE_RUN, DATA, run_id)


def pack_bench_kit(*, kit_id: int) -> None:
    """Ask a data worker to pack networks for a bench."""
    _after_commit(PACK_BENCH_KIT, DATA, kit_id)


def train_energy_model(*, energy_model_id: int) -> None:
    """Ask a data worker to train a version of a device's energy model."""
    _after_commit(TRAIN_ENERGY_MODEL, DATA, energy_model_id)


def evaluate_splits(*, opening_id: int) -> None:
    """Ask a data worker to evaluate the networks that the test split was opened for."""
    _after_commit(EVALUATE_SPLITS, DATA, opening_id)


def write_report(*, report_id: int) -> None:
    """Ask a data worker to write a report."""
    _after_commit(WRITE_REPORT, DATA, report_id)


def pack_bundle(*, bundle_id: int) -> None:
    """Ask a data worker to pack the deploy bundle of a trial."""
    _after_commit(PACK_BUNDLE, DATA, bundle_id)


def evaluate_streams(*, evaluation_id: int) -> None:
    """Ask a data worker to evaluate a trial's network on streams."""
    _after_commit(EVALUATE_STREAMS, DATA, evaluation_id)


def detect_on_streams(*, detection_id: int) -> None:
    """Ask a data worker to evaluate a published network on the streams of a study's reward."""
    _after_commit(DETECT_ON_STREAMS, DATA, detection_id)


def read_recordings(*, set_id: int) -> None:
    """Ask a data worker to read uploaded recordings."""
    _after_commit(READ_RECORDINGS, DATA, set_id)


def _after_commit(task: str, queue: str, row_id: int) -> None:
    transaction.on_commit(partial(_send, task, queue, row_id))


def _send(task: str, queue: str, row_id: int) -> None:
    from webapp.celery import app

    try:
        app.send_task(task, args=[row_id], queue=queue)
    except Exception:
        logger.warning("The queue is out of reach; the reaper will send %s(%d) again", task, row_id, exc_info=True)
