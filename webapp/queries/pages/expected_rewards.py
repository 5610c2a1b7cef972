"""Expected rewards of completed trials: the measured ones, less what they owe to the luck of clips and training."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import FloatField, OuterRef, Subquery
from numpy.typing import NDArray

from nas_engine.statistics.selection.expected_accuracy import (
    FEWEST_NETWORKS,
    expected_accuracies,
    measurement_noise,
)
from webapp.models import CurvePoint, Study, Trial
from webapp.queries.accuracy import evaluation_split
from webapp.queries.pages.results import Results

ALIKE, TRAINING = 0.5, 0.013
"""Correlation of what two networks answer right, and deviation of accuracies between trainings of one network besides
that of clips: of 19 networks trained five times each, `benchmarks/results/results.jsonl`, evaluation split."""
_STUDIES_KEPT = 16
_witnessed: dict[int, dict[int, list[Any]]] = {}
"""By study, the witnesses of its completed trials by id: they are never rewritten, so each is read once a process."""
_ARCHITECTURE = ("flops", "parameters", "peak_activation_bytes")


@dataclass(frozen=True, slots=True)
class ExpectedRewards:
    """Means and standard deviations of rewards without luck, in the order of `Results` [n]."""

    reward: NDArray[np.float64]
    deviation: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ExpectedBest:
    """The trial that is expected to be best, with its measured reward and the standard deviation of the expected."""

    number: int
    reward: float
    deviation: float
    measured: float


def expected_rewards(study: Study, found: Results) -> ExpectedRewards | None:
    """Expected rewards of the completed trials of a study; None where these are too few. One query, of what is new.

    Witnesses are the last losses of float training and of QAT, and the size of the network.
    """
    split = evaluation_split(study.dataset)
    if split is None or len(found) < FEWEST_NETWORKS:
        return None
    accuracy = found.int8_accuracy
    noise = measurement_noise(float(accuracy.mean()), split.clips, ALIKE, TRAINING)
    expected = expected_accuracies(accuracy, _witnesses(study, found), noise)
    return ExpectedRewards(found.reward - accuracy + expected.mean, expected.deviation)


def expected_best(study: Study, found: Results) -> ExpectedBest | None:
    """The best by expected reward of the trials above chance. One query."""
    expected = expected_rewards(study, found)
    if expected is None or not found.above_chance.any():
        return None
    index = int(np.argmax(np.where(found.above_chance, expected.reward, -np.inf)))
    return ExpectedBest(
        number=int(found.numbers[index]),
        reward=float(expected.reward[index]),
        deviation=float(expected.deviation[index]),
        measured=float(found.reward[index]),
    )


def _witnesses(study: Study, found: Results) -> NDArray[np.float64]:
    """Logarithms of losses and sizes [n, 5]; means where a trial has no curve."""
    columns = (*(f"architecture__{name}" for name in _ARCHITECTURE), "float_loss", "qat_loss")
    known_trials = _witnessed.pop(study.pk, {})
    if missing := [pk for pk in found.trial_ids.tolist() if pk not in known_trials]:
        trials = Trial.objects.filter(pk__in=missing)
        rows = trials.annotate(float_loss=_last_loss("float"), qat_loss=_last_loss("qat")).values_list("pk", *columns)
        known_trials |= {pk: values for pk, *values in rows}
    _witnessed[study.pk] = known_trials
    while len(_witnessed) > _STUDIES_KEPT:
        _witnessed.pop(next(iter(_witnessed)))
    nothing: list[Any] = [None] * len(columns)
    table = np.array([known_trials.get(pk, nothing) for pk in found.trial_ids.tolist()], np.float64)
    logarithms = np.log(np.where(table > 0, table, np.nan))
    known = np.isfinite(logarithms)
    sums = np.where(known, logarithms, 0.0).sum(axis=0)
    return np.where(known, logarithms, sums / np.maximum(known.sum(axis=0), 1))


def _last_loss(phase: str) -> Subquery:
    points = CurvePoint.objects.filter(trial=OuterRef("pk"), phase=phase).order_by("-epoch")
    return Subquery(points.values("loss")[:1], output_field=FloatField())
