"""Leaderboard of a dataset: every network that its studies trained, one row each, by one energy and one reward."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from django.db.models import F, QuerySet
from numpy.typing import NDArray

from nas_engine import pareto
from nas_engine.reward import RewardParameters, rewards
from webapp.models import Dataset, EnergyModel, StoredArchitecture, Study, Trial
from webapp.queries.accuracy import evaluation_split
from webapp.queries.energy_estimates import ENERGY, ENERGY_SOURCE, CurrentEstimate, with_estimates
from webapp.queries.energy_models import large_fields, title_of
from webapp.queries.paging import PageOf
from webapp.queries.summaries import BlockMark, block_marks
from webapp.translation import reward_parameters

ROWS_A_PAGE = 50
PUBLISHED = "published"
BY_REWARD = "-reward"
SORTS = ("reward", "int8", "energy", "flash", "flops", "parameters", "trained")
COLUMNS = (
    "rank", "network", "best_study", "best_trial", "reward", "int8_accuracy", "int8_accuracy_sd", "trained",
    "energy_mj", "energy_source", "flash_bytes", "flops", "parameters", "full_epochs_least", "full_epochs_most",
    "architecture_hash",
)  # fmt: skip
_SHOWN = ("pk", "number", "label", "study_id", "architecture_id", "int8_accuracy", "flash_bytes", ENERGY, ENERGY_SOURCE,
          "study__full_epochs", "architecture__flops", "architecture__parameters")  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeaderboardFilter:
    """`energy` is the id of an energy model, None for the published figures; `rule` the id of the study whose settings
    of Equation 1 make the rewards; `sort` one of SORTS, with "-" before it for the greatest first.
    """

    energy: int | None = None
    rule: int | None = None
    sort: str = BY_REWARD
    page: int = 1


@dataclass(frozen=True, slots=True)
class RankedNetwork:
    """A network with the means over its `trained` trainings; `deviation` of its accuracies is None for a single one.

    `rank` is by reward, from 1. `best` is the trial of the greatest accuracy, of equals the earliest. Epochs are the
    full training lengths of its studies, from the least to the greatest.
    """

    rank: int
    architecture_hash: str
    name: str
    study_id: int
    number: int
    reward: float
    accuracy: float
    deviation: float | None
    trained: int
    estimate: CurrentEstimate
    flash_bytes: float
    flops: int
    parameters: int
    epochs: tuple[int, int]
    on_energy_front: bool
    on_flash_front: bool


class ShownNetwork(NamedTuple):
    """A row of the page: the network, the name of the study of its best trial, its blocks."""

    network: RankedNetwork
    study: str
    blocks: tuple[BlockMark, ...]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """All networks above chance, sorted as wanted; `at_chance` and `unknown` (no energy by the model) are left out.

    `trials` were completed by `studies` studies; `lengths` are the training lengths that occur among the networks.
    """

    networks: tuple[RankedNetwork, ...]
    trials: int
    studies: int
    at_chance: int
    unknown: int
    lengths: tuple[int, ...]


def leaderboard_context(dataset: Dataset, wanted: LeaderboardFilter) -> dict[str, Any]:
    """One page. Six queries, however many studies and trials."""
    studies = compared(dataset)
    rule = rule_of(studies, wanted.rule)
    found = leaderboard(dataset, studies, rule, wanted)
    models = _models(dataset)
    return {
        "dataset": dataset,
        "found": found,
        "page": _page(found.networks, wanted.page, {study.pk: study.name for study in studies}),
        "wanted": wanted,
        "rule": rule,
        "rules": _rules(studies),
        "energies": ((PUBLISHED, "published figures"), *((str(one.pk), title_of(one)) for one in models)),
        "energy_model": next((one for one in models if one.pk == wanted.energy), None),
    }


def leaderboard_rows(dataset: Dataset, wanted: LeaderboardFilter) -> Iterator[dict[str, Any]]:
    """All rows, of COLUMNS, in the order that is wanted."""
    studies = compared(dataset)
    names = {study.pk: study.name for study in studies}
    for one in leaderboard(dataset, studies, rule_of(studies, wanted.rule), wanted).networks:
        values = (
            one.rank, one.name, names[one.study_id], one.number, one.reward, one.accuracy, one.deviation, one.trained,
            one.estimate.energy_mj, one.estimate.source, one.flash_bytes, one.flops, one.parameters, *one.epochs,
            one.architecture_hash,
        )  # fmt: skip
        yield dict(zip(COLUMNS, values, strict=True))


def compared(dataset: Dataset) -> list[Study]:
    """Searches and baselines of the dataset outside of the archive, the newest first. One query."""
    kinds = (Study.Kind.SEARCH, Study.Kind.BASELINES)
    return list(Study.objects.filter(dataset=dataset, kind__in=kinds, archived=False).order_by("-created_at", "-pk"))


def rule_of(studies: Sequence[Study], study_id: int | None) -> Study:
    """The study whose settings of Equation 1 make the rewards: the chosen one, else the newest search.

    One that is not stored, with the usual settings, where there is none.
    """
    searches = [study for study in studies if study.kind == Study.Kind.SEARCH]
    chosen = next((study for study in studies if study.pk == study_id), None)
    return chosen or next(iter([*searches, *studies]), Study())


def leaderboard(dataset: Dataset, studies: Sequence[Study], rule: Study, wanted: LeaderboardFilter) -> Leaderboard:
    """The networks of completed trials of `studies`. One query."""
    trials = with_estimates(Trial.objects.filter(study__in=studies, state=Trial.State.COMPLETED), wanted.energy)
    is_known = F("estimate__energy_mj") if wanted.energy else F("energy_mj")
    rows = list(trials.annotate(known=is_known).order_by("study_id", "number").values_list(*_SHOWN, "known"))
    by_network: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_network.setdefault(row[4], []).append(row)
    split = evaluation_split(dataset)
    least = split.least_above_chance if split else 0.0
    above = {key: own for key, own in by_network.items() if _mean(own, 5) >= least}
    known = {key: own for key, own in above.items() if any(row[-1] is not None for row in own)}
    return Leaderboard(
        networks=tuple(_sorted(_ranked(known, reward_parameters(rule)), wanted.sort)),
        trials=len(rows),
        studies=len({row[3] for row in rows}),
        at_chance=len(by_network) - len(above),
        unknown=len(above) - len(known),
        lengths=tuple(sorted({row[9] for own in known.values() for row in own})),
    )


def _ranked(found: Mapping[str, list[tuple[Any, ...]]], parameters: RewardParameters) -> list[RankedNetwork]:
    """The networks by reward."""
    groups = list(found.values())
    accuracy, flash = (np.array([_mean(own, place) for own in groups], np.float64) for place in (5, 6))
    energy = np.array([next(row[7] for row in own if row[-1] is not None) for own in groups], np.float64)
    reward = rewards(accuracy, energy, flash, parameters)
    fronts = [_front(accuracy, cost) for cost in (energy, flash)]
    order = np.argsort(-reward, kind="stable").tolist()
    return [
        _network(rank, groups[place], float(reward[place]), (bool(fronts[0][place]), bool(fronts[1][place])))
        for rank, place in enumerate(order, start=1)
    ]


def _front(accuracy: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.bool_]:
    if not len(accuracy):
        return np.zeros(0, bool)
    return np.asarray(pareto.front(np.column_stack([accuracy, cost]), maximise=(True, False)), bool)


def _network(rank: int, own: list[tuple[Any, ...]], reward: float, fronts: tuple[bool, bool]) -> RankedNetwork:
    best = max(own, key=lambda row: row[5])  # the first of equals
    estimate = next(row for row in own if row[-1] is not None)
    accuracies = [row[5] for row in own]
    return RankedNetwork(
        rank=rank,
        architecture_hash=best[4],
        name=next((row[2] for row in own if row[2]), ""),
        study_id=best[3],
        number=best[1],
        reward=reward,
        accuracy=float(np.mean(accuracies)),
        deviation=float(np.std(accuracies, ddof=1)) if len(own) > 1 else None,
        trained=len(own),
        estimate=CurrentEstimate(estimate[7], reward, estimate[8]),
        flash_bytes=_mean(own, 6),
        flops=best[10],
        parameters=best[11],
        epochs=(min(row[9] for row in own), max(row[9] for row in own)),
        on_energy_front=fronts[0],
        on_flash_front=fronts[1],
    )


def _sorted(networks: list[RankedNetwork], sort: str) -> list[RankedNetwork]:
    keys = {
        "reward": lambda one: one.reward,
        "int8": lambda one: one.accuracy,
        "energy": lambda one: one.estimate.energy_mj,
        "flash": lambda one: one.flash_bytes,
        "flops": lambda one: one.flops,
        "parameters": lambda one: one.parameters,
        "trained": lambda one: one.trained,
    }
    return sorted(networks, key=keys[sort.removeprefix("-")], reverse=sort.startswith("-"))


def _page(found: Sequence[RankedNetwork], number: int, studies: Mapping[int, str]) -> PageOf[ShownNetwork]:
    """One query, for the blocks."""
    pages = max(1, -(-len(found) // ROWS_A_PAGE))
    number = min(max(1, number), pages)
    shown = found[(number - 1) * ROWS_A_PAGE : number * ROWS_A_PAGE]
    specs = dict(
        StoredArchitecture.objects.filter(pk__in=[one.architecture_hash for one in shown]).values_list("pk", "spec")
    )
    rows = (ShownNetwork(one, studies[one.study_id], block_marks(specs[one.architecture_hash])) for one in shown)
    return PageOf(tuple(rows), number, pages, len(found))


def _rules(studies: Sequence[Study]) -> tuple[tuple[int, str], ...]:
    """(study, its settings of Equation 1), each setting once, by its newest study."""
    found: dict[RewardParameters, Study] = {}
    for study in studies:
        found.setdefault(reward_parameters(study), study)
    return tuple((study.pk, _rule_in_words(study)) for study in found.values())


def _rule_in_words(study: Study) -> str:
    energy = f"E₀ {study.energy_threshold_mj:g} mJ, {study.energy_step_points:g} points a {study.energy_step_mj:g} mJ"
    flash = f"M₀ {study.flash_threshold_kb:g} kB, {study.flash_step_points:g} points a {study.flash_step_kb:g} kB"
    return f"{energy}; {flash} ({study.name})"


def _mean(rows: Sequence[tuple[Any, ...]], place: int) -> float:
    return float(sum(row[place] for row in rows) / len(rows))


def _models(dataset: Dataset) -> QuerySet[EnergyModel]:
    """Energy models by which trials on the dataset have estimates."""
    known = EnergyModel.objects.filter(energy_estimates__trial__study__dataset=dataset).distinct()
    return known.select_related("device").defer(*large_fields()).order_by("device__name", "-version")
