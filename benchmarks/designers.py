"""How good a network each designer has found after 20, 40, 100 and 300 trials, and how long it thinks.

    python -m benchmarks.designers --json OUT [--seeds 3] [--trials 100] [--names random eagle ...] [--switch-at 1000]

Whole searches of the paper's space through the code a study uses (registry, deduplication, pending trials of two
workers), with simulated training (`nas_engine.replay`) in place of hours. `observed` is the best reward measured, noise
included, as a study shows it; `true` is the reward without noise of the network that it belongs to. The times are
those of one suggestion; `compiled` leaves out the slowest ones, in which JAX compiles for a new size.
"""

import argparse
import json
import statistics
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.designers import registry
from nas_engine.designers.base import DesignerSettings, Objectives, Outcome, Suggestion
from nas_engine.designers.deduplication import fill
from nas_engine.energy.prior import predict_energy_mj
from nas_engine.penalty import penalty_of
from nas_engine.replay import simulate
from nas_engine.reward import RewardParameters, reward
from nas_engine.search_space import SearchSpace, paper_2d
from nas_engine.surrogate import asymptotic_accuracy

CHECKPOINTS = (20, 40, 100, 300)
TRIALS = 100
WORKERS = 2
NAMES = tuple(name for name in registry.NAMES if name != "hybrid")  # the Gaussian process, until it switches
_PARAMETERS = RewardParameters()
PENALTY = penalty_of(_PARAMETERS, lambda counted: predict_energy_mj(counted).energy_mj)


@dataclass(frozen=True, slots=True)
class Trial:
    """One finished trial, what its architecture is worth without noise, and the time its suggestion took."""

    outcome: Outcome
    true_reward: float
    suggest_seconds: float
    duplicates: int


def observed(number: int, suggestion: Suggestion) -> Outcome:
    """How trial `number` ends."""
    measured = simulate(suggestion.architecture).measurement
    objectives = Objectives(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes)
    value = reward(measured.int8_accuracy, measured.energy_mj, measured.flash_bytes, _PARAMETERS)
    return Outcome(number, suggestion.architecture, value, suggestion.metadata, objectives)


def true_reward(architecture: Architecture) -> float:
    counted = cost(architecture)
    energy_mj = predict_energy_mj(counted).energy_mj
    return reward(asymptotic_accuracy(architecture), energy_mj, counted.flash_bytes_estimate, _PARAMETERS)


def search(name: str, seed: int, trials: int, space: SearchSpace, settings: DesignerSettings) -> Iterator[Trial]:
    """A study of two workers that take equally long: the oldest of two pending trials ends, a new one begins."""
    designer, rng = registry.create(name, space, seed, settings=settings), np.random.default_rng(seed)
    finished: dict[str, Outcome] = {}
    pending: deque[tuple[Suggestion, float, int]] = deque()
    for number in range(1, trials + 1):
        while len(pending) < WORKERS:
            waiting = [suggestion.architecture for suggestion, _, _ in pending]
            started = time.perf_counter()
            filled = fill(designer, 1, space=space, finished=finished, pending=waiting, rng=rng)
            pending.append((filled.suggestions[0], time.perf_counter() - started, filled.duplicates_answered))
        suggestion, seconds, duplicates = pending.popleft()
        outcome = observed(number, suggestion)
        finished[outcome.architecture.hash] = outcome
        designer.update([outcome])
        yield Trial(outcome, true_reward(outcome.architecture), seconds, duplicates)


def summary(searches: Sequence[Sequence[Trial]]) -> dict[str, Any]:
    """Means and medians over the seeds, with the standard deviation of the seeds where there are several."""
    reached = [checkpoint for checkpoint in CHECKPOINTS if checkpoint <= len(searches[0])]
    best = [[max(trials[:n], key=lambda trial: trial.outcome.reward or 0.0) for n in reached] for trials in searches]
    seconds = [trial.suggest_seconds for trials in searches for trial in trials]
    return {
        "best_reward": {
            str(n): {
                "observed": _spread([chosen[i].outcome.reward or 0.0 for chosen in best]),
                "true": _spread([chosen[i].true_reward for chosen in best]),
            }
            for i, n in enumerate(reached)
        },
        "duplicates_per_search": statistics.mean(sum(trial.duplicates for trial in trials) for trials in searches),
        "seconds_per_suggestion": {
            "mean": round(statistics.mean(seconds), 3),
            "compiled": round(statistics.median(seconds), 3),
            "slowest": round(max(seconds), 3),
        },
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {
        "mean": round(statistics.mean(values), 4),
        "median": round(statistics.median(values), 4),
        "deviation": round(deviation, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--names", nargs="+", choices=registry.NAMES, default=NAMES)
    parser.add_argument("--switch-at", type=int, default=registry.DEFAULT_SETTINGS.switch_at)
    arguments = parser.parse_args()
    settings = DesignerSettings(arguments.switch_at, PENALTY)
    space = paper_2d()
    results: dict[str, Any] = {"space": space.name, "seeds": arguments.seeds, "workers": WORKERS}
    for name in arguments.names:
        searches = [list(search(name, seed, arguments.trials, space, settings)) for seed in range(arguments.seeds)]
        results[name] = summary(searches)
        print(name, json.dumps(results[name]), flush=True)
    arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
