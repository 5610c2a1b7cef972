"""Stop of a running study by one of its rules: RUNNING -> DRAINING, with the rule and its figures as the reason."""

from webapp.models import Study
from webapp.queries.stop_rules import met_rule
from webapp.services.requests import cancel_requested_trials
from webapp.services.transitions import move_study


def stop_by_rule(study: Study) -> bool:
    """Stop `study` if one of its rules is met; call under its lock, after a trial has ended with its estimates.

    As with a stop by a person, waiting trials are cancelled now, running ones at their next epoch; none of them counts
    to the budget, and the study can be resumed. Its rules then count from there.
    """
    if study.state != Study.State.RUNNING or not study.has_stop_rule or not (reason := met_rule(study)):
        return False
    move_study(study, [Study.State.RUNNING], Study.State.DRAINING, message=reason, reason=reason)
    cancel_requested_trials(study=study, reason="The study was stopped by a rule.")
    return True
