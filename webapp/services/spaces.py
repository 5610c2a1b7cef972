"""Search space of a study that has not begun: fixed from its settings, or edited by a user."""

from dataclasses import replace
from typing import Any

from django.db import transaction

from nas_engine.search_space.paper_spaces import NAMES, by_name
from nas_engine.search_space.space import SearchSpace
from nas_engine.search_space.spec import SpaceSpec
from webapp import translation
from webapp.models import Dataset, Study
from webapp.queries.spaces import SPACE_NAMES, edited_name, misfit, space_version
from webapp.services.errors import Conflict, Stale
from webapp.services.transitions import Actor, locked_study, record


def fixed_space(study: Study) -> dict[str, Any]:
    """`Study.space_spec` for the study's settings; a named space stays open until its dataset's classes are known.

    Raises Conflict where the dataset's front end does not fit the space's input.
    """
    if study.dataset.state != Dataset.State.READY:
        return study.space_spec if study.space == Study.Space.EDITED else {}
    space = translation.new_search_space(study)
    require_fit(study, space)
    return space.to_json()


def require_fit(study: Study, space: SearchSpace) -> None:
    """Raise Conflict where networks of `space` cannot take the features of the study's dataset."""
    if reason := misfit(study.dataset, space.stem):
        raise Conflict(reason)


def save_space(*, study_id: int, spec: SpaceSpec, seen: str, actor: Actor = None) -> Study:
    """Give a DRAFT this space. `seen` is the `space_version` that the user edited.

    A space equal to a named one becomes that one. Raises Stale if the draft's space is another by now, ValueError where
    `spec` cannot be built and Conflict where the dataset does not fit it.
    """
    with transaction.atomic():
        study = locked_study(study_id)
        if study.state != Study.State.DRAFT:
            raise Conflict(
                f"{study.name} is {study.get_state_display()}: only a draft's space can be edited; clone it."
            )
        if space_version(study) != seen:
            raise Stale(f"The space of {study.name} was changed by somebody else while you edited it.")
        space = spec.search_space()
        require_fit(study, space)
        study.space, space = _named(space)
        study.space_spec = space.to_json()
        study.save(update_fields=["space", "space_spec"])
        record(study, study.state, study.state, actor=actor, message=f"Search space changed: {_in_words(space)}.")
    return study


def _named(space: SearchSpace) -> tuple[str, SearchSpace]:
    """Value of `Study.space` for this space, and the space itself under the matching name."""
    for name in NAMES:
        named = by_name(name, classes=space.head.classes)
        if replace(space, name=name) == named:
            return name, named
    if space.name in SPACE_NAMES:
        space = replace(space, name=edited_name(space.name))
    return Study.Space.EDITED, space


def _in_words(space: SearchSpace) -> str:
    return f"{len(space.positions)} blocks, {space.cardinality:,} architectures"
