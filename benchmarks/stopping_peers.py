"""Two rules that users of Optuna know, with its default settings, as rules of `nas_engine.early_stopping`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nas_engine.early_stopping.base import Curve, Decision, go_on

_STARTUP_TRIALS = 5


@dataclass(frozen=True, slots=True)
class MedianPruning:
    """Stops a trial whose best epoch so far is below the median of the finished trials at this epoch."""

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        epoch = len(running.accuracies)
        finished = [curve for curve in ended if curve.final_accuracy is not None]
        if len(finished) < _STARTUP_TRIALS:
            return go_on(running)
        median = np.median([curve.accuracies[epoch - 1] - curve.penalty for curve in finished])
        return replace(go_on(running), stop=bool(max(running.accuracies) - running.penalty < median))


@dataclass(frozen=True, slots=True)
class Hyperband:
    """Brackets of asynchronous successive halving: at 3^b, 3^(b+1), ... epochs the best third of a bracket goes on.

    `ended` must be in the order in which the trials began (one worker), which is how a trial is given its bracket.
    """

    epochs: int
    seed: int
    factor: int = 3

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        epoch, bracket = len(running.accuracies), self._bracket(len(ended))
        if epoch not in self._rungs(bracket):
            return go_on(running)
        rivals = [curve for number, curve in enumerate(ended) if self._bracket(number) == bracket]
        values = [
            curve.accuracies[epoch - 1] - curve.penalty
            for curve in (*rivals, running)
            if len(curve.accuracies) >= epoch
        ]
        promoted = max(1, len(values) // self.factor)
        return replace(go_on(running), stop=values[-1] < sorted(values, reverse=True)[promoted - 1])

    def _brackets(self) -> int:
        return int(math.log(self.epochs, self.factor)) + 1

    def _bracket(self, number: int) -> int:
        """Drawn in proportion to the trials that Hyperband gives each bracket for equal epochs."""
        halvings = np.arange(self._brackets())[::-1]
        budgets = np.ceil(self._brackets() * self.factor**halvings / (halvings + 1))
        return int(np.random.default_rng([self.seed, number]).choice(len(budgets), p=budgets / budgets.sum()))

    def _rungs(self, bracket: int) -> set[int]:
        return {self.factor**power for power in range(bracket, self._brackets())} - {self.epochs}
