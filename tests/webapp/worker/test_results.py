"""The run behind `make results`, with real workers' code and simulated trainings."""

import json
from pathlib import Path

import pytest

from tests.webapp import packs
from webapp.management.results.claims import claims_of
from webapp.management.results.journal import Header, Journal
from webapp.management.results.page import page_of
from webapp.management.results.plan import Plan
from webapp.management.results.run import ResultsRun
from webapp.management.results.values import values_of
from webapp.models import Comparison, Dataset, SplitOpening, Study, Trial
from webapp.worker import evaluating, suggesting
from webapp.worker.opening import evaluate_splits

pytestmark = pytest.mark.django_db(transaction=True)
PLAN = Plan(trials=2, full_epochs=40, qat_epochs=1, finalists=1, seeds=2, baselines=("TC-ResNet8",))


def begun(dataset: Dataset, path: Path) -> ResultsRun:
    return ResultsRun(dataset, PLAN, Journal(path, Header(dataset.name, "0" * 64, PLAN.to_json())))


def work(run: ResultsRun, worker) -> int:
    """Do what the workers would until the run is over; the number of trainings."""
    trained = 0
    while run.advance() is not None:
        for study in Study.objects.filter(state=Study.State.RUNNING):
            suggesting.suggest_for(study.pk)
        for trial in Trial.objects.filter(state=Trial.State.REQUESTED).order_by("pk"):
            evaluating.evaluate(trial.pk, worker)
            trained += 1
        for opening in SplitOpening.objects.filter(state=SplitOpening.State.EVALUATING):
            evaluate_splits(opening.pk, "data-1")
    return trained


def test_a_run_on_another_machine_goes_on_from_the_journal_and_comes_to_the_same_figures(worker, tmp_path):
    dataset = packs.dataset_with_features(clips_per_class=20, is_test_split_readable=True)
    first = begun(dataset, tmp_path / "j.jsonl")
    nothing_yet = values_of(first, dataset.name, PLAN.to_json())
    assert {one.verdict for one in claims_of(nothing_yet)} == {"not tested"}
    assert work(first, worker) >= 5 * PLAN.trials
    before = values_of(first, dataset.name, PLAN.to_json())
    assert all(one["test"] for one in before["networks"])
    page = page_of(json.loads(json.dumps(before)), "make results")
    for shown in (*(one["name"] for one in before["networks"]), *(one.claim for one in claims_of(before))):
        assert shown in page
    Comparison.objects.all().delete()
    Study.objects.filter(parent=None).delete()
    SplitOpening.objects.all().delete()
    second = begun(dataset, tmp_path / "j.jsonl")
    assert work(second, worker) == 0
    after = values_of(second, dataset.name, PLAN.to_json())
    assert after["networks"] == before["networks"]
    assert after["searches"] == before["searches"]
    assert all(one["training_hours"] > 0 for one in after["searches"])
