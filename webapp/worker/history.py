"""What a designer may know of a study: its outcomes and what is pending."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Objectives, Outcome
from webapp import models
from webapp.models import Study, Trial

State = Trial.State
_COLUMNS = (
    "number", "state", "reward", "suggestion", "architecture_id", "stopping", "int8_accuracy", "energy_mj",
    "flash_bytes",
)  # fmt: skip
_WITHOUT_REWARD = (State.INFEASIBLE, State.FAILED)


@dataclass(frozen=True, slots=True)
class StudyHistory:
    """A study's trials at one moment: outcomes by hash of architecture, pending architectures, number of trials.

    `finished` is in the order of the trials' numbers.
    """

    finished: Mapping[str, Outcome]
    pending: tuple[Architecture, ...]
    trials: int

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(self.finished.values())


def history_of(study: Study, architectures: MutableMapping[str, Architecture]) -> StudyHistory:
    """The study's history. `architectures` remembers what was read before, by hash.

    A trial that failed and was retried is no outcome: its retry will be. One that failed for good counts as infeasible,
    so that nobody tries its architecture a third time; one that was refused before training is infeasible too.
    A trial that was stopped early is told with the forecast that stopped it. Cancelled trials say nothing.
    """
    count = study.trials.count()  # before the rows: a trial added in between makes the suggestion come to nothing
    rows = list(
        study.trials.exclude(state=State.CANCELLED)
        .exclude(state=State.FAILED, retry__isnull=False)
        .order_by("number")
        .values_list(*_COLUMNS)
    )
    missing = {row[4] for row in rows} - architectures.keys()
    for row in models.Architecture.objects.filter(hash__in=missing):
        architectures[row.hash] = Architecture.from_json(row.spec)
    finished = {
        key: Outcome(
            number,
            architectures[key],
            _reward(state, reward, stopping),
            suggestion,
            Objectives(*measured) if state == State.COMPLETED else None,
        )
        for number, state, reward, suggestion, key, stopping, *measured in rows
        if state not in Trial.OPEN
    }
    pending = tuple(architectures[key] for _, state, _, _, key, *_ in rows if state in Trial.OPEN)
    return StudyHistory(finished, pending, count)


def _reward(state: str, reward: float | None, stopping: Mapping[str, Any] | None) -> float | None:
    if state in _WITHOUT_REWARD:
        return None
    if state == State.STOPPED and stopping:
        forecast: float = stopping["decisions"][-1]["forecast"]
        return forecast
    return reward
