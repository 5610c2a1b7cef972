"""Peers as their users would run them: defaults, one categorical parameter per block, ask-and-tell.

They get no deduplication: a network that is suggested again is trained again.
"""

from collections import deque
from typing import Any

import optuna
from vizier import algorithms as vza
from vizier import pyvizier as vz

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Objectives
from nas_engine.search_space.paper_spaces import SearchSpace


class OptunaSearcher:
    """Study of one of Optuna's samplers, in memory."""

    answered = 0

    def __init__(self, space: SearchSpace, sampler: optuna.samplers.BaseSampler) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space = space
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._pending: deque[optuna.Trial] = deque()

    def ask(self) -> Architecture:
        trial = self._study.ask()
        self._pending.append(trial)
        return self._space.decode(
            [
                trial.suggest_categorical(f"block_{number:02d}", range(len(position.options)))
                for number, position in enumerate(self._space.positions, start=1)
            ]
        )

    def tell(self, architecture: Architecture, reward: float, objectives: Objectives) -> None:
        self._study.tell(self._pending.popleft(), reward)


class VizierSearcher:
    """Designer of Vizier through its Designer API, updated with every completed trial and with the active ones."""

    answered = 0

    def __init__(self, space: SearchSpace, make: Any) -> None:
        self._space = space
        problem = vz.ProblemStatement()
        for number, position in enumerate(space.positions, start=1):
            options = [str(index) for index in range(len(position.options))]
            problem.search_space.root.add_categorical_param(f"block_{number:02d}", options)
        problem.metric_information.append(vz.MetricInformation("reward", goal=vz.ObjectiveMetricGoal.MAXIMIZE))
        self._designer = make(problem)
        self._pending: deque[Any] = deque()
        self._suggested = 0

    def ask(self) -> Architecture:
        (suggestion,) = self._designer.suggest(1)
        self._suggested += 1
        self._pending.append(suggestion.to_trial(self._suggested))
        values = suggestion.parameters.as_dict()
        return self._space.decode([int(values[name]) for name in sorted(values)])

    def tell(self, architecture: Architecture, reward: float, objectives: Objectives) -> None:
        trial = self._pending.popleft()
        trial.complete(vz.Measurement(metrics={"reward": reward}))
        self._designer.update(vza.CompletedTrials([trial]), vza.ActiveTrials(list(self._pending)))


def optuna_tpe(space: SearchSpace, seed: int) -> OptunaSearcher:
    return OptunaSearcher(space, optuna.samplers.TPESampler(seed=seed))


def optuna_nsga2(space: SearchSpace, seed: int) -> OptunaSearcher:
    """NSGA-II on the reward alone, which makes it a genetic algorithm."""
    return OptunaSearcher(space, optuna.samplers.NSGAIISampler(seed=seed))


def optuna_gp(space: SearchSpace, seed: int) -> OptunaSearcher:
    """Optuna's Gaussian process. Raises ImportError at its first suggestion without PyTorch."""
    return OptunaSearcher(space, optuna.samplers.GPSampler(seed=seed))


def vizier_eagle(space: SearchSpace, seed: int) -> VizierSearcher:
    from vizier._src.algorithms.designers.eagle_strategy.eagle_strategy import EagleStrategyDesigner

    return VizierSearcher(space, lambda problem: EagleStrategyDesigner(problem, seed=seed))


def vizier_gp_ucb_pe(space: SearchSpace, seed: int) -> VizierSearcher:
    """Default of Vizier's service. Its models need JAX in 64 bits, as in the service."""
    import jax
    from vizier._src.algorithms.designers.gp_ucb_pe import VizierGPUCBPEBandit

    jax.config.update("jax_enable_x64", True)
    return VizierSearcher(space, lambda problem: VizierGPUCBPEBandit(problem, rng=jax.random.PRNGKey(seed)))
