"""Results of the completed trials of a study: fronts, best values, where their energy comes from.

One query reads seven numbers a trial; fronts are computed here with numpy, never in a loop over pairs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine import pareto
from nas_engine.reward import within_thresholds
from webapp.models import Study, Trial
from webapp.models.study import BYTES_PER_KB
from webapp.queries.accuracy import evaluation_split
from webapp.queries.energy_estimates import ENERGY, ENERGY_SOURCE, REWARD, trials_with_estimates
from webapp.translation import reward_parameters


@dataclass(frozen=True, slots=True)
class Results:
    """Completed trials as columns, in the order of their numbers. Arrays are [n]; accuracies 0..1.

    `on_energy_front` and `on_flash_front` mark the trials that no other trial beats in int8 accuracy and energy, or in
    int8 accuracy and flash. `within_limits` marks those below both thresholds of the study, `above_chance` those whose
    accuracy lies above chance; the others are on no front, as always answering one class takes no network. `sources`
    has the energy's origin of each trial.
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
    sources: tuple[str, ...]

    @property
    def energy_sources(self) -> tuple[str, ...]:
        """The different sources of energy."""
        return tuple(sorted(set(self.sources) - {""}))

    def __len__(self) -> int:
        return len(self.trial_ids)

    def ids_on(self, front: NDArray[np.bool_]) -> frozenset[int]:
        """The ids of the marked trials."""
        return frozenset(self.trial_ids[front].tolist())


def results(study: Study) -> Results:
    """Results of `study` so far, with current estimates. One query."""
    rows = list(
        trials_with_estimates(study)
        .filter(state=Trial.State.COMPLETED)
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
        sources=tuple(row[6] for row in rows),
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


def bests(found: Results) -> Bests:
    """The completed trials that a page names first, with current estimates. No query."""
    by_reward = _first(found, found.above_chance, found.reward)
    within = _first(found, found.above_chance & found.within_limits, found.int8_accuracy, found.reward)
    return Bests(by_reward, within)


def _first(found: Results, candidates: NDArray[np.bool_], *values: NDArray[np.float64]) -> Best | None:
    """The candidate with the greatest first value, of equals the greatest next, then the lowest number."""
    if not candidates.any():
        return None
    # lexsort sorts by its last key first; the order of numbers is that of the arrays, and the sort is stable.
    order = np.lexsort([-value[candidates] for value in reversed(values)])
    index = int(np.flatnonzero(candidates)[order[0]])
    return Best(
        id=int(found.trial_ids[index]),
        number=int(found.numbers[index]),
        reward=float(found.reward[index]),
        int8_accuracy=float(found.int8_accuracy[index]),
        energy_mj=float(found.energy_mj[index]),
        flash_bytes=int(found.flash_bytes[index]),
        energy_source=found.sources[index],
    )
