"""What the searches search: landscapes fitted to recorded trainings, and the made-up one, with whole learning curves.

Rules are developed on trainings with odd numbers and published on those with even ones, each seed with a landscape of
its own. The made-up landscape has no such parts: what is published of it is what rules were developed on.

Trainings of one network scatter as recorded ones do, or, of recordings without repetitions, as those that are kept in
`repetitions.json`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from benchmarks.search_landscapes import MADE_UP, PENALTY
from nas_engine import simulation
from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import Evaluation
from nas_engine.search_space.paper_spaces import SearchSpace, paper_2d
from nas_engine.simulation.recorded_trainings import RecordedEvaluator
from nas_engine.simulation.recording import read_recording
from nas_engine.simulation.repetitions import REPETITIONS, known_noise
from nas_engine.simulation.simulated_evaluation import Simulate, SimulatedPlan, expected_accuracy, simulate

Part = Literal["odd", "even"]
PARTS: tuple[Part, ...] = get_args(Part)
_DATA = Path("benchmarks/data")
_SIMULATING = (
    "fitted_landscape", "recorded_curves", "recorded_trainings", "recording", "simulated_evaluation",
    "synthetic_landscape", "typical_curve",
)  # fmt: skip
"""Modules of `nas_engine.simulation` that a simulated training follows from."""
_MADE_UP_PLAN = SimulatedPlan(trial_epochs=30, qat_epochs=4)


@dataclass(frozen=True, slots=True)
class Landscape:
    """Trainings of the networks of a space; `accuracy` is that of a training without noise (0..1)."""

    space: SearchSpace
    simulate: Simulate
    accuracy: Callable[[Architecture], float]
    plan: SimulatedPlan

    def train(self, architecture: Architecture, seed: int, number: int) -> Evaluation:
        """Training `number` of the search `seed`: another noise with each."""
        noise = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        return self.simulate(architecture, replace(self.plan, seed=noise))

    def noise_free(self, architecture: Architecture) -> float:
        """Reward with the mean accuracy of repeated trainings."""
        return self.accuracy(architecture) - PENALTY(architecture)


def names() -> tuple[str, ...]:
    """Recordings of `benchmarks/data` by their files' names, then the made-up landscape."""
    return (*(path.stem for path in sorted(_DATA.glob("*.jsonl"))), MADE_UP)


@lru_cache
def edition(name: str) -> str:
    """Version of a landscape: the beginning of a hash of its data and of the code that simulates trainings."""
    data = [] if name == MADE_UP else [_DATA / f"{name}.jsonl", _DATA / REPETITIONS]
    found = hashlib.sha256()
    folder = Path(simulation.__path__[0])
    for path in (*data, *(folder / f"{module}.py" for module in _SIMULATING)):
        found.update(path.read_bytes())
    return found.hexdigest()[:8]


@lru_cache(maxsize=2)
def landscape(name: str, part: Part, seed: int) -> Landscape:
    """Landscape `name` of one part of its recording. The made-up one has no parts, and is one for all seeds.

    Raises FileNotFoundError for an unknown name.
    """
    if name == MADE_UP:
        return Landscape(paper_2d(), simulate, lambda one: expected_accuracy(one, _MADE_UP_PLAN), _MADE_UP_PLAN)
    path = _DATA / f"{name}.jsonl"
    whole = read_recording(path)
    chosen = tuple(one for one in whole.trainings if one.number % 2 == PARTS.index(part) ^ 1)
    evaluator = RecordedEvaluator(replace(whole, trainings=chosen), seed, known_noise(path))
    return Landscape(evaluator.space, evaluator.simulate, evaluator.accuracy, evaluator.plan)
