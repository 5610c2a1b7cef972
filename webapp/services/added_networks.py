"""Networks that a person adds to a search: trials like any other, besides the designer's suggestions.

A network of the study's space is an outcome that its designer learns from: designers assume of an outcome that its
architecture belongs to the space, and not that they suggested it (`nas_engine.designers.base.Designer`). One outside
of the space, such as a published network, is trained and shown alike, and reported to no designer: every one of them
encodes a network as the options of the space, and raises ValueError where there is none. Such a trial is marked
`outside_space`.

An added trial counts to the budget, and the budget grows by one for it: "24 of 25 trials" stays the truth, and the
designer keeps all trials that it was given. It is trained whole, whatever the stopping rule would say.
"""

from django.db import transaction

from nas_engine.architecture import Architecture
from nas_engine.errors import InfeasibleArchitecture
from webapp import translation
from webapp.models import Dataset, StoredArchitecture, Study, Trial
from webapp.services.errors import Conflict
from webapp.services.requests import AddedNetwork, request_trial, save_architectures
from webapp.services.steering import require_steerable
from webapp.services.studies import reopen, require_ready_dataset
from webapp.services.transitions import Actor, locked_study, record

State = Study.State


def add_network(*, study_id: int, network: Architecture, note: str, label: str = "", actor: Actor = None) -> Trial:
    """Request that `network` be trained as a trial of a study that has started; a COMPLETED one runs again.

    `note` states where it comes from. Conflict, with what to do, where the network does not fit the data set, cannot be
    built, violates a constraint that the study enforces, or is a trial of the study already, and where the study was
    stopped or has failed.
    """
    study = Study.objects.select_related("dataset", "energy_model").get(pk=study_id)
    require_steerable(study)
    require_ready_dataset(study.dataset)
    _require_fit(network, study.dataset)
    row = _row(network)
    _require_within_constraints(network, study)
    save_architectures([row])
    added = AddedNetwork(note, outside_space=not translation.search_space(study).contains(network))
    with transaction.atomic():
        study = locked_study(study_id)
        require_steerable(study)
        if study.state in (State.STOPPED, State.FAILED):
            raise Conflict(f"{study.name} is {study.get_state_display()}: resume it before you add a network.")
        _require_new(network, row, study)
        study.trial_budget += 1
        study.save(update_fields=["trial_budget"])
        trial_id = request_trial(study, row.hash, suggestion={}, label=label, added=added, actor=actor)
        _go_on(study, actor)
    return Trial.objects.get(pk=trial_id)


def _go_on(study: Study, actor: Actor) -> None:
    message = f"A network was added by hand; the budget is {study.trial_budget} trials now."
    if study.state == State.COMPLETED:
        reopen(study, [State.COMPLETED], "extend", actor, message)
    else:
        record(study, study.state, study.state, actor=actor, message=message)


def _require_fit(network: Architecture, dataset: Dataset) -> None:
    wanted = translation.fitted_network(network, dataset)
    if network.stem != wanted.stem:
        raise Conflict(
            f"The network takes {network.stem.frames} frames of {network.stem.mel_bins} mel bins, but {dataset.name} "
            f"has {wanted.stem.frames} of {wanted.stem.mel_bins}: change its stem."
        )
    if network.head != wanted.head:
        raise Conflict(
            f"The network has {network.head.classes} outputs, but {dataset.name} has {wanted.head.classes} classes: "
            "change its head."
        )


def _row(network: Architecture) -> StoredArchitecture:
    try:
        return translation.architecture_row(network)
    except InfeasibleArchitecture as error:
        raise Conflict(f"The network cannot be built: {error}.") from error


def _require_within_constraints(network: Architecture, study: Study) -> None:
    violation = translation.check(study)(network) if study.enforce_constraints else None
    if violation is not None:
        raise Conflict(f"The network violates a constraint of {study.name}, which enforces them: {violation.reason}.")


def _require_new(network: Architecture, row: StoredArchitecture, study: Study) -> None:
    """By `network_hash`, which no table holds: trials of equal costs are looked at."""
    costs = {f"architecture__{name}": getattr(row, name) for name in ("flops", "parameters", "peak_activation_bytes")}
    trials = study.trials.filter(**costs, violates_constraints=False).exclude(state=Trial.State.CANCELLED)
    for trial in trials.select_related("architecture").order_by("number"):
        if translation.architecture(trial.architecture).network_hash == network.network_hash:
            raise Conflict(
                f"{study.name} has this network already, as trial {trial.number} ({trial.state_label}): reproduce that "
                "trial to have it trained again."
            )
