"""Expected rewards of completed trials: the measured ones, less what they owe to the luck of clips and training."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from django.db.models import FloatField, OuterRef, Subquery
from numpy.typing import NDArray

from nas_engine.statistics.selection.expected_accuracy import (
    FEWEST_NETWORKS,
    expected_accuracies,
    measurement_noise,
)
from webapp.caches import kept
from webapp.models import CurvePoint, Study, Trial
from webapp.queries.accuracy import evaluation_split
from webapp.queries.detection import different_events
from webapp.queries.pages.results import Results

ALIKE, TRAINING = 0.5, 0.013
"""Correlation of what two networks answer right, and deviation of accuracies between trainings of one network besides
that of clips: of 19 networks trained five times each, `benchmarks/results/results.jsonl`, evaluation split."""
_STUDIES_KEPT = 16
_known_trials: dict[int, dict[int, tuple[str, list[Any]]]] = {}
"""By study, network and witnesses of its completed trials by id: never rewritten, so each is read once a process."""
_ARCHITECTURE = ("flops", "parameters", "peak_activation_bytes")


@dataclass(frozen=True, slots=True)
class ExpectedRewards:
    """Means and standard deviations of rewards without luck, in the order of `Results` [n]; `accuracy` (0..1) is that
    of the same expectation.

    Trials of one network have equal values, from all its `trainings` [n]; `measured` [n] is the mean of their rewards.
    """

    reward: NDArray[np.float64]
    deviation: NDArray[np.float64]
    measured: NDArray[np.float64]
    trainings: NDArray[np.int64]
    accuracy: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ExpectedBest:
    """The trial that is expected to be best, with its measured reward and the standard deviation of the expected.

    Of a network that was trained several times it is the first trial, and `measured` the mean of all `trainings`.
    """

    number: int
    reward: float
    deviation: float
    measured: float
    trainings: int


@kept("expected rewards")
def expected_rewards(study: Study, found: Results) -> ExpectedRewards | None:
    """Expected rewards of the completed trials of a study; None where these are too few. One query, of what is new.

    Kept under `found`, which is another object once anything has changed.

    Witnesses are the last losses of float training and of QAT, and the size of the network. Trials that share an
    architecture measure one network several times: it counts once, with the means of what they measured, and the more
    trainings there are, the less noise these means have. On streams, the different sounds of their events stand for
    clips: events that are the same sound over other background are missed together.
    """
    split = evaluation_split(study.dataset)
    if split is None or len(found) < FEWEST_NETWORKS:
        return None
    networks, witnesses = _read(study, found)
    _, of_trial, trainings = np.unique(networks, return_inverse=True, return_counts=True)
    if len(trainings) < FEWEST_NETWORKS:
        return None

    def means(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(of_trial, values) / trainings

    accuracy = means(found.accuracy)
    sounds = different_events(study) if study.is_on_streams else split.clips
    noise = _noise(float(accuracy.mean()), sounds, trainings)
    expected = expected_accuracies(accuracy, np.column_stack([means(column) for column in witnesses.T]), noise)
    measured = means(found.reward)
    return ExpectedRewards(
        reward=(measured - accuracy + expected.mean)[of_trial],
        deviation=expected.deviation[of_trial],
        measured=measured[of_trial],
        trainings=trainings[of_trial],
        accuracy=expected.mean[of_trial],
    )


def expected_best(study: Study, found: Results) -> ExpectedBest | None:
    """The best by expected reward of the trials above chance. One query where `found` is new."""
    expected = expected_rewards(study, found)
    if expected is None or not found.above_chance.any():
        return None
    index = int(np.argmax(np.where(found.above_chance, expected.reward, -np.inf)))
    return ExpectedBest(
        number=int(found.numbers[index]),
        reward=float(expected.reward[index]),
        deviation=float(expected.deviation[index]),
        measured=float(expected.measured[index]),
        trainings=int(expected.trainings[index]),
    )


def _noise(accuracy: float, clips: int, trainings: NDArray[np.int64]) -> NDArray[np.float64]:
    """Noise of the mean of so many trainings [n]. Clips are the same in all of them, so their part stays."""
    by_trainings = {
        count: measurement_noise(accuracy, clips, ALIKE, TRAINING / sqrt(count)) for count in set(trainings.tolist())
    }
    return np.array([by_trainings[count] for count in trainings.tolist()])


def _read(study: Study, found: Results) -> tuple[list[str], NDArray[np.float64]]:
    """Networks [n] by hash, and logarithms of losses and sizes [n, 5]; means where a trial has no curve."""
    columns = (*(f"architecture__{name}" for name in _ARCHITECTURE), "float_loss", "qat_loss")
    known_trials = _known_trials.pop(study.pk, {})
    if missing := [pk for pk in found.trial_ids.tolist() if pk not in known_trials]:
        trials = Trial.objects.filter(pk__in=missing)
        rows = trials.annotate(float_loss=_last_loss("float"), qat_loss=_last_loss("qat"))
        values_of = rows.values_list("pk", "architecture_id", *columns)
        known_trials |= {pk: (network, values) for pk, network, *values in values_of}
    _known_trials[study.pk] = known_trials
    while len(_known_trials) > _STUDIES_KEPT:
        _known_trials.pop(next(iter(_known_trials)))
    # A trial that was deleted meanwhile is a network of its own.
    nothing: list[Any] = [None] * len(columns)
    read = [known_trials.get(pk, (str(pk), nothing)) for pk in found.trial_ids.tolist()]
    table = np.array([values for _, values in read], np.float64)
    logarithms = np.log(np.where(table > 0, table, np.nan))
    known = np.isfinite(logarithms)
    sums = np.where(known, logarithms, 0.0).sum(axis=0)
    witnesses = np.where(known, logarithms, sums / np.maximum(known.sum(axis=0), 1))
    return [network for network, _ in read], witnesses


def _last_loss(phase: str) -> Subquery:
    points = CurvePoint.objects.filter(trial=OuterRef("pk"), phase=phase).order_by("-epoch")
    return Subquery(points.values("loss")[:1], output_field=FloatField())
