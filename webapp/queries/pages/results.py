"""Results of the completed trials of a study: fronts, best values, where their energy comes from.

One query reads seven numbers a trial; fronts are computed here with numpy, never in a loop over pairs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet, Value
from numpy.typing import NDArray

from nas_engine import pareto
from nas_engine.reward import within_thresholds
from webapp.models import Study, Trial, TrialQuerySet
from webapp.models.study import BYTES_PER_KB
from webapp.queries.accuracy import above_chance, evaluation_split
from webapp.queries.energy_estimates import ENERGY, ENERGY_SOURCE, REWARD, trials_with_estimates
from webapp.translation import reward_parameters


@dataclass(frozen=True, slots=True)
class Results:
    """Completed trials as columns, in the order of their numbers. Arrays are [n]; accuracies 0..1.

    `on_energy_front` and `on_flash_front` mark the trials that no other trial beats in int8 accuracy and energy, or in
    int8 accuracy and flash. `within_limits` marks those below both thresholds of the study, `above_chance` those whose
    accuracy lies above chance; the others are on no front, as always answering one class takes no network.
    """

    trial_ids: NDArray[np.int64]
    numbers: NDArray[np.int64]
    int8_accuracy: NDArray[np.float64]
    energy_mj: NDArray[np.float64]
    flash_bytes: NDArray[np.float64]
    reward: NDArray[np.float64]
    within_limits: NDArray[np.bool_]
    above_chance: NDArray[np.bool_]
    on_energy_front: NDArray[np.bool_]
    on_flash_front: NDArray[np.bool_]
    energy_sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.trial_ids)

    def ids_on(self, front: NDArray[np.bool_]) -> frozenset[int]:
        """The ids of the marked trials."""
        return frozenset(self.trial_ids[front].tolist())


def results(study: Study) -> Results:
    """Results of `study` so far, with current estimates. One query."""
    rows = list(
        _completed(study)
        .order_by("number")
        .values_list("pk", "number", "int8_accuracy", ENERGY, "flash_bytes", REWARD, ENERGY_SOURCE)
    )
    values = np.array([row[2:6] for row in rows], np.float64).reshape(len(rows), 4)
    accuracy, energy, flash, reward = values.T
    split = evaluation_split(study.dataset)
    is_above = accuracy >= (split.least_above_chance if split else 0.0)
    judged = np.where(is_above[:, np.newaxis], values, np.nan)
    return Results(
        trial_ids=np.array([row[0] for row in rows], np.int64),
        numbers=np.array([row[1] for row in rows], np.int64),
        int8_accuracy=accuracy,
        energy_mj=energy,
        flash_bytes=flash,
        reward=reward,
        within_limits=within_thresholds(energy, flash, reward_parameters(study)),
        above_chance=is_above,
        on_energy_front=pareto.front(judged[:, [0, 1]], maximise=(True, False)),
        on_flash_front=pareto.front(judged[:, [0, 2]], maximise=(True, False)),
        energy_sources=tuple(sorted({row[6] for row in rows if row[6]})),
    )


def exceeds_limits(study: Study, found: Results) -> NDArray[np.bool_]:
    """Which completed trials exceed a hard limit that the study enforces: [n]. Before training they were within it."""
    exceeds = np.zeros(len(found), bool)
    if study.enforce_constraints and study.flash_limit_kb is not None:
        exceeds |= found.flash_bytes > study.flash_limit_kb * BYTES_PER_KB
    if study.enforce_constraints and study.energy_limit_mj is not None:
        exceeds |= found.energy_mj > study.energy_limit_mj
    return exceeds


@dataclass(frozen=True, slots=True)
class Best:
    """A trial that a study's page names first."""

    id: int
    number: int
    reward: float
    int8_accuracy: float
    energy_mj: float
    flash_bytes: int
    energy_source: str


@dataclass(frozen=True, slots=True)
class Bests:
    """`by_reward` has the greatest reward, the earliest of equals. `within_limits` is the most accurate below both
    thresholds, of equals the one with the best reward. None where no trial above chance has completed so.
    """

    by_reward: Best | None = None
    within_limits: Best | None = None


def bests(study: Study) -> Bests:
    """The completed trials that the page names first, with current estimates. One query."""
    completed = _completed(study).filter(above_chance([study.dataset]))
    within = completed.within_thresholds(ENERGY)
    first = _named("by_reward", completed.order_by(f"-{REWARD}", "number"))
    second = _named("within_limits", within.order_by("-int8_accuracy", f"-{REWARD}", "number"))
    return Bests(**{name: Best(*row) for name, *row in first.union(second, all=True)})


def _named(name: str, trials: QuerySet[Trial]) -> Any:
    """The first of `trials` as the values of a `Best` behind a name."""
    values = ("pk", "number", REWARD, "int8_accuracy", ENERGY, "flash_bytes", ENERGY_SOURCE)
    return trials.annotate(name=Value(name)).values_list("name", *values)[:1]


def _completed(study: Study) -> TrialQuerySet:
    return trials_with_estimates(study).filter(state=Trial.State.COMPLETED)
