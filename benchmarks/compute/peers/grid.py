"""The grid of peers: every library's searches at several settings, by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import ClassVar, Protocol, get_args

from benchmarks.compute.spending import Entrant, Signal
from nas_engine.search_space.space import SearchSpace
from nas_engine.simulation.simulated_evaluation import SimulatedPlan

_SAMPLERS = ("tpe", "nsga2", "random")
_PRUNERS = (
    "hyperband_1", "hyperband_5", "asha_1", "asha_5",
    "median_0", "median_10", "median_14", "percentile_0", "percentile_10", "percentile_14",
)  # fmt: skip
_SCHEDULERS = ("asha", "bohb")
_FIRST_RUNGS = (1, 5)  # epochs: the default, and where losses begin to be informative
_SIGNALS: tuple[Signal, ...] = get_args(Signal)


class Peer(Protocol):
    """Settings of a library's search."""

    library: ClassVar[str]
    """Module that is imported."""

    def make(self, space: SearchSpace, seed: int, plan: SimulatedPlan) -> Entrant:
        """Entrant for trainings by `plan`. Raises ImportError where the library is not installed."""
        ...


@dataclass(frozen=True, slots=True)
class Optuna:
    """Sampler, pruner and what is reported to it, by their names in `optuna_peer`."""

    library: ClassVar[str] = "optuna"
    sampler: str
    pruner: str
    signal: Signal

    def make(self, space: SearchSpace, seed: int, plan: SimulatedPlan) -> Entrant:
        from benchmarks.compute.peers import optuna_peer

        return optuna_peer.optuna_entrant(
            space, seed, plan.trial_epochs, sampler=self.sampler, pruner=self.pruner, signal=self.signal
        )


@dataclass(frozen=True, slots=True)
class SyneTune:
    """Scheduler by its name in `syne_tune_peer`, first rung in epochs, and what is reported."""

    library: ClassVar[str] = "syne_tune"
    scheduler: str
    first_rung: int
    signal: Signal

    def make(self, space: SearchSpace, seed: int, plan: SimulatedPlan) -> Entrant:
        from benchmarks.compute.peers import syne_tune_peer

        return syne_tune_peer.SyneTuneEntrant(
            space, seed, plan.trial_epochs, scheduler=self.scheduler, first_rung=self.first_rung, signal=self.signal
        )


@dataclass(frozen=True, slots=True)
class Smac:
    """Least epochs of Hyperband, None for whole trainings only, and what is reported of those that are not whole."""

    library: ClassVar[str] = "smac"
    first_rung: int | None
    signal: Signal

    def make(self, space: SearchSpace, seed: int, plan: SimulatedPlan) -> Entrant:
        from benchmarks.compute.peers import smac_peer

        return smac_peer.SmacEntrant(space, seed, plan.trial_epochs, first_rung=self.first_rung, signal=self.signal)


def _optuna() -> Iterator[tuple[str, Optuna]]:
    for sampler in _SAMPLERS:
        yield f"optuna_{sampler}", Optuna(sampler, "none", "accuracy")
        for pruner, signal in product(_PRUNERS, _SIGNALS):
            yield f"optuna_{sampler}-{pruner}-{signal}", Optuna(sampler, pruner, signal)


def _syne_tune() -> Iterator[tuple[str, SyneTune]]:
    for scheduler, rung, signal in product(_SCHEDULERS, _FIRST_RUNGS, _SIGNALS):
        yield f"syne_tune-{scheduler}_{rung}-{signal}", SyneTune(scheduler, rung, signal)


def _smac() -> Iterator[tuple[str, Smac]]:
    yield "smac", Smac(None, "accuracy")
    for rung, signal in product(_FIRST_RUNGS, _SIGNALS):
        yield f"smac-hyperband_{rung}-{signal}", Smac(rung, signal)


PEERS: Mapping[str, Peer] = {**dict(_optuna()), **dict(_syne_tune()), **dict(_smac())}
LIBRARIES: Mapping[str, str] = {"optuna": "optuna", "syne_tune": "syne-tune", "smac": "smac"}
"""Modules of the peers and the packages that hold them."""
