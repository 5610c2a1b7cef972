"""SMAC as its users run it, by ask and tell: a random forest, with or without Hyperband over epochs.

Its Hyperband does not stop trainings but trains the best of a rung again, with more epochs. As in its own examples each
such training begins from scratch, and is paid for.
"""

from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from ConfigSpace import Configuration, ConfigurationSpace
from smac import HyperparameterOptimizationFacade, MultiFidelityFacade, Scenario
from smac.runhistory.dataclasses import TrialInfo, TrialValue

from benchmarks.compute.spending import Signal
from benchmarks.search_landscapes import PARAMETERS, PENALTY
from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import EpochResult, EvaluationResult
from nas_engine.reward import reward
from nas_engine.search_space.space import SearchSpace

_ROUNDING = 1e-9  # of budgets, which are powers of 3


class SmacEntrant:
    """Facade with its defaults; its own incumbent is handed over.

    Costs are 1 less accuracy plus Equation 1's penalty, which is known before, or losses; of whole trainings 1 less
    reward. Without Hyperband an incumbent is trained up to three times, and its mean cost counts.
    """

    def __init__(self, space: SearchSpace, seed: int, epochs: int, *, first_rung: int | None, signal: Signal) -> None:
        """Entrant for trainings of `epochs` float epochs, whole ones only if there is no `first_rung`."""
        self._space = space
        self._names = [f"block_{number:02d}" for number in range(1, len(space.positions) + 1)]
        options = zip(self._names, space.positions, strict=True)
        self._folder = TemporaryDirectory()
        scenario = Scenario(
            ConfigurationSpace({name: list(range(len(position.options))) for name, position in options}),
            output_directory=Path(self._folder.name),
            min_budget=first_rung,
            max_budget=epochs if first_rung else None,
            seed=seed,
        )
        facade = MultiFidelityFacade if first_rung else HyperparameterOptimizationFacade
        self._smac = facade(scenario, logging_level=False)
        self._epochs = epochs
        self._signal = signal
        self._info: TrialInfo | None = None
        self._budget = epochs
        self._penalty = 0.0
        self._cost = 0.0

    def begin(self) -> Architecture:
        self._info = info = self._smac.ask()
        self._budget = self._epochs if info.budget is None else ceil(info.budget - _ROUNDING)
        architecture = self._architecture(info.config)
        self._penalty = PENALTY(architecture)
        return architecture

    def stops(self, point: EpochResult) -> bool:
        self._cost = 1 - point.eval_accuracy + self._penalty if self._signal == "accuracy" else point.loss
        return self._budget < self._epochs and point.epoch >= self._budget

    def end(self, result: EvaluationResult | None) -> None:
        if result is not None:
            self._cost = 1 - reward(result.int8_accuracy, result.energy_mj, result.flash_bytes, PARAMETERS)
        self._smac.tell(self._info, TrialValue(cost=self._cost), save=False)

    def incumbent(self) -> Architecture | None:
        config = self._smac.intensifier.get_incumbent()
        return None if config is None else self._architecture(config)

    def _architecture(self, config: Configuration) -> Architecture:
        return self._space.decode([int(config[name]) for name in self._names])
