"""Finalists: networks of a search, or published ones, trained again with several seeds for the full length.

They are listed trials of a FINALS study: one that belongs to a search, or one of the baselines for each recipe (data
set, lengths, batch size, runtime), which all searches share. The search itself, its budget and its designer stay as
they are (Speckhard et al., section 5: the best architectures are retrained five times for 33 % longer).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from nas_engine.baselines import NAMES
from webapp import translation
from webapp.models import Dataset, Finalist, StoredArchitecture, Study, Trial
from webapp.queries.finals import final_baselines_of
from webapp.services import listed_studies, studies
from webapp.services.baselines import wanted_baselines
from webapp.services.errors import Conflict
from webapp.services.requests import ListedNetwork, request_listed, save_architectures
from webapp.services.transitions import Actor, locked_study

SEEDS = 5
"""Seeds a finalist is trained with unless a person chooses another number (paper, Table 1)."""
MOST_SEEDS = 20
FULL_SHARE = 1.0
"""Share of the full length that a finalist trains for, a third more than a trial's three quarters."""
_FIRST_SEED = 1_700_000_001


@dataclass(frozen=True, slots=True)
class RequestedFinals:
    """Outcome of a request: the FINALS study, networks that are new in it or get more seeds, and those that stay."""

    finals: Study
    added: tuple[str, ...]
    present: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Chosen:
    label: str
    architecture: StoredArchitecture
    chosen: Finalist.Chosen
    source: Trial | None = None


def seed_of(replicate: int) -> int:
    """Seed of replicate number `replicate` (from 1): the same for all networks, so that differences are paired.

    No search uses these seeds unless its own seed is above 16,999.
    """
    return _FIRST_SEED + replicate - 1


def train_finalists(
    *, study_id: int, trial_ids: Sequence[int], chosen: Finalist.Chosen, seeds: int = SEEDS, actor: Actor = None
) -> RequestedFinals:
    """Train the networks of completed trials of a search again, each with `seeds` seeds.

    A network that is a finalist already gets the seeds that it lacks; seeds that failed or were cancelled are tried
    again. Conflict where a trial has not completed or the data set is not ready.
    """
    _check_seeds(seeds)
    with transaction.atomic():
        study = locked_study(study_id)
        if study.kind != Study.Kind.SEARCH:
            raise Conflict(f"{study.name} is no search: choose finalists on the page of the search they come from.")
        networks = _networks_of(study, trial_ids, chosen)
        finals = study.children.filter(kind=Study.Kind.FINALS).first() or _create(
            study, f"Finalists of {study.name}", actor, parent=study
        )
        return _extend(finals, networks, seeds, actor)


def train_final_baselines(
    *, study_id: int, names: Sequence[str] = NAMES, seeds: int = SEEDS, actor: Actor = None
) -> RequestedFinals:
    """Train published networks by the recipe of a study, each with `seeds` seeds, once for every study of that recipe.

    Conflict for a name that is not one of `nas_engine.baselines`.
    """
    _check_seeds(seeds)
    with transaction.atomic():
        study = Study.objects.select_related("dataset").get(pk=study_id)
        Dataset.objects.select_for_update(no_key=True).get(pk=study.dataset_id)  # two studies of one recipe take turns
        networks = _published(study.dataset, names)
        finals = Study.objects.filter(final_baselines_of(study)).first() or _create(
            study,
            f"Finals of the baselines of {study.dataset.name}",
            actor,
            energy_model=None,
            accuracy_measure=Study.AccuracyMeasure.CLIPS,
        )
        return _extend(finals, networks, seeds, actor)


def _check_seeds(seeds: int) -> None:
    if not 1 <= seeds <= MOST_SEEDS:
        raise Conflict(f"Seeds: must be 1 to {MOST_SEEDS}, not {seeds}.")


def _networks_of(study: Study, trial_ids: Sequence[int], chosen: Finalist.Chosen) -> list[_Chosen]:
    """Each architecture once, by the first of `trial_ids` that has it."""
    found = study.trials.select_related("architecture").in_bulk(list(trial_ids))
    networks: dict[str, _Chosen] = {}
    for trial_id in trial_ids:
        trial = found.get(trial_id)
        if trial is None or trial.state != Trial.State.COMPLETED:
            raise Conflict("Only completed trials of this study can be finalists: choose others.")
        label = f"trial {trial.number}"
        networks.setdefault(trial.architecture_id, _Chosen(label, trial.architecture, chosen, trial))
    if not networks:
        raise Conflict("Choose at least one completed trial as a finalist.")
    return list(networks.values())


def _published(dataset: Dataset, names: Sequence[str]) -> list[_Chosen]:
    wanted = wanted_baselines(names)
    rows = [translation.architecture_row(translation.baseline_network(one, dataset)) for one in wanted]
    save_architectures(rows)
    pairs = zip(wanted, rows, strict=True)
    return [_Chosen(one.name, row, Finalist.Chosen.BASELINE) for one, row in pairs]


def _create(study: Study, name: str, actor: Actor, **changed: Any) -> Study:
    settings = listed_studies.training_settings(study) | {"trial_share": FULL_SHARE} | changed
    return listed_studies.create(name=name, kind=Study.Kind.FINALS, actor=actor, **settings)


def _extend(finals: Study, networks: Sequence[_Chosen], seeds: int, actor: Actor) -> RequestedFinals:
    """Under the lock of the search or the data set."""
    finals = locked_study(finals.pk)
    studies.require_ready_dataset(finals.dataset)
    listed_studies.require_open_to_more(finals)
    finalists = [_finalist(finals, network, seeds, actor) for network in networks]
    before = finals.trials.count()
    request_listed(finals, _listed(finalists), actor)
    requested = set(finals.trials.order_by("number").values_list("architecture_id", flat=True)[before:])
    added = tuple(one.label for one in finalists if one.architecture_id in requested)
    present = tuple(one.label for one in finalists if one.architecture_id not in requested)
    if added:
        listed_studies.go_on(finals, f"To be trained with {seeds} seeds: {', '.join(added)}.", actor)
    return RequestedFinals(finals, added, present)


def _finalist(finals: Study, network: _Chosen, seeds: int, actor: Actor) -> Finalist:
    values = {
        "label": network.label,
        "source": network.source,
        "chosen": network.chosen,
        "seeds": seeds,
        "added_by_id": actor.pk if actor is not None else None,
    }
    finalist, is_new = finals.finalists.get_or_create(architecture=network.architecture, defaults=values)
    if not is_new and finalist.seeds < seeds:
        finalist.seeds = seeds
        finalist.save(update_fields=["seeds"])
    return finalist


def _listed(finalists: Iterable[Finalist]) -> list[ListedNetwork]:
    return [
        ListedNetwork(f"{one.label}, seed {replicate}", one.architecture_id, seed_of(replicate))
        for one in finalists
        for replicate in range(1, one.seeds + 1)
    ]
