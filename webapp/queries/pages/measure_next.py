"""Networks to measure next on a device, drawn from a space or from a study's front."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.cost import ArchitectureCost, cost
from nas_engine.energy.estimators.base import EnergyEstimate
from nas_engine.energy.estimators.proposals import propose
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.search_space.paper_spaces import NAMES, by_name
from nas_engine.search_space.space import SearchSpace
from webapp.energy_predictors import predictor
from webapp.models import Campaign, Device, EnergyModel, StoredArchitecture, Study
from webapp.queries.energy_models import trained_models
from webapp.queries.pages.results import results
from webapp.queries.spaces import SPACE_NAMES
from webapp.queries.summaries import BlockMark, block_marks
from webapp.queries.whole_numbers import whole_number
from webapp.translation import architecture, search_space

DRAWN = 600
MOST_PROPOSED, USUAL = 100, 20
_MOST_MEASURED = 2_000
_STUDIES = 20
SPACE, FRONT = "space", "front"


@dataclass(frozen=True, slots=True)
class NetworkSource:
    """Where networks come from: `key` is "space-paper_2d", "space-12" (a study's own) or "front-12"."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """A network worth measuring, and what the present model believes of it."""

    architecture: Architecture
    blocks: tuple[BlockMark, ...]
    flops: int
    estimate: EnergyEstimate

    @property
    def hash(self) -> str:
        return self.architecture.hash


@dataclass(frozen=True, slots=True)
class Batch:
    """`networks`, the most informative first. `measured` networks of the device were known before."""

    networks: tuple[Proposed, ...]
    model: EnergyModel | None
    measured: int


def measure_next_context(device: Device, key: str, count: int) -> dict[str, Any]:
    """`count` networks of the source `key`, of the first one without a key.

    Where there is no such source, "problem" is why, and the networks are of the first one.
    """
    listed, problem = sources(), ""
    key = key or listed[0].key
    try:
        networks = offered(key)
    except ValueError as error:
        problem, key = str(error), listed[0].key
        networks = offered(key)
    return {
        "device": device,
        "sources": listed,
        "source": key,
        "problem": problem,
        "count": count,
        "most": MOST_PROPOSED,
        "batch": batch(device, networks, count),
        "campaigns": list(Campaign.objects.filter(device=device).order_by("-created_at")),
    }


def sources() -> tuple[NetworkSource, ...]:
    """The paper's spaces, and space and front of the newest searches. One query."""
    spaces = [NetworkSource(f"{SPACE}-{name}", f"{SPACE_NAMES[name]}: networks drawn at random") for name in NAMES]
    studies = Study.objects.filter(kind=Study.Kind.SEARCH).exclude(space_spec={}).order_by("-created_at")
    for pk, name in studies.values_list("pk", "name")[:_STUDIES]:
        spaces += [
            NetworkSource(f"{FRONT}-{pk}", f"{name}: its energy front"),
            NetworkSource(f"{SPACE}-{pk}", f"{name}: its search space"),
        ]
    return tuple(spaces)


def offered(key: str) -> tuple[Architecture, ...]:
    """The networks of a source, always the same of a space. Raises ValueError for a source that is none."""
    kind, _, which = key.partition("-")
    if kind == SPACE and which in NAMES:
        return _drawn(by_name(which, classes=9))
    study = Study.objects.filter(pk=whole_number(which) or 0).first()
    if study is None or not study.space_spec or kind not in (SPACE, FRONT):
        raise ValueError(f"There are no networks called {key}: choose a space or a front from the list.")
    return _drawn(search_space(study)) if kind == SPACE else _front(study)


def _drawn(space: SearchSpace) -> tuple[Architecture, ...]:
    rng = np.random.default_rng(0)
    drawn = {network.hash: network for network in (space.sample(rng) for _ in range(DRAWN))}
    return tuple(drawn.values())


def _front(study: Study) -> tuple[Architecture, ...]:
    found = results(study)
    rows = StoredArchitecture.objects.filter(trials__in=found.ids_on(found.on_energy_front)).distinct()
    return tuple(architecture(row) for row in rows.order_by("hash"))


def batch(device: Device, networks: Sequence[Architecture], count: int) -> Batch:
    """`count` of `networks` that were not measured on the device yet, by its newest model. Three queries."""
    model = trained_models().filter(device=device).order_by("-version").first()
    rows = StoredArchitecture.objects.filter(runs__campaign__device=device, runs__energy_mj__isnull=False).distinct()
    measured = {row.hash: architecture(row) for row in rows[:_MOST_MEASURED]}
    counted = _counted([network for network in networks if network.hash not in measured])
    known = list(_counted(list(measured.values())).values())
    by_place = list(counted)
    proposals = propose(list(counted.values()), known, predictor(model), count)
    shown = (_proposed(by_place[one.index], counted[by_place[one.index]], one.estimate) for one in proposals)
    return Batch(tuple(shown), model, len(measured))


def _counted(networks: Sequence[Architecture]) -> Mapping[Architecture, ArchitectureCost]:
    """Those that can be built, with their costs."""
    counted = {}
    for network in networks:
        try:
            counted[network] = cost(network)
        except InfeasibleArchitecture:
            continue
    return counted


def _proposed(network: Architecture, counted: ArchitectureCost, estimate: EnergyEstimate) -> Proposed:
    return Proposed(network, block_marks(network.to_json()), counted.flops, estimate)
