"""The parts of a study's page that are not its progress, results or trials: events and failures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from webapp.models import Event, Study, Trial
from webapp.queries.energy_models import large_fields

EVENTS_SHOWN = 15
FAILURES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class EventRow:
    """One move of the study or of a trial."""

    at: datetime
    trial_number: int | None
    old_state: str
    new_state: str
    by: str
    message: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A trial that failed or could not be built, with its reason and the trial that repeats it."""

    number: int
    state: str
    state_label: str
    reason: str
    worker: str
    finished_at: datetime | None
    retry_number: int | None


def study_or_none(study_id: int) -> Study | None:
    """The study with what every page about it names, None if there is none of this id. One query."""
    return (
        Study.objects.select_related("dataset", "owner", "cloned_from", "energy_model__device")
        .defer(*large_fields("energy_model"))
        .filter(pk=study_id)
        .first()
    )


def events(study: Study, limit: int = EVENTS_SHOWN) -> tuple[EventRow, ...]:
    """The latest moves of the study and its trials, the newest first. One query.

    Refused trials are left out: under a tight limit they would bury everything else. The table of trials has them.
    """
    return _rows(_told(Event.objects.filter(study=study).exclude(trial__violates_constraints=True))[:limit])


def trial_events(trial: Trial) -> tuple[EventRow, ...]:
    """Every move of one trial, the newest first. One query."""
    return _rows(_told(Event.objects.filter(trial=trial)))


def _told(found: QuerySet[Event]) -> QuerySet[Event]:
    """With no more of trial and person than a row shows: whole ones cost a page with 15 events some milliseconds."""
    shown = ("at", "old_state", "new_state", "worker", "message", "trial__number", "actor__username")
    return found.select_related("trial", "actor").only(*shown)


def _rows(found: Iterable[Event]) -> tuple[EventRow, ...]:
    return tuple(
        EventRow(
            at=event.at,
            trial_number=event.trial.number if event.trial else None,
            old_state=event.old_state,
            new_state=event.new_state,
            by=event.actor.get_username() if event.actor else event.worker,
            message=event.message,
        )
        for event in found
    )


def failures(study: Study, limit: int = FAILURES_SHOWN) -> tuple[FailureRow, ...]:
    """The latest trials that failed or are infeasible; to be refused before training is no failure. One query."""
    ended_badly = Trial.objects.filter(
        study=study, state__in=[Trial.State.FAILED, Trial.State.INFEASIBLE], violates_constraints=False
    )
    shown = ("number", "state", "reason", "worker", "finished_at", "retry__number")
    return tuple(
        FailureRow(number, state, Trial.State(state).label, reason, worker, finished_at, retry_number)
        for number, state, reason, worker, finished_at, retry_number in ended_badly.order_by("-number").values_list(
            *shown
        )[:limit]
    )
