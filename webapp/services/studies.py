"""Transitions of a study: DRAFT -> RUNNING <-> PAUSED -> DRAINING -> COMPLETED | STOPPED | FAILED."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.defaultfilters import pluralize
from django.utils import timezone

from webapp import dispatch, translation
from webapp.models import Dataset, SplitOpening, Study, Trial
from webapp.queries.budget import budget_of, trials_wanted
from webapp.queries.deliberation import deliberates
from webapp.queries.detection import stream_problems
from webapp.queries.drafts import draft_version
from webapp.services.artifacts import GRACE_AFTER_DELETE, collect_artifacts
from webapp.services.energy_estimates import estimate_baselines
from webapp.services.errors import Conflict, Stale
from webapp.services.requests import cancel_requested_trials, request_cancelled, send_requested_trials
from webapp.services.spaces import fixed_space, require_fit
from webapp.services.stop_rules import stop_by_rule
from webapp.services.stream_detections import request_baselines
from webapp.services.transitions import Actor, locked_study, move_study, record
from webapp.services.warm_start import take_warm_start

State = Study.State
NAME_LENGTH = 120
_WHERE_LISTED: Mapping[Study.Kind, str] = {
    Study.Kind.BASELINES: "its dataset's page",
    Study.Kind.FINALS: "the page of finalists of a search",
    Study.Kind.REPETITIONS: "the trials' pages",
}
SETTINGS_FIELDS = Study.SETTINGS


def create_study(*, study: Study, owner: AbstractBaseUser | None) -> Study:
    """Save the unsaved `study` as a DRAFT, with its search space fixed if its dataset's classes are known already.

    An edited space is expected in `study.space_spec`. Raises Conflict where its reward takes the accuracy on streams
    and the data set, once it is READY, cannot give them.
    """
    study.owner_id = owner.pk if owner is not None else None
    study.state = State.DRAFT
    study.space_spec = fixed_space(study)
    _require_streams(study)
    try:
        with transaction.atomic():
            study.save(force_insert=True)
            record(study, "", State.DRAFT, actor=owner, message="Created.")
    except IntegrityError as error:
        raise Conflict(f"A study named {study.name!r} exists already: choose another name.") from error
    return study


def update_draft(*, study_id: int, seen: str, values: Mapping[str, Any], actor: Actor = None) -> Study:
    """Give a DRAFT new settings, by field name; its search space is fixed again.

    `seen` is the `draft_version` that the user edited. With space "edited", `values["space_spec"]` is the new space;
    without it the draft keeps its own. Raises Stale if the draft has other settings by now.
    """
    try:
        with transaction.atomic():
            study = locked_study(study_id)
            if study.state != State.DRAFT:
                raise Conflict(f"{study.name} is {study.get_state_display()}: only a draft can be changed; clone it.")
            if draft_version(study) != seen:
                raise Stale(f"{study.name} was changed by somebody else, or in another tab, while you edited it.")
            for name in SETTINGS_FIELDS:
                setattr(study, name, values.get(name, getattr(study, name)))
            study.space_spec = values.get("space_spec", study.space_spec)
            study.space_spec = fixed_space(study)
            _require_streams(study)
            study.save(update_fields=[*SETTINGS_FIELDS, "space_spec"])
            record(study, study.state, study.state, actor=actor, message="Settings changed.")
    except IntegrityError as error:
        raise Conflict(f"A study named {values.get('name')!r} exists already: choose another name.") from error
    return study


def start(*, study_id: int, actor: Actor = None) -> Study:
    """DRAFT -> RUNNING. The dataset must be READY, and give the streams that the reward takes the accuracy on."""
    with transaction.atomic():
        study = locked_study(study_id)
        require_ready_dataset(study.dataset)
        _require_streams(study)
        space_spec = _space_at_start(study)
        _move(
            study,
            [State.DRAFT],
            State.RUNNING,
            "start",
            actor,
            "Started.",
            started_at=timezone.now(),
            rules_from=Now(),
            space_spec=space_spec,
        )
        take_warm_start(study)
        settle(study)
    if study.energy_model is not None:
        estimate_baselines(dataset_id=study.dataset_id, energy_model=study.energy_model)
    request_baselines(study)
    return study


def _require_streams(study: Study) -> None:
    """Raise Conflict where the data set cannot give the streams that the study's reward takes its accuracy on."""
    if study.is_on_streams:
        alarms, hours = study.stream_alarms_per_hour, study.stream_hours
        if problems := [words for _, words in stream_problems(study.dataset, alarms_per_hour=alarms, hours=hours)]:
            raise Conflict(" ".join(problems))


def _space_at_start(study: Study) -> dict[str, Any]:
    """Search space as fixed at creation, or fixed now if it could not be then."""
    if not study.space_spec or study.space == Study.Space.EDITED:
        return fixed_space(study)
    space = translation.search_space(study)
    require_fit(study, space)
    return space.to_json()


def pause(*, study_id: int, actor: Actor = None) -> Study:
    """RUNNING -> PAUSED. Running trials end as usual; waiting ones wait."""
    with transaction.atomic():
        study = locked_study(study_id)
        _move(study, [State.RUNNING], State.PAUSED, "pause", actor, "Paused.", reason="Paused by a person.")
    return study


def resume(*, study_id: int, actor: Actor = None) -> Study:
    """PAUSED, STOPPED or FAILED -> RUNNING: waiting trials are offered again and the rest of the budget is used."""
    with transaction.atomic():
        study = locked_study(study_id)
        require_ready_dataset(study.dataset)
        request_cancelled(study, actor)
        reopen(study, [State.PAUSED, State.STOPPED, State.FAILED], "resume", actor, "Resumed.")
    return study


def stop(*, study_id: int, actor: Actor = None) -> Study:
    """RUNNING or PAUSED -> DRAINING -> STOPPED: waiting trials are cancelled now, running ones at their next epoch."""
    with transaction.atomic():
        study = locked_study(study_id)
        reason = "Stopped by a person."
        _move(study, [State.RUNNING, State.PAUSED], State.DRAINING, "stop", actor, "Stopping.", reason=reason)
        cancel_requested_trials(study=study, reason="The study was stopped.", actor=actor)
        settle(study)
    return study


def extend_budget(*, study_id: int, additional_trials: int, actor: Actor = None) -> Study:
    """Add trials to the budget; a COMPLETED study runs again."""
    if additional_trials < 1:
        raise Conflict("The budget can only grow: give at least 1 additional trial.")
    with transaction.atomic():
        study = locked_study(study_id)
        _require_search(study)
        if study.state not in (State.DRAFT, State.RUNNING, State.PAUSED, State.COMPLETED):
            raise Conflict(f"{study.name} is {study.get_state_display()}: resume it before you extend its budget.")
        study.trial_budget += additional_trials
        study.save(update_fields=["trial_budget"])
        message = (
            f"Budget extended by {additional_trials} to {study.trial_budget} trial{pluralize(study.trial_budget)}."
        )
        if study.state == State.COMPLETED:
            require_ready_dataset(study.dataset)
            reopen(study, [State.COMPLETED], "extend", actor, message)
        else:
            record(study, study.state, study.state, actor=actor, message=message)
            settle(study)
    return study


def clone(
    *,
    study_id: int,
    owner: AbstractBaseUser | None,
    name: str = "",
    changes: Mapping[str, float | int | None] | None = None,
) -> Study:
    """Create a DRAFT with the same settings but for the `changes` of fields, under `name`, or under the old name and
    "copy".
    """
    original = Study.objects.get(pk=study_id)
    _require_search(original)
    copy = Study(**{field: getattr(original, field) for field in Study.SETTINGS})
    for field, value in (changes or {}).items():
        setattr(copy, field, value)
    copy.name = name or free_name(original.name, "copy")
    copy.cloned_from = original
    if copy.space == Study.Space.EDITED:
        copy.space_spec = original.space_spec
    return create_study(study=copy, owner=owner)


def delete(*, study_id: int, actor: Actor = None) -> None:
    """Delete a study that no worker works on, with its children (finalists, repetitions), all their trials, and the
    artifacts that no other row uses.
    """
    with transaction.atomic():
        study = locked_study(study_id)
        if study.state in (State.RUNNING, State.DRAINING):
            raise Conflict(f"{study.name} is {study.get_state_display()}: stop it before you delete it.")
        family = [study, *_locked_descendants(study)]
        trials = Trial.objects.filter(study__in=family)
        if running := trials.filter(state=Trial.State.RUNNING).select_related("study").first():
            busy = f"{running.study.name} has running trials"
            raise Conflict(f"{busy}: stop it, or wait until they end, before you delete {study.name}.")
        evaluating = SplitOpening.objects.filter(state=SplitOpening.State.EVALUATING, finalist__finals__in=family)
        if opening := evaluating.first():
            raise Conflict(f"{opening.label} is being evaluated on the test split: wait for the result, then delete.")
        networks = list(trials.exclude(tflite="").values_list("tflite", flat=True))
        study.delete()
        collect_artifacts(names=networks, grace=GRACE_AFTER_DELETE)


def _locked_descendants(study: Study) -> list[Study]:
    """Children, their children and so on, their rows locked, parents first as everywhere."""
    found: list[Study] = []
    generation = [study.pk]
    while generation := list(Study.objects.filter(parent__in=generation).order_by("pk").values_list("pk", flat=True)):
        found += [locked_study(pk) for pk in generation]
    return found


def reopen(study: Study, old_states: Iterable[State], verb: str, actor: Actor, message: str) -> None:
    """Move an ended or paused study to RUNNING under its lock, and offer its waiting trials.

    The stop rules of one that had ended count from here: else the rule that ended it would end it at once.
    """
    _move(
        study,
        old_states,
        State.RUNNING,
        verb,
        actor,
        message,
        reason="",
        finished_at=None,
        rules_from=study.rules_from if study.state == State.PAUSED else Now(),
        suggest_failures=0,
        suggest_after=None,
    )
    send_requested_trials(study=study)
    settle(study)


def settle(study: Study, *, ask: bool = True) -> None:
    """Call under the study's lock after its trials, budget or state changed: ends it, or requests more trials."""
    now = timezone.now()
    if study.state == State.RUNNING:
        if budget_of(study).is_met:
            message = "All trials of the budget have ended."
            move_study(study, [State.RUNNING], State.COMPLETED, message=message, reason=message, finished_at=now)
        elif not stop_by_rule(study) and ask and trials_wanted(study):
            dispatch.suggest(study_id=study.pk, deliberate=deliberates(study))
    if study.state == State.DRAINING and not study.trials.filter(state__in=Trial.OPEN).exists():
        move_study(study, [State.DRAINING], State.STOPPED, message=study.reason, finished_at=now)


def _move(
    study: Study, old_states: Iterable[State], new_state: State, verb: str, actor: Actor, message: str, **values: object
) -> None:
    """`move_study`, or Conflict naming the state that forbids it."""
    old_states = list(old_states)
    if not move_study(study, old_states, new_state, actor=actor, message=message, **values):
        allowed = " or ".join(state.label for state in old_states)
        raise Conflict(f"{study.name} is {study.get_state_display()}; to {verb} it, it must be {allowed}.")


def require_ready_dataset(dataset: Dataset) -> None:
    """Raise Conflict, with the state, unless the data set is READY."""
    if dataset.state != Dataset.State.READY:
        raise Conflict(f"The dataset {dataset.name} is {dataset.get_state_display()}: wait until it is ready.")


def _require_search(study: Study) -> None:
    if study.kind != Study.Kind.SEARCH:
        where = _WHERE_LISTED[Study.Kind(study.kind)]
        raise Conflict(f"{study.name} trains a given list of networks: request more of them on {where}.")


def free_name(name: str, word: str = "", *, taken: QuerySet[Any] | None = None) -> str:
    """`name` if no study has it, else with `word` or a number appended, cut to the greatest length of a name.

    `taken` are other rows whose names are taken, in place of the studies.
    """
    rows = Study.objects.all() if taken is None else taken
    for number in range(1, 10_000):
        counted = str(number) if number > 1 else ""
        suffix = "".join(f" {part}" for part in (word, counted) if part)
        free = name[: NAME_LENGTH - len(suffix)] + suffix
        if not rows.filter(name=free).exists():
            return free
    raise Conflict(f"There are too many named {name}: give this one another name.")
