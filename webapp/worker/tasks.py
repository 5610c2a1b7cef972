"""The tasks, by the names that `webapp.dispatch` sends. Each imports its work when called: no trainer loads Vizier."""

from webapp.celery import app
from webapp.dispatch import DRY_RUN, EVALUATE_TRIAL, PREPARE_DATASET, SUGGEST, TRAIN_ENERGY_MODEL
from webapp.worker import lifecycle


@app.task(name=SUGGEST)
def suggest(study_id: int) -> None:
    from webapp.worker.suggesting import suggest_for

    suggest_for(study_id)


@app.task(name=DRY_RUN)
def dry_run(dry_run_id: int) -> None:
    from webapp.worker.dry_running import run

    run(dry_run_id)


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
