"""Searches with finalists for tests, made through the services."""

from dataclasses import replace
from typing import Any

from nas_engine.evaluation_result import BothSplits, SplitAnswers
from nas_engine.simulation.simulated_answers import simulated_answers
from nas_engine.simulation.simulated_evaluation import SimulatedPlan, simulate
from tests.webapp import rows
from webapp.models import Finalist, SplitOpening, Study, Trial
from webapp.queries.finals import features_hash
from webapp.services import finals, openings, trials
from webapp.services.openings import Evaluated
from webapp.storage import hash_in_name
from webapp.translation import architecture
from webapp.worker.statistics import pairs_of, statistics_of

COUNTS = {split: dict.fromkeys(rows.CLASSES, 40) for split in ("train", "eval", "test")}


def search(trials_completed: int = 3, **values: Any) -> Study:
    """A running search with completed trials of different accuracies, the last the most accurate."""
    if "dataset" not in values:
        values["dataset"] = rows.ready_dataset(counts=COUNTS, frontend=rows.FRONTEND)
    settings = {"full_epochs": 8, "qat_epochs": 2, **values}
    study = rows.running_study(trial_budget=trials_completed + 2, **settings)
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


def make_finals(study: Study, *, count: int = 3, seeds: int = 5, opened: int = 2, waiting: int = 1) -> list[Finalist]:
    """Finalists and baselines of a search with simulated trainings; for `opened` of each the test split was opened.

    The last finalist has `waiting` seeds that are not trained yet. Answers to clips are simulated, statistics are not.
    """
    ids = list(study.trials.filter(state="COMPLETED").order_by("-reward").values_list("pk", flat=True)[:count])
    wish = {"study_id": study.pk, "seeds": seeds}
    own = finals.train_finalists(trial_ids=ids, chosen=Finalist.Chosen.REWARD, **wish).finals
    published = finals.train_final_baselines(**wish).finals
    for container in (own, published):
        left = waiting if container == own else 0
        trained = list(container.trials.filter(state="REQUESTED").order_by("number"))
        for trial in trained[: len(trained) - left]:
            _simulate(trial)
        for finalist in list(container.finalists.order_by("pk"))[:opened]:
            if not SplitOpening.objects.filter(architecture=finalist.architecture).exists():
                _open(finalist)
    return list(own.finalists.order_by("pk"))


def _simulate(trial: Trial) -> None:
    evaluation = simulate(
        architecture(trial.architecture), SimulatedPlan(trial_epochs=12, qat_epochs=3, seed=trial.seed)
    )
    environment = evaluation.environment | {"features": features_hash(trial.study.dataset)}
    assert trials.claim(trial_id=trial.pk, worker="machine-a/trainer-1")
    assert trials.complete(
        trial_id=trial.pk,
        worker="machine-a/trainer-1",
        evaluation=replace(evaluation, environment=environment),
        tflite_name=rows.TFLITE,
    )


def _open(finalist: Finalist) -> None:
    opening = openings.open_test_split(finalist_id=finalist.pk)
    claimed = openings.claim(opening_id=opening.pk, worker="data-1")
    assert claimed is not None
    seeds = openings.trained_seeds(finalist)
    answers = BothSplits(_answers(finalist, seeds, "eval"), _answers(finalist, seeds, "test"))
    recordings = {
        split: [f"{split} {number // 2}" for number in range(len(of.labels))]
        for split, of in (("eval", answers.evaluation), ("test", answers.test))
    }
    statistics = statistics_of(claimed, seeds, answers, recordings)
    evaluated = Evaluated([seed.pk for seed in seeds], answers, recordings, statistics)
    assert openings.complete(opening_id=opening.pk, worker="data-1", evaluated=evaluated)
    openings.add_statistics(opening_id=opening.pk, statistics=pairs_of(opening.pk))


def _answers(finalist: Finalist, seeds: list[Trial], split: str) -> SplitAnswers:
    dataset = finalist.finals.dataset
    labels = [dataset.classes.index(name) for name, clips in dataset.counts[split].items() for _ in range(clips)]
    network = architecture(finalist.architecture)
    answers = [simulated_answers(network, seed.seed, labels, len(dataset.classes)) for seed in seeds]
    names = tuple(f"{split} {number}" for number in range(len(labels)))
    return SplitAnswers(tuple(labels), names, tuple(tuple(map(int, one)) for one in answers))
