"""Runs of results with real workers' code and simulated trainings."""

import json
from pathlib import Path
from typing import Any

from webapp.management.results.journal import Header, Journal
from webapp.management.results.plan import Plan
from webapp.management.results.run import ResultsRun
from webapp.models import Comparison, Dataset, SplitOpening, Study, Trial
from webapp.queries.finals import features_hash
from webapp.worker import evaluating, suggesting
from webapp.worker.opening import evaluate_splits

PLAN = Plan(trials=2, full_epochs=40, qat_epochs=1, finalists=1, seeds=2, baselines=("TC-ResNet8",))
BASELINE, FINALISTS = "TC-ResNet8-1.0", "Finalists of Results: NAS-Bayesian"


def networks_of(journal: Path) -> Path:
    return journal.with_name("j-networks")


def begun(dataset: Dataset, path: Path, plan: Plan = PLAN) -> ResultsRun:
    return ResultsRun(dataset, plan, Journal(path, Header(dataset.name, features_hash(dataset), plan.to_json())))


def work(run: ResultsRun, worker) -> tuple[int, int]:
    """Do what the workers would until the run is over; the number of trainings, and of openings evaluated."""
    trained = opened = 0
    while run.advance() is not None:
        for study in Study.objects.filter(state=Study.State.RUNNING):
            suggesting.suggest_for(study.pk)
        for trial in Trial.objects.filter(state=Trial.State.REQUESTED).order_by("pk"):
            evaluating.evaluate(trial.pk, worker)
            trained += 1
        for opening in SplitOpening.objects.filter(state=SplitOpening.State.EVALUATING):
            evaluate_splits(opening.pk, "data-1")
            opened += 1
    return trained, opened


def finish_searches(run: ResultsRun, **values: Any) -> None:
    """End the searches as they are, without a trial."""
    Study.objects.filter(pk__in=[study.pk for study in run.searches]).update(**{"state": "COMPLETED", **values})


def leave_to_another_machine() -> None:
    """Nothing is left but the data set, the journal and what lies next to it."""
    Comparison.objects.all().delete()
    Study.objects.filter(parent=None).delete()
    SplitOpening.objects.all().delete()


def changed_lines(path: Path, change: Any) -> None:
    """Replace the lines after the first by what `change` makes of them."""
    first, *others = path.read_text().splitlines()
    path.write_text("\n".join([first, *(json.dumps(change(json.loads(text))) for text in others)]) + "\n")
