"""Names, notes and tags of studies, trials, runs, datasets and comparisons, which can be changed in every state."""

import hashlib
import json
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from webapp.models import Comparison, Dataset, Run, Study, Trial
from webapp.services.errors import Conflict, Stale
from webapp.services.transitions import Actor, record

Described = Study | Trial | Dataset | Run | Comparison


def name_field(row: Described) -> str | None:
    """Name of the field that holds its name; None where it has none that people give."""
    if isinstance(row, Trial):
        return None
    return "label" if isinstance(row, Run) else "name"


def has_tags(row: Described) -> bool:
    """Whether it is found by tags."""
    return isinstance(row, Study | Trial)


def description_version(row: Described) -> str:
    """Short text that differs where name, notes or tags differ: what an editor has seen when it saves."""
    seen = json.dumps([getattr(row, name) for name in _fields(row)])
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def describe(
    *, row: Described, seen: str, notes: str, name: str = "", tags: Sequence[str] = (), actor: Actor = None
) -> None:
    """Give a study, trial, run, dataset or comparison these notes, and a name and tags where it has such.

    `seen` is the `description_version` that was edited. Raises Stale if it has other ones by now, Conflict if the name
    is taken. A study records the change, a trial with it.
    """
    given = {"name": name, "label": name, "notes": notes, "tags": list(tags)}
    values = {field: given[field] for field in _fields(row)}
    try:
        with transaction.atomic():
            stored = type(row).objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
            if description_version(stored) != seen:
                raise Stale(f"The description of {stored} was changed by somebody else while you edited it.")
            type(row).objects.filter(pk=row.pk).update(**values)
            if isinstance(stored, Study):
                record(stored, stored.state, stored.state, actor=actor, message=_message(stored, name, notes))
            elif isinstance(stored, Trial):
                study, state = stored.study, stored.state
                record(study, state, state, trial_id=stored.pk, actor=actor, message=_message(stored, "", notes))
    except IntegrityError as error:
        raise Conflict(f"The name {name!r} is taken: choose another one.") from error


def _fields(row: Described) -> list[str]:
    """Names of its fields that people describe it by: name, notes, tags."""
    name = name_field(row)
    return [*([name] if name else []), "notes", *(["tags"] if has_tags(row) else [])]


def _message(former: Study | Trial, name: str, notes: str) -> str:
    if isinstance(former, Study) and former.name != name:
        return f"Renamed from {former.name}."
    return "Notes changed." if former.notes != notes else "Tags changed."
