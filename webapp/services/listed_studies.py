"""Studies of a given list, without a designer: baselines, finalists, repetitions. Made when needed, extended later."""

from typing import Any

from django.utils import timezone

from webapp.models import Study
from webapp.services import studies
from webapp.services.errors import Conflict
from webapp.services.transitions import Actor, record

State = Study.State
_ENDED = (State.COMPLETED, State.STOPPED, State.FAILED)
_CLOSED = (State.PAUSED, State.DRAINING)
_OF_ITS_OWN = ("name", "notes", "designer", "trial_budget", "early_stopping", *Study.STOP_SETTINGS)


def training_settings(study: Study) -> dict[str, Any]:
    """Settings of a study that another one takes over to train networks alike and to judge them alike."""
    return {name: getattr(study, name) for name in Study.SETTINGS if name not in _OF_ITS_OWN}


def create(*, name: str, kind: Study.Kind, actor: Actor, message: str = "Created.", **settings: Any) -> Study:
    """A RUNNING study without trials, under `name` or that with a number, which no early stopping touches."""
    study = Study.objects.create(
        name=studies.free_name(name),
        kind=kind,
        designer=Study.Designer.LISTED,
        early_stopping=Study.EarlyStopping.NONE,
        trial_budget=0,
        state=State.RUNNING,
        started_at=timezone.now(),
        owner_id=actor.pk if actor is not None else None,
        **settings,
    )
    record(study, "", State.RUNNING, actor=actor, message=message)
    return study


def require_open_to_more(study: Study) -> None:
    """Raise Conflict for a study that a person has paused or is stopping."""
    if study.state in _CLOSED:
        raise Conflict(f"{study.name} is {study.get_state_display()}: resume it before you request more of them.")


def go_on(study: Study, message: str, actor: Actor) -> None:
    """Record that trials were added, under the study's lock; one that has ended runs again."""
    if study.state in _ENDED:
        studies.reopen(study, _ENDED, "extend", actor, message)
    else:
        record(study, study.state, study.state, actor=actor, message=message)
