"""Changing a study that has not begun."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from webapp import translation
from webapp.models import Dataset, Study
from webapp.services.errors import Conflict
from webapp.services.studies import SETTINGS_FIELDS
from webapp.services.transitions import Actor, locked_study, record


def update_draft(*, study_id: int, values: Mapping[str, Any], actor: Actor = None) -> Study:
    """Give a DRAFT new settings, by field name; its search space is fixed anew."""
    try:
        with transaction.atomic():
            study = locked_study(study_id)
            if study.state != Study.State.DRAFT:
                raise Conflict(f"{study.name} is {study.get_state_display()}: only a draft can be changed; clone it.")
            for name in SETTINGS_FIELDS:
                setattr(study, name, values.get(name, getattr(study, name)))
            is_ready = study.dataset.state == Dataset.State.READY
            study.space_spec = translation.new_search_space(study).to_json() if is_ready else {}
            study.save(update_fields=[*SETTINGS_FIELDS, "space_spec"])
            record(study, study.state, study.state, actor=actor, message="Settings changed.")
    except IntegrityError as error:
        raise Conflict(f"A study named {values.get('name')!r} exists already: choose another name.") from error
    return study
