"""Entrants by name: Earshot's designers with its stopping rules, and the grid of peers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import get_args

from benchmarks.compute.ours import OurEntrant
from benchmarks.compute.spending import Entrant, Signal
from benchmarks.search_landscapes import PENALTY
from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings
from nas_engine.early_stopping import registry as rules
from nas_engine.search_space.space import SearchSpace
from nas_engine.simulation.simulated_evaluation import SimulatedPlan

_SAMPLERS = ("tpe", "nsga2", "random")
_PRUNERS = (
    "hyperband_1", "hyperband_5", "asha_1", "asha_5",
    "median_0", "median_10", "median_14", "percentile_0", "percentile_10", "percentile_14",
)  # fmt: skip
_SIGNALS: tuple[Signal, ...] = get_args(Signal)
_DESIGNERS = ("hyperfirefly", "random")
_SLOW_DESIGNERS, _RULES_OF_SLOW = ("gaussian_process", "hybrid"), ("none", "marginal_value")
_CONFIDENCE = 0.95
_SWITCH_AT = 30
"""Whole trainings, about 1,000 epochs: a study's default of 1,000 is beyond all budgets."""


@dataclass(frozen=True, slots=True)
class Ours:
    """Designer and stopping rule, by their names in a study."""

    designer: str
    rule: str

    def settings(self) -> DesignerSettings:
        """Settings of the designer, as in a study with this rule."""
        return DesignerSettings(_SWITCH_AT, PENALTY, by_compute=self.rule in rules.BY_COMPUTE)

    def make(self, space: SearchSpace, seed: int, plan: SimulatedPlan) -> Entrant:
        """Entrant for trainings by `plan`."""
        rule = rules.create(
            self.rule, epochs=plan.trial_epochs, qat_epochs=plan.qat_epochs, confidence=_CONFIDENCE, seed=seed
        )
        designer = registry.create(self.designer, space, seed, settings=self.settings())
        return OurEntrant(space, designer, rule, seed, plan.trial_epochs + plan.qat_epochs)


@dataclass(frozen=True, slots=True)
class Optuna:
    """Sampler, pruner and what is reported to it, by their names in `peers`."""

    sampler: str
    pruner: str
    signal: Signal

    def make(self, space: SearchSpace, seed: int, plan: SimulatedPlan) -> Entrant:
        """Entrant for trainings by `plan`. Raises ImportError where Optuna is not installed."""
        from benchmarks.compute import peers

        return peers.optuna_entrant(
            space,
            seed,
            plan.trial_epochs,
            sampler=self.sampler,
            pruner=self.pruner,
            signal=self.signal,
        )


def _peers() -> Iterator[tuple[str, Optuna]]:
    for sampler in _SAMPLERS:
        yield f"optuna_{sampler}", Optuna(sampler, "none", "accuracy")
        for pruner, signal in product(_PRUNERS, _SIGNALS):
            yield f"optuna_{sampler}-{pruner}-{signal}", Optuna(sampler, pruner, signal)


OURS: Mapping[str, Ours] = {
    f"{designer}-{rule}": Ours(designer, rule)
    for designer, rule in (*product(_DESIGNERS, rules.NAMES), *product(_SLOW_DESIGNERS, _RULES_OF_SLOW))
}
PEERS: Mapping[str, Optuna] = dict(_peers())
BY_NAME: Mapping[str, Ours | Optuna] = {**OURS, **PEERS}
