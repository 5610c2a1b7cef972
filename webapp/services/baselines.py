"""Published networks, trained once for each dataset as trials of a study of their own; every front shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator
from django.db import transaction

from nas_engine.baselines import Baseline, baseline
from nas_engine.trial_plan import FULL_EPOCHS
from webapp import translation
from webapp.models import Dataset, Study
from webapp.services import listed_studies, studies
from webapp.services.errors import Conflict
from webapp.services.requests import UNANSWERED, ListedNetwork, latest_trials, request_listed, save_architectures
from webapp.services.transitions import Actor, locked_study

DEFAULT_FULL_EPOCHS = FULL_EPOCHS
_NAME = "Baselines of {}"


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
    wanted = wanted_baselines(names)
    _check_length(full_epochs)
    with transaction.atomic():
        dataset = Dataset.objects.select_for_update(no_key=True).get(pk=dataset_id)
        studies.require_ready_dataset(dataset)
        study = Study.objects.filter(dataset=dataset, kind=Study.Kind.BASELINES).first()
        if study is not None and replace:
            studies.delete(study_id=study.pk, actor=owner)
            study = None
        if study is None:
            study = listed_studies.create(
                name=_NAME.format(dataset.name),
                kind=Study.Kind.BASELINES,
                actor=owner,
                dataset=dataset,
                full_epochs=full_epochs,
            )
        study = locked_study(study.pk)
        _require_length(study, full_epochs)
        return _extend(study, wanted, owner)


def wanted_baselines(names: Sequence[str]) -> tuple[Baseline, ...]:
    """Baselines by their names, each once. Raises Conflict for a name that none has, and for none."""
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
    listed_studies.require_open_to_more(study)
    rows = {one.name: translation.architecture_row(translation.baseline_network(one, study.dataset)) for one in missing}
    cheapest_first = sorted(rows, key=lambda name: rows[name].flops)
    save_architectures(list(rows.values()))
    request_listed(study, [ListedNetwork(name, rows[name].hash) for name in cheapest_first], actor)
    message = f"To be trained: {', '.join(cheapest_first)}."
    listed_studies.go_on(study, message, actor)
    return Requested(study, tuple(cheapest_first), present)
