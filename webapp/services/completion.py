"""What follows from a change of a study's trials: more of them, or the study's end."""

from django.utils import timezone

from webapp import dispatch
from webapp.models import Study, Trial
from webapp.queries.budget import budget_of, trials_wanted
from webapp.queries.deliberation import deliberates
from webapp.services.transitions import move_study


def settle(study: Study, *, ask: bool = True) -> None:
    """Call under the study's lock after its trials, budget or state changed: ends it, or asks for more trials."""
    now = timezone.now()
    if study.state == Study.State.DRAINING and not study.trials.filter(state__in=Trial.OPEN).exists():
        move_study(study, [Study.State.DRAINING], Study.State.STOPPED, message=study.reason, finished_at=now)
    elif study.state == Study.State.RUNNING:
        if budget_of(study).is_met:
            message = "All trials of the budget have ended."
            move_study(
                study, [Study.State.RUNNING], Study.State.COMPLETED, message=message, reason=message, finished_at=now
            )
        elif ask and trials_wanted(study):
            dispatch.suggest(study_id=study.pk, deliberate=deliberates(study))
