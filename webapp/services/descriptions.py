"""Names and notes of studies, runs, datasets and comparisons, which can be changed in every state."""

import hashlib
import json

from django.db import IntegrityError, transaction

from webapp.models import Comparison, Dataset, Run, Study
from webapp.services.errors import Conflict, Stale
from webapp.services.transitions import Actor, record

Described = Study | Dataset | Run | Comparison


def name_field(row: Described) -> str:
    """Name of the field that holds its name."""
    return "label" if isinstance(row, Run) else "name"


def description_version(row: Described) -> str:
    """Short text that differs where name or notes differ: what an editor has seen when it saves."""
    seen = json.dumps([getattr(row, name_field(row)), row.notes])
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def describe(*, row: Described, seen: str, name: str, notes: str, actor: Actor = None) -> None:
    """Give a study, run, dataset or comparison this name and these notes.

    `seen` is the `description_version` that was edited. Raises Stale if it has other ones by now, Conflict if the name
    is taken. A study records the change.
    """
    values = {name_field(row): name, "notes": notes}
    try:
        with transaction.atomic():
            stored = type(row).objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
            if description_version(stored) != seen:
                raise Stale(f"Name or notes of {stored} were changed by somebody else while you edited them.")
            type(row).objects.filter(pk=row.pk).update(**values)
            if isinstance(stored, Study):
                record(stored, stored.state, stored.state, actor=actor, message=_message(stored.name, name))
    except IntegrityError as error:
        raise Conflict(f"The name {name!r} is taken: choose another one.") from error


def _message(former: str, name: str) -> str:
    return "Notes changed." if former == name else f"Renamed from {former}."
