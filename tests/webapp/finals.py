"""Searches with finalists for tests, made through the services."""

from dataclasses import replace
from typing import Any

from nas_engine.evaluation_result import BothSplits, SplitAnswers
from tests.webapp import rows
from webapp.models import Finalist, Study, Trial
from webapp.services import finals, openings, trials
from webapp.services.openings import Evaluated
from webapp.storage import hash_in_name

COUNTS = {split: dict.fromkeys(rows.CLASSES, 40) for split in ("train", "eval", "test")}


def search(trials_completed: int = 3, **values: Any) -> Study:
    """A running search with completed trials of different accuracies, the last the most accurate."""
    if "dataset" not in values:
        values["dataset"] = rows.ready_dataset(counts=COUNTS, frontend=rows.FRONTEND)
    study = rows.running_study(trial_budget=trials_completed + 2, full_epochs=8, qat_epochs=2, **values)
    for number in range(trials_completed):
        rows.completed_trial(study, seed=number, int8_accuracy=0.6 + number / 100)
    return study


def finalists(study: Study, count: int = 2, seeds: int = 3) -> list[Finalist]:
    """The `count` latest trials of a search as finalists."""
    ids = list(study.trials.filter(state="COMPLETED").order_by("-number").values_list("pk", flat=True)[:count])
    added = finals.train_finalists(study_id=study.pk, trial_ids=ids, chosen=Finalist.Chosen.REWARD, seeds=seeds)
    return list(added.finals.finalists.order_by("pk"))


def train(finalist: Finalist, first_accuracy: float = 0.70) -> list[Trial]:
    """Complete all waiting seeds of a finalist; each is a point more accurate than the one before."""
    waiting = finalist.finals.trials.filter(architecture=finalist.architecture_id, state="REQUESTED").order_by("number")
    features = {"features": hash_in_name(finalist.finals.dataset.pack.name)}
    done = []
    for place, trial in enumerate(waiting):
        assert trials.claim(trial_id=trial.pk, worker="worker-a")
        evaluation = replace(rows.evaluation(int8_accuracy=first_accuracy + place / 100), environment=features)
        assert trials.complete(trial_id=trial.pk, worker="worker-a", evaluation=evaluation, tflite_name=rows.TFLITE)
        done.append(Trial.objects.get(pk=trial.pk))
    return done


def evaluated(finalist: Finalist, right: int = 3) -> Evaluated:
    """Answers of all seeds to four clips of each split, of which `right` are right."""
    seeds = openings.trained_seeds(finalist)
    labels = (0, 1, 2, 2)
    answers = tuple(tuple(label if n < right else (label + 1) % 3 for n, label in enumerate(labels)) for _ in seeds)
    split = SplitAnswers(labels, ("a", "b", "c", "d"), answers)
    recordings = {name: ["r1", "r1", "r2", "r3"] for name in ("eval", "test")}
    return Evaluated([seed.pk for seed in seeds], BothSplits(split, split), recordings, {})
