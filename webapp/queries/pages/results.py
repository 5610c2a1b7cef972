"""Results of the completed trials of a study: fronts, best values, where their energy comes from.

One query reads eight numbers a trial; fronts are computed here with numpy, never in a loop over pairs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Count, F, Max, Subquery
from numpy.typing import NDArray

from nas_engine import pareto
from nas_engine.reward import RewardParameters, within_thresholds
from webapp.caches import kept
from webapp.models import Event, Study, Trial, TrialEnergyEstimate
from webapp.models.study import BYTES_PER_KB
from webapp.queries.accuracy import evaluation_split
from webapp.queries.energy_estimates import ENERGY, ENERGY_SOURCE, REWARD, with_estimates
from webapp.translation import reward_parameters

_COLUMNS = ("pk", "number", "int8_accuracy", "reward_accuracy", ENERGY, "flash_bytes", REWARD, ENERGY_SOURCE)
_COLUMNS_OF_ESTIMATES = (
    "trial", "trial__number", "trial__int8_accuracy", "trial__reward_accuracy", "energy_mj", "trial__flash_bytes",
    "reward", "source",
)  # fmt: skip
"""The same by the rows of energy estimates."""


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """Completed trials as columns, in the order of their numbers. Arrays are [n]; accuracies 0..1.

    The same object is shared by all who ask while nothing has changed, so nobody may write to its arrays; what is
    computed from it can be kept under it, since it is equal to itself alone.

    `accuracy` is the one that the study's reward takes, `int8_accuracy` that on clips, which is the same unless the
    study takes the accuracy on streams. `on_energy_front` and `on_flash_front` mark the trials that no other trial
    beats in accuracy and energy, or in accuracy and flash. `within_limits` marks those below both thresholds of the
    study, `above_chance` those whose accuracy on clips lies above chance; the others are on no front, as always
    answering one class takes no network. `sources` has the energy's origin of each trial.
    """

    trial_ids: NDArray[np.int64]
    numbers: NDArray[np.int64]
    int8_accuracy: NDArray[np.float64]
    accuracy: NDArray[np.float64]
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


class ResultsMark(NamedTuple):
    """Changes whenever the results of a study do: a finished trial is never rewritten, and every move leaves an event.

    Number of completed trials, the last finish among them, and the id of the study's last event.
    """

    completed: int = 0
    last_finish: datetime | None = None
    last_event: int | None = None


class _State(NamedTuple):
    """All that the results of a study depend on."""

    study_id: int
    energy_model_id: int | None
    parameters: RewardParameters
    least_above_chance: float
    mark: ResultsMark


def last_event(study: Study) -> Max:
    """The id of the study's last event, as an aggregate over its trials."""
    return Max(Subquery(Event.objects.filter(study=study).order_by("-at", "-pk").values("pk")[:1]))


def results(study: Study, mark: ResultsMark | None = None) -> Results:
    """Results of `study` so far, with current estimates.

    No query while nothing has changed since they were read, where the present `mark` is known; else one for each.
    """
    mark = mark or _mark(study)
    least = _least_above_chance(study)
    return _results_at(_State(study.pk, study.energy_model_id, reward_parameters(study), least, mark))


def _mark(study: Study) -> ResultsMark:
    completed = Trial.objects.filter(study=study, state=Trial.State.COMPLETED)
    found = completed.aggregate(trials=Count("pk"), last=Max("finished_at"), event=last_event(study))
    return ResultsMark(found["trials"], found["last"], found["event"])


@kept("results of studies")
def _results_at(state: _State) -> Results:
    trials = with_estimates(Trial.objects.filter(study=state.study_id), state.energy_model_id)
    completed = trials.filter(state=Trial.State.COMPLETED).order_by("number")
    return _results(list(completed.values_list(*_COLUMNS)), state.parameters, state.least_above_chance)


def results_of(studies: Sequence[Study]) -> Mapping[int, Results]:
    """`results` of each study by its id. At most two queries, however many studies there are."""
    by_figures = [study.pk for study in studies if study.energy_model_id is None]
    by_model = [study.pk for study in studies if study.energy_model_id is not None]
    rows = {
        study_id: [row[1:] for row in group]
        for found in (_by_figures(by_figures), _by_model(by_model))
        for study_id, group in groupby(found, key=itemgetter(0))
    }
    return {
        study.pk: _results(rows.get(study.pk, []), reward_parameters(study), _least_above_chance(study))
        for study in studies
    }


def _by_figures(study_ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """(study, *columns) of completed trials of studies without an energy model, by study and number."""
    if study_ids:
        trials = with_estimates(Trial.objects.filter(study__in=study_ids, state=Trial.State.COMPLETED), None)
        yield from trials.order_by("study_id", "number").values_list("study_id", *_COLUMNS)


def _by_model(study_ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """The same of studies that have a model, by the estimates of that model."""
    if study_ids:
        completed = TrialEnergyEstimate.objects.filter(trial__study__in=study_ids, trial__state=Trial.State.COMPLETED)
        current = completed.filter(energy_model=F("trial__study__energy_model"))
        ordered = current.order_by("trial__study_id", "trial__number")
        yield from ordered.values_list("trial__study_id", *_COLUMNS_OF_ESTIMATES)


def _least_above_chance(study: Study) -> float:
    split = evaluation_split(study.dataset)
    return split.least_above_chance if split else 0.0


def _results(rows: Sequence[tuple[Any, ...]], parameters: RewardParameters, least_above_chance: float) -> Results:
    values = np.array([row[2:7] for row in rows], np.float64).reshape(len(rows), 5)
    on_clips, accuracy, energy, flash, reward = values.T
    is_above = on_clips >= least_above_chance
    judged = np.where(is_above[:, np.newaxis], np.column_stack([accuracy, energy, flash]), np.nan)
    return Results(
        trial_ids=np.array([row[0] for row in rows], np.int64),
        numbers=np.array([row[1] for row in rows], np.int64),
        int8_accuracy=on_clips,
        accuracy=accuracy,
        energy_mj=energy,
        flash_bytes=flash,
        reward=reward,
        within_limits=within_thresholds(energy, flash, parameters),
        above_chance=is_above,
        on_energy_front=pareto.front(judged[:, [0, 1]], maximise=(True, False)),
        on_flash_front=pareto.front(judged[:, [0, 2]], maximise=(True, False)),
        sources=tuple(row[7] for row in rows),
    )


def on_clips(found: Results) -> Results:
    """The same results with accuracy, and fronts, on clips; for studies whose rewards take different accuracies."""
    values = np.column_stack([found.int8_accuracy, found.energy_mj, found.flash_bytes])
    judged = np.where(found.above_chance[:, np.newaxis], values, np.nan)
    return replace(
        found,
        accuracy=found.int8_accuracy,
        on_energy_front=pareto.front(judged[:, [0, 1]], maximise=(True, False)),
        on_flash_front=pareto.front(judged[:, [0, 2]], maximise=(True, False)),
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
    accuracy: float
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
    within = _first(found, found.above_chance & found.within_limits, found.accuracy, found.reward)
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
        accuracy=float(found.accuracy[index]),
        energy_mj=float(found.energy_mj[index]),
        flash_bytes=int(found.flash_bytes[index]),
        energy_source=found.sources[index],
    )
