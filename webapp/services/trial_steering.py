"""What a person decides about one trial of a search: to give it up, or to try a failed one once more."""

from django.db import transaction
from django.db.models.functions import Now

from webapp.models import Study, Trial
from webapp.services.errors import Conflict
from webapp.services.requests import request_trial
from webapp.services.steering import require_steerable
from webapp.services.studies import reopen, settle
from webapp.services.transitions import Actor, locked_study, move_trial, record
from webapp.services.trials import SKIPPED

State = Trial.State


def skip_trial(*, trial_id: int, actor: Actor = None) -> Trial:
    """Give a trial up: REQUESTED -> CANCELLED now, RUNNING -> CANCELLED at its next epoch. Its place in the budget goes
    to another suggestion, and its network is not tried again. Conflict if it has ended.
    """
    with transaction.atomic():
        trial, study = _locked(trial_id)
        if trial.state not in Trial.OPEN:
            raise Conflict(f"Trial {trial.number} is {trial.state_label} already: there is nothing to give up.")
        if trial.state == State.RUNNING:
            Trial.objects.filter(pk=trial_id).update(skipped=True)
            message = "Given up by a person: it ends at its next epoch."
            record(study, trial.state, trial.state, trial_id=trial_id, actor=actor, message=message)
        else:
            move_trial(
                Trial.objects.filter(pk=trial_id),
                State.REQUESTED,
                State.CANCELLED,
                study=study,
                message=SKIPPED,
                actor=actor,
                skipped=True,
                reason=SKIPPED,
                finished_at=Now(),
            )
            settle(study)
        trial.refresh_from_db()
    return trial


def retry_trial(*, trial_id: int, actor: Actor = None) -> Trial:
    """Request a FAILED trial once more, with the same network and seed, as a new trial that takes its place in the
    budget; a COMPLETED study runs again. Conflict if it has not failed or has been retried.
    """
    with transaction.atomic():
        trial, study = _locked(trial_id)
        if trial.state != State.FAILED:
            raise Conflict(f"Trial {trial.number} is {trial.state_label}: only a failed trial is retried.")
        earlier = Trial.objects.filter(retried_from=trial).first()
        if earlier is not None:
            raise Conflict(f"Trial {trial.number} has been retried already, as trial {earlier.number}.")
        if study.state in (Study.State.STOPPED, Study.State.FAILED):
            raise Conflict(f"{study.name} is {study.get_state_display()}: resume it before you retry a trial.")
        retry = request_trial(
            study, trial.architecture_id, suggestion=trial.suggestion, retried_from=trial, actor=actor
        )
        if study.state == Study.State.COMPLETED:
            message = f"Trial {trial.number} is to be retried."
            reopen(study, [Study.State.COMPLETED], "retry a trial of", actor, message)
    return Trial.objects.get(pk=retry)


def _locked(trial_id: int) -> tuple[Trial, Study]:
    """The trial as it is under the lock of its study, which must be a search that can be steered."""
    study_id = Trial.objects.filter(pk=trial_id).values_list("study_id", flat=True).first()
    if study_id is None:
        raise Conflict("There is no such trial any more: it was deleted.")
    study = locked_study(study_id)
    require_steerable(study)
    return Trial.objects.get(pk=trial_id), study
