"""History of a study as passed to its designer: outcomes and pending trials."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from nas_engine.architecture import Architecture
from nas_engine.constraints import Penalty
from nas_engine.designers.base import Objectives, Outcome
from nas_engine.early_stopping.base import deviation_of
from nas_engine.trial_plan import trial_epochs
from webapp import models, translation
from webapp.models import Study, Trial
from webapp.queries.energy_estimates import ENERGY, REWARD, with_estimates
from webapp.worker.stopping import WITH_CURVE

State = Trial.State
_ENDED = ("turn", "state", "architecture_id", REWARD, "suggestion", "stopping")
_MEASURED = ("reward_accuracy", ENERGY, "flash_bytes")
_WITHOUT_REWARD = (State.INFEASIBLE, State.FAILED, State.CANCELLED)


class _Row(NamedTuple):
    """Columns of a trial that its study's history depends on."""

    pk: int
    state: str
    architecture_id: str
    violates_constraints: bool
    confirms_id: int | None


@dataclass(frozen=True, slots=True)
class LastTrial:
    """The trial of the last turn, whether it has ended or not."""

    id: int
    architecture: Architecture
    is_confirmation: bool


@dataclass(frozen=True, slots=True)
class StudyHistory:
    """A study's trials at one moment: outcomes by hash of architecture, pending architectures, number of trials.

    A retry takes its original's turn, and an outcome's number is its turn's; so a crash changes neither their order nor
    `turns`, the number of trials without retries. `finished`, `pending` and `curves` are in that order. `last`: the
    last trial that was to be trained, None if there is none.

    A confirmation trains a finished network again. It is no outcome, so `finished` holds the network's first training
    alone; while it is open, its network is in `pending` too. `curves` are the ids of the trials that were completed or
    stopped, confirmations included; `unconfirmed` are the networks that a confirmation could not train.
    """

    finished: Mapping[str, Outcome]
    pending: tuple[Architecture, ...]
    trials: int
    turns: int
    last: LastTrial | None = None
    curves: tuple[int, ...] = ()
    unconfirmed: frozenset[str] = frozenset()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return tuple(self.finished.values())

    def with_last_open(self) -> "StudyHistory | None":
        """As it was before the last trial ended and after all others had; None while one of these is open.

        A confirmation that is the last trial is open like any other: its network is pending and its curve not known.
        Whether it has ended already makes no difference, so what is requested next stays a function of the seed; and
        the trainer finds the next trial when it ends, which it would not if the study waited for that.
        """
        last = self.last
        if any(last is None or architecture.hash != last.architecture.hash for architecture in self.pending):
            return None
        if last is None:
            return self
        its_outcome = "" if last.is_confirmation else last.architecture.hash
        return replace(
            self,
            finished={key: outcome for key, outcome in self.finished.items() if key != its_outcome},
            pending=(last.architecture,),
            curves=tuple(trial_id for trial_id in self.curves if trial_id != last.id),
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """Cache of rows that are never rewritten: architectures by hash, outcomes by trial and energy model."""

    architectures: dict[str, Architecture] = field(default_factory=dict)
    outcomes: dict[tuple[int, int | None], Outcome] = field(default_factory=dict)


def history_of(study: Study, memory: Memory) -> StudyHistory:
    """The study's history. `memory` is of earlier calls, for any study, and learns what is new.

    A trial that failed and was retried is no outcome: its retry will be. One that failed for good counts as infeasible,
    so that nobody tries its architecture a third time; one that violated a constraint is infeasible too, and so is one
    that a person gave up, whose network would else be suggested again.
    A trial that was stopped early is reported with the forecast that stopped it, how uncertain that is, and the share
    of a training that it took. All other cancelled trials are left out, and confirmations are no outcomes.
    A network that a person added is an outcome like any other, since designers learn from networks that they did not
    suggest; one outside of the study's space is left out, since no designer can encode it (`Designer`).
    Energies and rewards are those of the energy model that `study` points at.
    """
    model_id = study.energy_model_id
    # Before the rows: a trial added in between makes the suggestion come to nothing.
    counted = study.trials.aggregate(trials=Count("pk"), turns=Count("pk", filter=Q(retried_from=None)))
    trials = (
        study.trials.filter(outside_space=False)
        .exclude(state=State.CANCELLED, skipped=False)
        .exclude(state=State.FAILED, retry__isnull=False)
        .annotate(turn=Coalesce("retried_from__number", "number"))
    )
    rows = [_Row(*values) for values in trials.order_by("turn").values_list(*_Row._fields)]
    _read_architectures({row.architecture_id for row in rows} - memory.architectures.keys(), memory)
    outcomes = [row for row in rows if row.state not in Trial.OPEN and row.confirms_id is None]
    _read_outcomes(study, trials, {row.pk for row in outcomes if (row.pk, model_id) not in memory.outcomes}, memory)
    last = next((row for row in reversed(rows) if not row.violates_constraints), None)
    return StudyHistory(
        finished={row.architecture_id: memory.outcomes[row.pk, model_id] for row in outcomes},
        pending=tuple(memory.architectures[row.architecture_id] for row in rows if row.state in Trial.OPEN),
        **counted,
        last=last and LastTrial(last.pk, memory.architectures[last.architecture_id], last.confirms_id is not None),
        curves=tuple(row.pk for row in rows if row.state in WITH_CURVE),
        unconfirmed=frozenset(
            row.architecture_id for row in rows if row.confirms_id is not None and row.state in _WITHOUT_REWARD
        ),
    )


def _read_architectures(hashes: Collection[str], memory: Memory) -> None:
    for row in models.StoredArchitecture.objects.filter(hash__in=hashes):
        memory.architectures[row.hash] = Architecture.from_json(row.spec)


def _read_outcomes(study: Study, trials: QuerySet[Trial], trial_ids: Collection[int], memory: Memory) -> None:
    known = translation.is_known_once_compiled(study)
    penalty = translation.penalty_in_training(study) if known else translation.penalty(study)
    ended = with_estimates(trials.filter(pk__in=trial_ids), study.energy_model_id).values_list(
        "pk", *_ENDED, *_MEASURED
    )
    for pk, turn, state, key, reward, suggestion, stopping, *measured in ended:
        architecture = memory.architectures[key]
        objectives = Objectives(*measured) if state == State.COMPLETED else None
        if state in _WITHOUT_REWARD:
            reward = None
        outcome = Outcome(turn, architecture, reward, suggestion, objectives)
        if state == State.STOPPED and stopping:
            outcome = replace(
                outcome,
                reward=_forecast(stopping, architecture, penalty),
                deviation=_deviation(stopping),
                trained_share=_trained_share(stopping, study),
            )
        memory.outcomes[pk, study.energy_model_id] = outcome


def _deviation(stopping: Mapping[str, Any]) -> float:
    """Standard deviation of the forecast that stopped a trial; its decisions hold the 95 % interval."""
    last = stopping["decisions"][-1]
    low, high = last.get("low"), last.get("high")
    return 0.0 if low is None or high is None else deviation_of(low, high)


def _trained_share(stopping: Mapping[str, Any], study: Study) -> float:
    """Epochs after which a trial was stopped, as a share (0..1) of those of a whole one of its study."""
    whole = trial_epochs(study.full_epochs, study.trial_share) + study.qat_epochs
    return min(1.0, stopping["decisions"][-1].get("epoch", whole) / whole)


def _forecast(stopping: Mapping[str, Any], architecture: Architecture, penalty: Penalty) -> float:
    """The forecast that stopped a trial, corrected from the penalty of its time to the present penalty."""
    forecast: float = stopping["decisions"][-1]["forecast"]
    if "penalty" not in stopping:  # from before there were energy models
        return forecast
    now = penalty(architecture)
    return forecast + stopping["penalty"] - now if math.isfinite(now) else forecast
