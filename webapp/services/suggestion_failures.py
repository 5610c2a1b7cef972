"""A running study without a suggestion: it ends, or another attempt is made later."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from webapp import translation
from webapp.models import Study, Trial
from webapp.services.requests import ViolatingTrial, cancel_requested_trials, record_violating, save_architectures
from webapp.services.transitions import locked_study, move_study

MOST_FAILURES = 5
"""Attempts to have a suggestion that may fail in a row before the study fails."""
_FIRST_PAUSE_SECONDS = 5


def end_exhausted(
    *, study_id: int, reason: str, violating: Sequence[ViolatingTrial] = (), expected_trials: int | None = None
) -> bool:
    """RUNNING -> COMPLETED with `reason` once no trial is open and no suggestion is left.

    The `violating` are recorded then. `expected_trials` as in `request_trials`: the study goes on if it has others.
    """
    save_architectures([translation.violating_architecture_row(item.architecture) for item in violating])
    with transaction.atomic():
        study = locked_study(study_id)
        if study.trials.filter(state__in=Trial.OPEN).exists():
            return False
        if expected_trials is not None and study.trials.count() != expected_trials:
            return False
        ended = move_study(
            study,
            [Study.State.RUNNING],
            Study.State.COMPLETED,
            message=reason,
            reason=reason,
            finished_at=timezone.now(),
        )
        if ended:
            record_violating(study, violating)
    return ended


def record_failure(*, study_id: int, error: str) -> None:
    """Record the reason on the study and try again, later each time; after some failures it ends FAILED."""
    with transaction.atomic():
        study = locked_study(study_id)
        failures = study.suggest_failures + 1
        pause = timedelta(seconds=_FIRST_PAUSE_SECONDS * 2**failures)
        reason = f"No suggestion could be made ({failures} of {MOST_FAILURES} attempts failed): {error}"
        Study.objects.filter(pk=study_id).update(
            suggest_failures=failures, suggest_after=timezone.now() + pause, reason=reason
        )
    if failures >= MOST_FAILURES:
        fail_study(study_id=study_id, reason=reason)


def fail_study(*, study_id: int, reason: str) -> bool:
    """RUNNING -> FAILED. Waiting trials are cancelled; running ones end as usual."""
    with transaction.atomic():
        study = locked_study(study_id)
        moved = move_study(
            study, [Study.State.RUNNING], Study.State.FAILED, message=reason, reason=reason, finished_at=timezone.now()
        )
        if moved:
            cancel_requested_trials(study=study, reason="The study failed.")
    return moved
