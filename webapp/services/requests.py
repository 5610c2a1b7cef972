"""Trials before a worker claims them: requested, offered to the queue, cancelled.

Trials are requested from suggestions of a designer or, in a study of a given list, by the networks' names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q
from django.db.models.functions import Now
from django.utils import timezone

from nas_engine.architecture import Architecture
from webapp import dispatch, translation
from webapp.models import StoredArchitecture, Study, Trial
from webapp.queries.budget import COUNTED
from webapp.services.transitions import Actor, locked_study, move_trial, record

State = Trial.State
UNANSWERED = (State.FAILED, State.CANCELLED, State.STOPPED)
"""How the latest trial of a network may have ended so that it can be requested again."""
_SEED_STRIDE = 100_003  # a prime: trials of two studies share seeds only where both agree by intent


@dataclass(frozen=True, slots=True)
class ViolatingTrial:
    """Architecture that will not be trained, with the reason and the designer's metadata."""

    architecture: Architecture
    reason: str
    suggestion: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestedTrial:
    """Architecture to be evaluated, with the designer's metadata; `confirms` is the trial whose network it is."""

    architecture: Architecture
    suggestion: Mapping[str, str] = field(default_factory=dict)
    confirms: Trial | None = None


@dataclass(frozen=True, slots=True)
class AddedNetwork:
    """Where a network comes from that no designer suggested, in words, and whether the study's space has none such."""

    note: str
    outside_space: bool = False
    origin: Trial.Origin = Trial.Origin.ADDED


@dataclass(frozen=True, slots=True)
class ListedNetwork:
    """Network of a given list by its name in the study; `seed` None: the one of the trial's turn.

    `reproduces_id` is the trial that this one repeats, in a study of repetitions.
    """

    name: str
    architecture_hash: str
    seed: int | None = None
    reproduces_id: int | None = None


def request_trials(
    *,
    study_id: int,
    requested: Sequence[RequestedTrial],
    designer_state: dict[str, Any] | None,
    violating: Sequence[ViolatingTrial] = (),
    expected_trials: int | None = None,
    estimated_as: Study | None = None,
    duplicates_answered: int = 0,
) -> list[int]:
    """Add REQUESTED trials, save the designer's state, and offer the trials to the trainers.

    The `violating` become trials as well, numbered before the others, and end as they begin. Without a `designer_state`
    the saved one stays. `expected_trials` is the number of trials when the caller made the suggestions, `estimated_as`
    the study as it saw it. If the study has others by now, uses another energy model, or is not RUNNING, nothing is
    written and [] is returned: another suggestion was faster, or a user re-estimated or paused it.
    """
    rows = [translation.architecture_row(item.architecture) for item in requested]
    save_architectures([*rows, *(translation.violating_architecture_row(item.architecture) for item in violating)])
    with transaction.atomic():
        study = locked_study(study_id)
        if study.state != Study.State.RUNNING:
            return []
        if expected_trials is not None and study.trials.count() != expected_trials:
            return []
        if estimated_as is not None and study.energy_model_id != estimated_as.energy_model_id:
            return []
        Study.objects.filter(pk=study_id).update(
            designer_state=study.designer_state if designer_state is None else designer_state,
            duplicates_answered=study.duplicates_answered + duplicates_answered,
            suggest_failures=0,
            suggest_after=None,
            reason="",
        )
        record_violating(study, violating)
        return [
            request_trial(study, item.architecture.hash, suggestion=dict(item.suggestion), confirms=item.confirms)
            for item in requested
        ]


def save_architectures(rows: Sequence[StoredArchitecture]) -> None:
    """Save new architectures, in one order everywhere, so that concurrent callers never deadlock."""
    StoredArchitecture.objects.bulk_create(sorted(rows, key=lambda row: row.hash), ignore_conflicts=True)


def record_violating(study: Study, violating: Sequence[ViolatingTrial]) -> None:
    """Add trials that end as they begin, under the study's lock. Their architectures are saved."""
    next_number, next_turn = _next(study)
    created = Trial.objects.bulk_create(
        Trial(
            study=study,
            number=next_number + later,
            architecture_id=item.architecture.hash,
            suggestion=dict(item.suggestion),
            seed=_seed(study, next_turn + later),
            state=State.INFEASIBLE,
            violates_constraints=True,
            reason=item.reason,
            finished_at=timezone.now(),
        )
        for later, item in enumerate(violating)
    )
    for trial in created:
        message = f"Infeasible, not trained: {trial.reason}."
        record(study, "", State.INFEASIBLE, trial_id=trial.pk, message=message)


def request_trial(
    study: Study,
    architecture_hash: str,
    *,
    suggestion: dict[str, Any],
    label: str = "",
    seed: int | None = None,
    reproduces_id: int | None = None,
    retried_from: Trial | None = None,
    confirms: Trial | None = None,
    added: AddedNetwork | None = None,
    actor: Actor = None,
) -> int:
    """Add one REQUESTED trial under the study's lock and return its id. A retry repeats its original, seed and all."""
    number, turn = _next(study)
    own_seed = _seed(study, turn) if seed is None else seed
    trial = Trial.objects.create(
        study=study,
        number=number,
        architecture_id=architecture_hash,
        label=retried_from.label if retried_from else label,
        suggestion=suggestion,
        retried_from=retried_from,
        reproduces_id=retried_from.reproduces_id if retried_from else reproduces_id,
        confirms=retried_from.confirms if retried_from else confirms,
        seed=retried_from.seed if retried_from else own_seed,
        **_origin(added, retried_from or confirms),
    )
    source = f"Confirms trial {confirms.number}." if confirms else "Listed." if label else "Suggested."
    source = f"{added.origin.label.capitalize()}: {added.note}." if added else source
    message = f"Retry of trial {retried_from.number}." if retried_from else source
    record(study, "", State.REQUESTED, trial_id=trial.pk, message=message, actor=actor)
    send_requested_trials(study=study)
    return trial.pk


def _origin(added: AddedNetwork | None, earlier: Trial | None) -> dict[str, Any]:
    """Columns of a trial that no designer suggested, or that trains the network of an `earlier` one again."""
    if added is not None:
        return {"origin": added.origin, "origin_note": added.note, "outside_space": added.outside_space}
    return {name: getattr(earlier, name) for name in Trial.ORIGIN} if earlier is not None else {}


def _next(study: Study) -> tuple[int, int]:
    """Number of the next trial, and its turn: retries have numbers and no turns, so that a crash changes no seed."""
    counted = study.trials.aggregate(last=Max("number"), turns=Count("pk", filter=Q(retried_from=None)))
    return (counted["last"] or 0) + 1, counted["turns"] + 1


def _seed(study: Study, turn: int) -> int:
    return int((study.seed * _SEED_STRIDE + turn) % 2**31)


def send_requested_trials(*, study: Study, older_than: timedelta | None = None) -> int:
    """Offer the waiting trials of a RUNNING study to the queue.

    Those that were never sent; and, with `older_than`, those whose last message is older. Returns their number.
    """
    if study.state != Study.State.RUNNING:
        return 0
    waiting = study.trials.filter(state=State.REQUESTED)
    unsent = (
        Q(dispatched_at=None) if older_than is None else Q(dispatched_at=None) | Q(dispatched_at__lt=Now() - older_than)
    )
    trial_ids = list(waiting.filter(unsent).order_by("number").values_list("pk", flat=True))
    Trial.objects.filter(pk__in=trial_ids, state=State.REQUESTED).update(dispatched_at=Now())
    for trial_id in trial_ids:
        dispatch.evaluate_trial(trial_id=trial_id)
    return len(trial_ids)


def cancel_requested_trials(*, study: Study, reason: str, actor: Actor = None) -> int:
    """REQUESTED -> CANCELLED for all waiting trials, under the study's lock. Returns their number."""
    waiting = study.trials.filter(state=State.REQUESTED)
    return sum(
        move_trial(
            Trial.objects.filter(pk=trial_id),
            State.REQUESTED,
            State.CANCELLED,
            study=study,
            message=reason,
            actor=actor,
            reason=reason,
            finished_at=Now(),
        )
        for trial_id in list(waiting.values_list("pk", flat=True))
    )


def latest_trials(study: Study) -> Mapping[str, Trial]:
    """Latest trial of each network by the network's name."""
    return {trial.label: trial for trial in study.trials.order_by("number")}


def request_listed(study: Study, networks: Iterable[ListedNetwork], actor: Actor = None) -> None:
    """Request those of `networks` that have no result and no open trial.

    Call under the study's lock. The budget becomes the number of listed networks, so no suggestions are requested. A
    network that failed is repeated by its new trial, so that it counts once.
    """
    latest = latest_trials(study)
    for network in networks:
        before = latest.get(network.name)
        if before is not None and before.state not in UNANSWERED:
            continue
        failed = before if before is not None and before.state == State.FAILED else None
        request_trial(
            study,
            network.architecture_hash,
            label=network.name,
            seed=network.seed,
            reproduces_id=network.reproduces_id,
            suggestion={},
            retried_from=failed,
            actor=actor,
        )
    study.trial_budget = study.trials.filter(COUNTED).count()
    study.save(update_fields=["trial_budget"])


def request_cancelled(study: Study, actor: Actor = None) -> None:
    """Request the trials again that were cancelled when a study of a given list was stopped, under the study's lock."""
    if study.designer == Study.Designer.LISTED:
        cancelled = [trial for trial in latest_trials(study).values() if trial.state == State.CANCELLED]
        networks = [
            ListedNetwork(trial.label, trial.architecture_id, trial.seed, trial.reproduces_id) for trial in cancelled
        ]
        request_listed(study, networks, actor)
