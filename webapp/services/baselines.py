"""Published networks, trained once for each dataset as trials of a study of their own; every front shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator
from django.db import transaction
from django.utils import timezone

from nas_engine.baselines import Baseline, baseline
from nas_engine.trial_plan import FULL_EPOCHS
from webapp import translation
from webapp.models import Dataset, Study
from webapp.services import studies
from webapp.services.errors import Conflict
from webapp.services.requests import UNANSWERED, ListedNetwork, latest_trials, request_listed, save_architectures
from webapp.services.transitions import Actor, locked_study, record

State = Study.State
DEFAULT_FULL_EPOCHS = FULL_EPOCHS
_NAME = "Baselines of {}"
_ENDED = (State.COMPLETED, State.STOPPED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Requested:
    """Outcome of a request: networks that will be trained, and those that are trained already or under way."""

    study: Study
    requested: tuple[str, ...]
    present: tuple[str, ...]


def train_baselines(
    *,
    dataset_id: int,
    names: Sequence[str],
    full_epochs: int = DEFAULT_FULL_EPOCHS,
    replace: bool = False,
    owner: AbstractBaseUser | None = None,
) -> Requested:
    """Train the baselines `names` (`nas_engine.baselines.baseline`) on a READY dataset, each once.

    They are trained like trials, for three quarters of `full_epochs`, so that they compare with trials. Those that are
    trained or under way are left alone; those that failed or were cancelled are tried again. Conflict if the dataset's
    baselines were trained for another length, unless `replace` requests that all of them be deleted first.
    """
    wanted = _wanted(names)
    _check_length(full_epochs)
    with transaction.atomic():
        dataset = Dataset.objects.select_for_update(no_key=True).get(pk=dataset_id)
        if dataset.state != Dataset.State.READY:
            raise Conflict(f"The dataset {dataset.name} is {dataset.get_state_display()}: wait until it is ready.")
        study = Study.objects.filter(dataset=dataset, kind=Study.Kind.BASELINES).first()
        if study is not None and replace:
            studies.delete(study_id=study.pk, actor=owner)
            study = None
        if study is None:
            study = _create(dataset, full_epochs, owner)
        study = locked_study(study.pk)
        _require_length(study, full_epochs)
        return _extend(study, wanted, owner)


def _wanted(names: Sequence[str]) -> tuple[Baseline, ...]:
    """Each once."""
    try:
        wanted = tuple(dict.fromkeys(baseline(name) for name in names))
    except ValueError as error:
        raise Conflict(str(error)) from error
    if not wanted:
        raise Conflict("Choose at least one baseline.")
    return wanted


def _check_length(full_epochs: int) -> None:
    try:
        Study._meta.get_field("full_epochs").run_validators(full_epochs)
    except ValidationError as error:
        validators = Study._meta.get_field("full_epochs").validators
        limits = [one.limit_value for one in validators if isinstance(one, BaseValidator)]
        raise Conflict(f"Full training length: must be {min(limits)} to {max(limits):,} epochs.") from error


def _create(dataset: Dataset, full_epochs: int, owner: AbstractBaseUser | None) -> Study:
    study = Study.objects.create(
        name=studies.free_name(_NAME.format(dataset.name)),
        dataset=dataset,
        kind=Study.Kind.BASELINES,
        designer=Study.Designer.LISTED,
        trial_budget=0,
        full_epochs=full_epochs,
        state=State.RUNNING,
        started_at=timezone.now(),
        owner_id=owner.pk if owner is not None else None,
    )
    record(study, "", State.RUNNING, actor=owner, message="Created.")
    return study


def _require_length(study: Study, full_epochs: int) -> None:
    if study.full_epochs != full_epochs:
        raise Conflict(
            f"The baselines of {study.dataset.name} were trained for a full length of {study.full_epochs} epochs, not "
            f"{full_epochs}, and would not compare: choose {study.full_epochs}, or have all of them replaced."
        )


def _extend(study: Study, wanted: Sequence[Baseline], actor: Actor) -> Requested:
    """Under the study's lock. Trials are requested from the cheapest network on: the first results come soon."""
    latest = latest_trials(study)
    missing = [one for one in wanted if one.name not in latest or latest[one.name].state in UNANSWERED]
    present = tuple(one.name for one in wanted if one not in missing)
    if not missing:
        return Requested(study, (), present)
    if study.state in (State.PAUSED, State.DRAINING):
        raise Conflict(f"{study.name} is {study.get_state_display()}: resume it before you request more of them.")
    rows = {one.name: translation.architecture_row(translation.baseline_network(one, study.dataset)) for one in missing}
    cheapest_first = sorted(rows, key=lambda name: rows[name].flops)
    save_architectures(list(rows.values()))
    request_listed(study, [ListedNetwork(name, rows[name].hash) for name in cheapest_first], actor)
    message = f"To be trained: {', '.join(cheapest_first)}."
    if study.state in _ENDED:
        studies.reopen(study, _ENDED, "extend", actor, message)
    else:
        record(study, study.state, study.state, actor=actor, message=message)
    return Requested(study, tuple(cheapest_first), present)
