"""Warm start of a study: its first trials are the best networks of an earlier study.

As `benchmarks.compute.warm_start` measures it: each of the networks is trained again, for this study's data and length,
and the designer learns from its result as from any other. So no result of another data set, length or reward is mixed
in, and nothing needs a weight: a network that was taken over weighs as one trial, and counts to the budget as one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from nas_engine.architecture import Architecture
from nas_engine.reward import reward
from webapp import translation
from webapp.models import StoredArchitecture, Study, Trial
from webapp.queries.accuracy import above_chance
from webapp.queries.energy_estimates import ENERGY, with_estimates
from webapp.services.errors import Conflict
from webapp.services.requests import AddedNetwork, request_trial, save_architectures
from webapp.services.transitions import Actor, locked_study, record

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class TakenNetworks:
    """What was taken: numbers of trials of the study `study`, best first, of its `completed` trials above chance."""

    study: str
    completed: int
    numbers: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"numbers": list(self.numbers)}


@dataclass(frozen=True, slots=True)
class _Taken:
    number: int
    network: Architecture


def choose_warm_start(*, study_id: int, source_id: int | None, networks: int, actor: Actor = None) -> Study:
    """Have a DRAFT start with the `networks` best of the study `source_id`; None: from nothing. Conflict with what to
    do where the study has started, or the source has no completed trial.
    """
    with transaction.atomic():
        study = locked_study(study_id)
        if study.state != Study.State.DRAFT:
            raise Conflict(f"{study.name} has started: a warm start is chosen for a draft; clone it.")
        source = None if source_id is None else Study.objects.get(pk=source_id)
        if source is not None and not _ranked(source, study):
            raise Conflict(f"{source.name} has no completed trial above chance to start from.")
        study.warm_start_from, study.warm_start_networks = source, networks
        study.save(update_fields=["warm_start_from", "warm_start_networks"])
        message = f"To start from the {networks} best networks of {source.name}." if source else "To start cold."
        record(study, study.state, study.state, actor=actor, message=message)
    return study


def take_warm_start(study: Study) -> None:
    """Request the first trials of a study that is starting, under its lock. Raises Conflict where none can be taken."""
    source = study.warm_start_from
    if source is None:
        return
    ranked = _ranked(source, study)
    most = min(study.warm_start_networks, study.trial_budget)
    taken = [one for one, _ in zip(_usable(ranked, study), range(most), strict=False)]
    if not taken:
        raise Conflict(
            f"None of the {len(ranked)} completed trials of {source.name} is a network of this study's search space "
            "that keeps its constraints: choose another study to start from, or none."
        )
    save_architectures([translation.architecture_row(one.network) for one in taken])
    for one in taken:
        note = f"trial {one.number} of {source.name}"
        added = AddedNetwork(note, origin=Trial.Origin.WARM_START)
        request_trial(study, one.network.hash, suggestion={}, added=added)
    study.warm_start = TakenNetworks(source.name, len(ranked), tuple(one.number for one in taken)).to_json()
    study.save(update_fields=["warm_start"])
    message = f"Warm start: {len(taken)} of {len(ranked)} completed trials of {source.name} are trained first."
    record(study, study.state, study.state, message=message)


def _ranked(source: Study, study: Study) -> Sequence[tuple[int, str]]:
    """(number, hash) of the completed trials of `source` above chance, by what `study` would reward, best first."""
    parameters = translation.reward_parameters(study)
    completed = source.trials.filter(above_chance([source.dataset]), state=Trial.State.COMPLETED, confirms=None)
    columns = ("number", "architecture_id", "reward_accuracy", ENERGY, "flash_bytes")
    rows = with_estimates(completed, source.energy_model_id).values_list(*columns)
    rewards = [
        (reward(accuracy, energy_mj, flash_bytes, parameters), number, key)
        for number, key, accuracy, energy_mj, flash_bytes in rows
        if energy_mj is not None  # an NPU knows none of a network that was not compiled
    ]
    return [(number, key) for _, number, key in sorted(rewards, key=lambda row: (-row[0], row[1]))]


def _usable(ranked: Sequence[tuple[int, str]], study: Study) -> Iterator[_Taken]:
    """Different networks of the study's space that keep its constraints, fitted to its data set, in the same order."""
    space, check, seen = translation.search_space(study), translation.check(study), set[str]()
    for begin in range(0, len(ranked), _AT_ONCE):
        part = ranked[begin : begin + _AT_ONCE]
        stored = StoredArchitecture.objects.in_bulk([key for _, key in part])
        for number, key in part:
            network = translation.fitted_network(translation.architecture(stored[key]), study.dataset)
            if network.network_hash in seen or not space.contains(network) or check(network) is not None:
                continue
            seen.add(network.network_hash)
            yield _Taken(number, network)
