"""Changing a study that has not begun."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from webapp.models import Study
from webapp.services.errors import Conflict
from webapp.services.spaces import fixed_space
from webapp.services.studies import SETTINGS_FIELDS
from webapp.services.transitions import Actor, locked_study, record


def update_draft(*, study_id: int, values: Mapping[str, Any], actor: Actor = None) -> Study:
    """Give a DRAFT new settings, by field name; its search space is fixed anew.

    With space "edited", `values["space_spec"]` is the new space; without it the draft keeps its own.
    """
    try:
        with transaction.atomic():
            study = locked_study(study_id)
            if study.state != Study.State.DRAFT:
                raise Conflict(f"{study.name} is {study.get_state_display()}: only a draft can be changed; clone it.")
            for name in SETTINGS_FIELDS:
                setattr(study, name, values.get(name, getattr(study, name)))
            study.space_spec = values.get("space_spec", study.space_spec)
            study.space_spec = fixed_space(study)
            study.save(update_fields=[*SETTINGS_FIELDS, "space_spec"])
            record(study, study.state, study.state, actor=actor, message="Settings changed.")
    except IntegrityError as error:
        raise Conflict(f"A study named {values.get('name')!r} exists already: choose another name.") from error
    return study
