"""Studies that train a given list of networks, each under its name, instead of searching."""

from collections.abc import Iterable, Mapping

from webapp.models import Study, Trial
from webapp.queries.budget import COUNTED
from webapp.services.requests import request_trial
from webapp.services.transitions import Actor

State = Trial.State
UNANSWERED = (State.FAILED, State.CANCELLED, State.STOPPED)
"""How the latest trial of a network may have ended so that it can be asked for again."""


def latest_trials(study: Study) -> Mapping[str, Trial]:
    """The latest trial of each network by the network's name."""
    return {trial.label: trial for trial in study.trials.order_by("number")}


def request_listed(study: Study, networks: Iterable[tuple[str, str]], actor: Actor = None) -> None:
    """Request the (name, architecture hash) of `networks` that have no result and no open trial.

    Call under the study's lock. The budget becomes what is listed, so nobody is asked for suggestions. A network that
    failed is repeated by its new trial, so that it counts once.
    """
    latest = latest_trials(study)
    for name, architecture_hash in networks:
        before = latest.get(name)
        if before is not None and before.state not in UNANSWERED:
            continue
        failed = before if before is not None and before.state == State.FAILED else None
        request_trial(study, architecture_hash, label=name, suggestion={}, retried_from=failed, actor=actor)
    study.trial_budget = study.trials.filter(COUNTED).count()
    study.save(update_fields=["trial_budget"])


def request_cancelled(study: Study, actor: Actor = None) -> None:
    """Request again what was cancelled when a study of a given list was stopped, under the study's lock."""
    if study.designer == Study.Designer.LISTED:
        cancelled = [trial for trial in latest_trials(study).values() if trial.state == State.CANCELLED]
        request_listed(study, [(trial.label, trial.architecture_id) for trial in cancelled], actor)
