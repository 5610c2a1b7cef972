"""Landscapes of the compared searches: the paper's 2-D space with rewards of recorded or synthetic trainings."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.constraints import penalty_of
from nas_engine.cost import cost
from nas_engine.designers.base import Objectives
from nas_engine.energy.estimators.analytical import predict_energy_mj
from nas_engine.reward import RewardParameters, reward
from nas_engine.search_space.paper_spaces import SearchSpace, paper_2d
from nas_engine.simulation.recorded_trainings import RecordedEvaluator
from nas_engine.simulation.recording import read_recording
from nas_engine.simulation.simulated_evaluation import DEFAULT_PLAN, Simulate, SimulatedPlan, simulate
from nas_engine.simulation.synthetic_landscape import asymptotic_accuracy

RECORDED = "recorded"
MADE_UP = "made_up"
NAMES = (RECORDED, MADE_UP)
PARAMETERS = RewardParameters()
PENALTY = penalty_of(PARAMETERS, lambda counted: predict_energy_mj(counted).energy_mj)
"""Penalty of Equation 1 as a study passes it to its designer."""


@dataclass(frozen=True, slots=True)
class SearchLandscape:
    """Rewards by Equation 1 with the paper's parameters; `accuracy` is that of a training without noise."""

    space: SearchSpace
    simulate: Simulate
    accuracy: Callable[[Architecture], float]
    plan: SimulatedPlan

    def observed(self, architecture: Architecture, seed: int, number: int) -> tuple[float, Objectives]:
        """Reward of trial `number` of the search `seed`, with training noise that differs between trials."""
        noise = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        plan = SimulatedPlan(self.plan.trial_epochs, self.plan.qat_epochs, noise)
        measured = self.simulate(architecture, plan).result
        objectives = Objectives(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes)
        return reward(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes, PARAMETERS), objectives

    def noise_free(self, architecture: Architecture) -> float:
        """Reward with the mean accuracy of repeated trainings."""
        counted = cost(architecture)
        energy_mj = predict_energy_mj(counted).energy_mj
        return reward(self.accuracy(architecture), energy_mj, counted.flash_bytes_estimate, PARAMETERS)


def landscape(name: str, seed: int, recording: Path) -> SearchLandscape:
    """Landscape `name` (one of `NAMES`). The recorded one differs between seeds, the synthetic one does not.

    Raises ValueError where the recording cannot be read or is too small, KeyError for an unknown name.
    """
    return {RECORDED: lambda: _recorded(recording, seed), MADE_UP: made_up}[name]()


def edition(name: str, recording: Path) -> str:
    """Name and version of the landscape; searches of different versions cannot be compared."""
    if name != RECORDED:
        return name
    return f"{name}-{hashlib.sha256(recording.read_bytes()).hexdigest()[:8]}"


def is_one_for_all_seeds(name: str) -> bool:
    return name != RECORDED


@lru_cache(maxsize=1)
def _recorded(recording: Path, seed: int) -> SearchLandscape:
    evaluator = RecordedEvaluator(read_recording(recording), seed)
    return SearchLandscape(evaluator.space, evaluator.simulate, evaluator.accuracy, evaluator.plan)


def made_up() -> SearchLandscape:
    """Landscape of `nas_engine.simulation.simulated_evaluation`."""
    return SearchLandscape(paper_2d(), simulate, asymptotic_accuracy, DEFAULT_PLAN)
