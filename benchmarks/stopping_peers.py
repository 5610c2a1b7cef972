"""Optuna's percentile and Hyperband pruners, with its settings, as rules of `nas_engine.early_stopping`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from nas_engine.early_stopping.base import Curve, Decision, continue_training


@dataclass(frozen=True, slots=True)
class PercentilePruning:
    """Stops a trial whose best epoch so far is below a percentile of the finished trials' at this epoch.

    Optuna's MedianPruner has `percentile` 50, PercentilePruner others; arguments have Optuna's names and defaults.
    `n_warmup_steps` are epochs in which nothing is stopped.
    """

    percentile: float = 50.0
    n_startup_trials: int = 5
    n_warmup_steps: int = 0

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        epoch = len(running.accuracies)
        finished = [curve for curve in ended if curve.final_accuracy is not None]
        if len(finished) < self.n_startup_trials or epoch <= self.n_warmup_steps:
            return continue_training(running)
        values = [curve.accuracies[epoch - 1] - curve.penalty for curve in finished]
        lowest = np.percentile(values, 100 - self.percentile)
        return replace(continue_training(running), stop=bool(max(running.accuracies) - running.penalty < lowest))


@dataclass(frozen=True, slots=True)
class Hyperband:
    """Brackets of asynchronous successive halving: at r f^b, r f^(b+1), ... epochs the best 1/f of a bracket continues.

    `min_resource` is r and `reduction_factor` f, with Optuna's defaults. `ended` must be in the order in which the
    trials began (one worker), which assigns brackets.
    """

    epochs: int
    seed: int
    min_resource: int = 1
    reduction_factor: int = 3

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        epoch, bracket = len(running.accuracies), self._bracket(len(ended))
        if epoch not in self._rungs(bracket):
            return continue_training(running)
        rivals = [curve for number, curve in enumerate(ended) if self._bracket(number) == bracket]
        values = [
            curve.accuracies[epoch - 1] - curve.penalty
            for curve in (*rivals, running)
            if len(curve.accuracies) >= epoch
        ]
        promoted = max(1, len(values) // self.reduction_factor)
        return replace(continue_training(running), stop=values[-1] < sorted(values, reverse=True)[promoted - 1])

    def _brackets(self) -> int:
        return int(math.log(self.epochs / self.min_resource, self.reduction_factor)) + 1

    def _bracket(self, number: int) -> int:
        return _drawn(self.seed, number, self._brackets(), self.reduction_factor)

    def _rungs(self, bracket: int) -> set[int]:
        powers = range(bracket, self._brackets())
        return {self.min_resource * self.reduction_factor**power for power in powers} - {self.epochs}


@lru_cache(maxsize=10_000)
def _drawn(seed: int, number: int, brackets: int, factor: int) -> int:
    """Bracket of a trial, in proportion to the trials that Hyperband gives each for equal epochs."""
    halvings = np.arange(brackets)[::-1]
    budgets = np.ceil(brackets * factor**halvings / (halvings + 1))
    return int(np.random.default_rng([seed, number]).choice(len(budgets), p=budgets / budgets.sum()))
