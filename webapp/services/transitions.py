"""Changes of state: one compare-and-swap and one event row for each, under the study's row lock.

Every service that changes a study's state, or adds or ends trials of it, first takes the study's row (`locked_study`).
The compare-and-swap then returns whether the state changed; under the lock, one caller ends the last open trial.
The locks are short: no training, suggestion or message to a queue happens while one is held.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet

from webapp.models import Event, Study, Trial

Actor = AbstractBaseUser | None


def locked_study(study_id: int) -> Study:
    """Study, its row locked until the transaction ends. NO KEY: inserting rows that name it does not wait."""
    return Study.objects.select_for_update(no_key=True).get(pk=study_id)


def move_study(
    study: Study,
    old_states: Iterable[Study.State],
    new_state: Study.State,
    *,
    message: str,
    actor: Actor = None,
    **values: Any,
) -> bool:
    """Move a study from one of `old_states` to `new_state`, setting `values`; False if it was in none of them."""
    for old_state in old_states:
        if Study.objects.filter(pk=study.pk, state=old_state).update(state=new_state, **values):
            study.refresh_from_db()
            record(study, old_state, new_state, message=message, actor=actor)
            return True
    return False


def move_trial(
    trials: QuerySet[Trial],
    old_state: Trial.State,
    new_state: Trial.State,
    *,
    study: Study,
    message: str,
    actor: Actor = None,
    by_worker: str = "",
    **values: Any,
) -> bool:
    """Move the one trial that `trials` selects from `old_state` to `new_state`; False if it is not in `old_state`."""
    trial_id = trials.filter(state=old_state).values_list("pk", flat=True).first()
    if trial_id is None or not trials.filter(pk=trial_id, state=old_state).update(state=new_state, **values):
        return False
    record(study, old_state, new_state, trial_id=trial_id, message=message, actor=actor, by_worker=by_worker)
    return True


def record(
    study: Study,
    old_state: str,
    new_state: str,
    *,
    message: str,
    trial_id: int | None = None,
    actor: Actor = None,
    by_worker: str = "",
) -> None:
    """Record an event. Without `trial_id` it is the study's."""
    Event.objects.create(
        study=study,
        trial_id=trial_id,
        old_state=old_state,
        new_state=new_state,
        actor_id=actor.pk if actor is not None else None,
        worker=by_worker,
        message=message,
    )
