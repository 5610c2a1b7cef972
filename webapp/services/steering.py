"""Changes of a study that has started: what a person decides while it runs."""

from collections.abc import Mapping

from django.db import transaction

from webapp.models import Study
from webapp.queries.stop_rules import rules_in_words
from webapp.services.errors import Conflict
from webapp.services.studies import settle
from webapp.services.transitions import Actor, locked_study, record

State = Study.State


def require_steerable(study: Study) -> None:
    """Raise Conflict for a study without a designer, for a draft, and for one that is stopping."""
    if study.kind != Study.Kind.SEARCH:
        raise Conflict(f"{study.name} trains a given list of networks: there is no search to steer.")
    if study.state == State.DRAFT:
        raise Conflict(f"{study.name} is a draft: edit its settings.")
    if study.state == State.DRAINING:
        raise Conflict(f"{study.name} is stopping: wait until its running trials have ended.")


def change_priority(*, study_id: int, priority: Study.Priority, actor: Actor = None) -> Study:
    """Have trainers take the waiting trials of a study before, or after, those of others; running ones go on."""
    with transaction.atomic():
        study = locked_study(study_id)
        require_steerable(study)
        if study.priority != priority:
            Study.objects.filter(pk=study_id).update(priority=priority)
            record(study, study.state, study.state, actor=actor, message=f"Priority: {priority.label}.")
    return study


def change_stop_rules(*, study_id: int, values: Mapping[str, float | None], actor: Actor = None) -> Study:
    """Give a study that has started the stop rules in `values`, by field name. One that is met already stops it now."""
    with transaction.atomic():
        study = locked_study(study_id)
        require_steerable(study)
        for name in Study.STOP_SETTINGS:
            setattr(study, name, values.get(name))
        study.save(update_fields=Study.STOP_SETTINGS)
        message = f"Stop rules: {rules_in_words(study) or 'none'}."
        record(study, study.state, study.state, actor=actor, message=message)
        settle(study)
    return study
