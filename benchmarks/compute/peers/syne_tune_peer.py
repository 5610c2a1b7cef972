"""Syne Tune as its users run it: a scheduler is passed each epoch's cost and stops trainings at its rungs.

Version 0.16 has stopping alone, no promotion of paused trials. It gets no deduplication, which its searchers lack.
"""

import logging
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import choice
from syne_tune.optimizer.baselines import ASHA, BOHB
from syne_tune.optimizer.scheduler import SchedulerDecision, TrialScheduler

from benchmarks.compute.spending import Signal
from benchmarks.search_landscapes import PARAMETERS, PENALTY
from nas_engine.architecture import Architecture
from nas_engine.evaluation_result import EpochResult, EvaluationResult
from nas_engine.reward import reward
from nas_engine.search_space.space import SearchSpace

SCHEDULERS: Mapping[str, Callable[..., TrialScheduler]] = {"asha": ASHA, "bohb": BOHB}
_COST, _EPOCH = "cost", "epoch"


class SyneTuneEntrant:
    """Scheduler with one trainer; the best finished network is handed over.

    Costs are 1 less accuracy plus Equation 1's penalty, which is known before, or losses. The last float epoch's report
    is that of the whole training, 1 less reward: rungs compare costs of equal epochs only, and BOHB's densities, which
    take each training's last cost, so have the finished ones first.
    """

    def __init__(
        self, space: SearchSpace, seed: int, epochs: int, *, scheduler: str, first_rung: int, signal: Signal
    ) -> None:
        """Entrant for trainings of `epochs` float epochs, the first rung after `first_rung` of them."""
        logging.getLogger("syne_tune").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore", "After 0.17 or January 2028", FutureWarning)  # of statsmodels, in BOHB
        np.random.seed(seed)  # `random_seed` does not reach most draws: findings/syne_tune_random_seed.sh
        self._space = space
        self._names = [f"block_{number:02d}" for number in range(1, len(space.positions) + 1)]
        options = zip(self._names, space.positions, strict=True)
        self._scheduler = SCHEDULERS[scheduler](
            {name: choice(list(range(len(position.options)))) for name, position in options},
            metric=_COST,
            time_attr=_EPOCH,
            max_t=epochs,
            grace_period=first_rung,
            random_seed=seed,
        )
        self._epochs = epochs
        self._signal = signal
        self._trial: Trial | None = None
        self._trials = 0
        self._architecture: Architecture | None = None
        self._penalty = 0.0
        self._best: tuple[float, Architecture] | None = None

    def begin(self) -> Architecture:
        config: dict[str, Any] = self._scheduler.suggest().config
        self._trial = Trial(self._trials, config, datetime.now(UTC))
        self._trials += 1
        self._scheduler.on_trial_add(self._trial)
        self._architecture = self._space.decode([config[name] for name in self._names])
        self._penalty = PENALTY(self._architecture)
        return self._architecture

    def stops(self, point: EpochResult) -> bool:
        if point.epoch == self._epochs:
            return False
        return self._report(
            1 - point.eval_accuracy + self._penalty if self._signal == "accuracy" else point.loss, point.epoch
        )

    def end(self, result: EvaluationResult | None) -> None:
        if result is not None:
            assert self._architecture is not None
            found = reward(result.int8_accuracy, result.energy_mj, result.flash_bytes, PARAMETERS)
            self._report(1 - found, self._epochs)
            if self._best is None or found > self._best[0]:
                self._best = found, self._architecture
        self._scheduler.on_trial_remove(self._trial)

    def incumbent(self) -> Architecture | None:
        return self._best[1] if self._best else None

    def _report(self, cost: float, epoch: int) -> bool:
        """Whether the scheduler stops the training."""
        decision: str = self._scheduler.on_trial_result(self._trial, {_COST: cost, _EPOCH: epoch})
        return decision == SchedulerDecision.STOP
