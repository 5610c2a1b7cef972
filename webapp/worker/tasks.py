"""The tasks, by the names that `webapp.dispatch` sends. Each imports its work when called: no trainer loads Vizier."""

from webapp.celery import app
from webapp.dispatch import (
    COMPUTE_RUN,
    DETECT_ON_STREAMS,
    DRY_RUN,
    EVALUATE_SPLITS,
    EVALUATE_STREAMS,
    EVALUATE_TRIAL,
    PACK_BENCH_KIT,
    PACK_BUNDLE,
    PREPARE_DATASET,
    READ_MEASUREMENT,
    READ_RECORDINGS,
    SUGGEST,
    TRAIN_ENERGY_MODEL,
    WRITE_REPORT,
)
from webapp.worker import lifecycle


@app.task(name=SUGGEST)
def suggest(study_id: int) -> None:
    from webapp.worker.suggesting import suggest_for

    suggest_for(study_id)


@app.task(name=DRY_RUN)
def dry_run(dry_run_id: int) -> None:
    from webapp.worker.dry_running import run

    worker = lifecycle.this_worker()
    run(dry_run_id, worker.name, worker.stopping.is_set)


@app.task(name=EVALUATE_TRIAL)
def evaluate_trial(trial_id: int) -> None:
    from webapp.worker.evaluating import evaluate

    evaluate(trial_id, lifecycle.this_worker())


@app.task(name=PREPARE_DATASET)
def prepare_dataset(dataset_id: int) -> None:
    from webapp.worker.preparing import prepare

    prepare(dataset_id, lifecycle.this_worker())


@app.task(name=TRAIN_ENERGY_MODEL)
def train_energy_model(energy_model_id: int) -> None:
    from webapp.worker.energy_training import run

    run(energy_model_id, lifecycle.this_worker())


@app.task(name=READ_MEASUREMENT)
def read_measurement(file_id: int) -> None:
    from webapp.worker.reading import read_file

    worker = lifecycle.this_worker()
    read_file(file_id, worker.name, worker.stopping.is_set)


@app.task(name=COMPUTE_RUN)
def compute_run(run_id: int) -> None:
    from webapp.worker.computing import compute_run

    worker = lifecycle.this_worker()
    compute_run(run_id, worker.name, worker.stopping.is_set)


@app.task(name=PACK_BENCH_KIT)
def pack_bench_kit(kit_id: int) -> None:
    from webapp.worker.packing import pack_kit

    worker = lifecycle.this_worker()
    pack_kit(kit_id, worker.name, worker.stopping.is_set)


@app.task(name=EVALUATE_SPLITS)
def evaluate_splits(opening_id: int) -> None:
    from webapp.worker.opening import evaluate_splits

    worker = lifecycle.this_worker()
    evaluate_splits(opening_id, worker.name, worker.stopping.is_set)


@app.task(name=WRITE_REPORT)
def write_report(report_id: int) -> None:
    from webapp.worker.report.writing import write_report

    worker = lifecycle.this_worker()
    write_report(report_id, worker.name, worker.stopping.is_set)


@app.task(name=PACK_BUNDLE)
def pack_bundle(bundle_id: int) -> None:
    from webapp.worker.bundling import pack_bundle

    worker = lifecycle.this_worker()
    pack_bundle(bundle_id, worker.name, worker.stopping.is_set)


@app.task(name=EVALUATE_STREAMS)
def evaluate_streams(evaluation_id: int) -> None:
    from webapp.worker.stream_evaluating import evaluate_streams

    worker = lifecycle.this_worker()
    evaluate_streams(evaluation_id, worker.name, worker.stopping.is_set)


@app.task(name=DETECT_ON_STREAMS)
def detect_on_streams(detection_id: int) -> None:
    from webapp.worker.detecting import detect_on_streams

    worker = lifecycle.this_worker()
    detect_on_streams(detection_id, worker.name, worker.stopping.is_set)


@app.task(name=READ_RECORDINGS)
def read_recordings(set_id: int) -> None:
    from webapp.worker.recording_sets import read_recordings

    worker = lifecycle.this_worker()
    read_recordings(set_id, worker.name, worker.stopping.is_set)
