"""What a designer may know of a study: its outcomes and what is pending."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Objectives, Outcome
from webapp import models
from webapp.models import Study, Trial

State = Trial.State
_COLUMNS = (
    "turn", "state", "architecture_id", "screened_out", "reward", "suggestion", "stopping", "int8_accuracy",
    "energy_mj", "flash_bytes",
)  # fmt: skip
_WITHOUT_REWARD = (State.INFEASIBLE, State.FAILED)


@dataclass(frozen=True, slots=True)
class StudyHistory:
    """A study's trials at one moment: outcomes by hash of architecture, pending architectures, number of trials.

    A retry takes its original's turn, and an outcome's number is its turn's; so a crash changes neither their order nor
    `turns`, the number of trials without retries. `finished` and `pending` are in that order. `last`: the hash of
    the last architecture that was to be trained, "" if there is none.
    """

    finished: Mapping[str, Outcome]
    pending: tuple[Architecture, ...]
    trials: int
    turns: int
    last: str

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(self.finished.values())

    def with_last_open(self) -> "StudyHistory | None":
        """As it was before the last trial ended and after all others had; None while one of these is open."""
        before = [architecture for architecture in self.pending if architecture.hash != self.last]
        if before:
            return None
        if self.last not in self.finished:
            return self
        finished = dict(self.finished)
        last = finished.pop(self.last)
        return replace(self, finished=finished, pending=(last.architecture,))


def history_of(study: Study, architectures: MutableMapping[str, Architecture]) -> StudyHistory:
    """The study's history. `architectures` remembers what was read before, by hash.

    A trial that failed and was retried is no outcome: its retry will be. One that failed for good counts as infeasible,
    so that nobody tries its architecture a third time; one that was refused before training is infeasible too.
    A trial that was stopped early is told with the forecast that stopped it. Cancelled trials say nothing.
    """
    # Before the rows: a trial added in between makes the suggestion come to nothing.
    counted = study.trials.aggregate(trials=Count("pk"), turns=Count("pk", filter=Q(retried_from=None)))
    rows = list(
        study.trials.exclude(state=State.CANCELLED)
        .exclude(state=State.FAILED, retry__isnull=False)
        .annotate(turn=Coalesce("retried_from__number", "number"))
        .order_by("turn")
        .values_list(*_COLUMNS)
    )
    missing = {row[2] for row in rows} - architectures.keys()
    for row in models.Architecture.objects.filter(hash__in=missing):
        architectures[row.hash] = Architecture.from_json(row.spec)
    finished = {
        key: Outcome(
            turn,
            architectures[key],
            _reward(state, reward, stopping),
            suggestion,
            Objectives(*measured) if state == State.COMPLETED else None,
        )
        for turn, state, key, _, reward, suggestion, stopping, *measured in rows
        if state not in Trial.OPEN
    }
    pending = tuple(architectures[key] for _, state, key, *_ in rows if state in Trial.OPEN)
    last = next((key for _, _, key, screened_out, *_ in reversed(rows) if not screened_out), "")
    return StudyHistory(finished, pending, **counted, last=last)


def _reward(state: str, reward: float | None, stopping: Mapping[str, Any] | None) -> float | None:
    if state in _WITHOUT_REWARD:
        return None
    if state == State.STOPPED and stopping:
        forecast: float = stopping["decisions"][-1]["forecast"]
        return forecast
    return reward
