"""Repetitions of completed trials: the same network, seed, settings and data, to see whether it comes out the same.

They are trials of a study of their own, one for each study whose trials are repeated, so that no designer learns from
them and no budget counts them.
"""

from django.db import transaction

from webapp.models import Dataset, Study, Trial
from webapp.queries.finals import features_hash
from webapp.services import listed_studies, studies
from webapp.services.errors import Conflict
from webapp.services.requests import UNANSWERED, ListedNetwork, request_listed
from webapp.services.transitions import Actor, locked_study, record

_NAME = "Repetitions of {}"
_REMEDIES = {
    Trial.State.STOPPED: "its training ended early, by what other trials had reached. Reproduce a completed trial",
    Trial.State.FAILED: "it has no result to compare with. Reproduce a completed trial, such as its retry",
    Trial.State.INFEASIBLE: "it was not trained. Reproduce a completed trial",
    Trial.State.CANCELLED: "it was not trained. Resume its study to have it trained",
}


def reproduce(*, trial_id: int, actor: Actor = None) -> Trial:
    """Request that a COMPLETED trial be trained once more; returns the REQUESTED repetition.

    Conflict if the trial has no result that can be repeated, if its dataset has other features by now, and while
    another repetition of it is open.
    """
    with transaction.atomic():
        parent = _locked_parent(trial_id)
        original = Trial.objects.get(pk=trial_id)
        _require_completed(original)
        _require_same_features(original, parent.dataset)
        _require_none_open(original)
        repetitions = _repetitions_of(parent, actor)
        return _request(original, parent, repetitions, actor)


def _locked_parent(trial_id: int) -> Study:
    """Study of the trial, its row locked: of two requests at once, the second sees the first one's repetition."""
    study_id = Trial.objects.filter(pk=trial_id).values_list("study_id", flat=True).first()
    if study_id is None:
        raise Conflict("There is no such trial any more: it was deleted.")
    return locked_study(study_id)


def _require_completed(trial: Trial) -> None:
    if trial.reproduces_id is not None:
        raise Conflict(f"{_named(trial)} is itself a repetition: reproduce the trial that it repeats.")
    if trial.state != Trial.State.COMPLETED:
        remedy = _REMEDIES.get(Trial.State(trial.state), "wait until it is completed")
        raise Conflict(f"{_named(trial)} is {trial.state_label} and cannot be reproduced: {remedy}.")


def _require_same_features(trial: Trial, dataset: Dataset) -> None:
    """An old trial may not know its features; then the comparison lists them as not recorded."""
    studies.require_ready_dataset(dataset)
    features, current = trial.environment.get("features"), features_hash(dataset)
    if features is not None and features != current:
        raise Conflict(
            f"{_named(trial)} was trained on other features than {dataset.name} has now ({features[:12]}, now "
            f"{current[:12]}): the dataset has been prepared with other clips or another front end since. Train the "
            "network on the present features instead, by a clone of its study."
        )


def _require_none_open(trial: Trial) -> None:
    repeated = Trial.objects.filter(reproduces=trial, state__in=Trial.OPEN).select_related("study").first()
    if repeated is not None:
        raise Conflict(
            f"{_named(trial)} is being reproduced already, as trial {repeated.number} of {repeated.study.name} "
            f"({repeated.state_label}): wait until it has ended."
        )


def _repetitions_of(parent: Study, actor: Actor) -> Study:
    """The study that holds the repetitions of `parent`, its row locked; made if there is none."""
    found = Study.objects.filter(parent=parent, kind=Study.Kind.REPETITIONS).values_list("pk", flat=True).first()
    repetitions = locked_study(found) if found is not None else _create(parent, actor)
    listed_studies.require_open_to_more(repetitions)
    return repetitions


def _create(parent: Study, actor: Actor) -> Study:
    settings = listed_studies.training_settings(parent) | {
        "trial_share": parent.trial_share,
        "space_spec": parent.space_spec,
        "parent": parent,
    }
    message = f"Created for repetitions of trials of {parent.name}."
    name, kind = _NAME.format(parent.name), Study.Kind.REPETITIONS
    return listed_studies.create(name=name, kind=kind, actor=actor, message=message, **settings)


def _request(original: Trial, parent: Study, repetitions: Study, actor: Actor) -> Trial:
    """Add the repetition, under the locks of both studies."""
    network = ListedNetwork(_label(original), original.architecture_id, original.seed, original.pk)
    request_listed(repetitions, [network], actor)
    requested = repetitions.trials.get(reproduces=original, state=Trial.State.REQUESTED)
    message = f"To be trained again: trial {original.number}."
    listed_studies.go_on(repetitions, message, actor)
    note = f"To be reproduced, as trial {requested.number} of {repetitions.name}."
    record(parent, original.state, original.state, trial_id=original.pk, actor=actor, message=note)
    return requested


def _label(original: Trial) -> str:
    """Name of the repetition; of one that failed, which is then retried by its name, the same again."""
    answered = Trial.objects.filter(reproduces=original).exclude(state__in=UNANSWERED).count()
    return f"trial {original.number} again" + (f" ({answered + 1})" if answered else "")


def _named(trial: Trial) -> str:
    return f"{trial.label}, trial {trial.number}," if trial.label else f"Trial {trial.number}"
