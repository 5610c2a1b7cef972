"""Entrants by name: Earshot's designers with its stopping rules, and the grid of peers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from typing import ClassVar

from benchmarks.compute.ours import OurEntrant
from benchmarks.compute.peers.grid import LIBRARIES, PEERS, Peer
from benchmarks.compute.spending import Entrant
from nas_engine.early_stopping import registry as rules
from nas_engine.search_space.space import SearchSpace
from nas_engine.simulation.simulated_evaluation import SimulatedPlan

_DESIGNERS = ("hyperfirefly", "random")
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Ours:
    """Designer and stopping rule, by their names in a study."""

    library: ClassVar[str] = "nas_engine"
    designer: str
    rule: str

    def make(self, space: SearchSpace, seed: int, plan: SimulatedPlan) -> Entrant:
        """Entrant for trainings by `plan`."""
        rule = rules.create(
            self.rule, epochs=plan.trial_epochs, qat_epochs=plan.qat_epochs, confidence=_CONFIDENCE, seed=seed
        )
        return OurEntrant(space, seed, self.designer, rule)


OURS: Mapping[str, Ours] = {
    f"{designer}-{rule}": Ours(designer, rule) for designer, rule in product(_DESIGNERS, rules.NAMES)
}
BY_NAME: Mapping[str, Ours | Peer] = {**OURS, **PEERS}


def missing(names: Iterable[str] = BY_NAME) -> list[str]:
    """Packages that these entrants need and that are not installed."""
    needed = {BY_NAME[name].library for name in names}
    return [package for module, package in LIBRARIES.items() if module in needed and find_spec(module) is None]


def installed() -> list[str]:
    """Names of the entrants whose library is installed."""
    return [name for name in BY_NAME if not missing([name])]
