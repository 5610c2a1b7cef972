"""Entrants by name: Earshot's designers with its stopping rules, and the grid of peers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from typing import ClassVar

from benchmarks.compute.ours import OurEntrant
from benchmarks.compute.peers.grid import LIBRARIES, PEERS, Peer
from benchmarks.compute.spending import Entrant
from benchmarks.search_landscapes import PENALTY
from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings
from nas_engine.early_stopping import registry as rules
from nas_engine.search_space.space import SearchSpace
from nas_engine.simulation.simulated_evaluation import SimulatedPlan

_DESIGNERS = ("hyperfirefly", "random")
_SLOW_DESIGNERS, _RULES_OF_SLOW = ("gaussian_process", "hybrid"), ("none", "marginal_value")
_CONFIDENCE = 0.95
_SWITCH_AT = 30
"""Whole trainings, about 1,000 epochs: a study's default of 1,000 is beyond all budgets."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Designer and rule, by their names in a study. With `by_measured` the best measured network is handed over."""

    library: ClassVar[str] = "nas_engine"
    designer: str
    rule: str
    by_measured: bool = False

    def settings(self) -> DesignerSettings:
        """Settings of the designer, as in a study with this rule."""
        return DesignerSettings(_SWITCH_AT, PENALTY, by_compute=self.rule in rules.BY_COMPUTE)

    def make(self, space: SearchSpace, seed: int, plan: SimulatedPlan) -> Entrant:
        """Entrant for trainings by `plan`."""
        rule = rules.create(
            self.rule, epochs=plan.trial_epochs, qat_epochs=plan.qat_epochs, confidence=_CONFIDENCE, seed=seed
        )
        designer = registry.create(self.designer, space, seed, settings=self.settings())
        epochs = plan.trial_epochs + plan.qat_epochs
        return OurEntrant(space, designer, rule, seed, epochs, by_measured=self.by_measured)


OURS: Mapping[str, Ours] = {
    f"{designer}-{rule}": Ours(designer, rule)
    for designer, rule in (*product(_DESIGNERS, rules.NAMES), *product(_SLOW_DESIGNERS, _RULES_OF_SLOW))
} | {"hyperfirefly-marginal_value-measured": Ours("hyperfirefly", "marginal_value", by_measured=True)}
BY_NAME: Mapping[str, Ours | Peer] = {**OURS, **PEERS}


def missing(names: Iterable[str] = BY_NAME) -> list[str]:
    """Packages that these entrants need and that are not installed."""
    needed = {BY_NAME[name].library for name in names}
    return [package for module, package in LIBRARIES.items() if module in needed and find_spec(module) is None]


def installed() -> list[str]:
    """Names of the entrants whose library is installed."""
    return [name for name in BY_NAME if not missing([name])]
