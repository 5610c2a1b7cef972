"""Marginal value: a training goes on while that is worth more than the same epochs of new trainings.

TSGP's model of the study's curves forecasts each training's end from its losses and accuracies so far, and how certain
forecasts will be after each further epoch. `optimal_stopping` makes a policy of it: where rungs would stand, what share
goes on and how much losses count against accuracies follows from the study's own curves, and changes with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from nas_engine.early_stopping.base import Curve, Decision, Forecast, best_reward, compare, continue_training
from nas_engine.early_stopping.buckets import Buckets
from nas_engine.early_stopping.optimal_stopping import Costs, StoppingPolicy
from nas_engine.early_stopping.tsgp import fit, fitted_to

_FEWEST_FINISHED = 6
_FIRST_POINT = 2  # a mean loss is known from two buckets on
_BEGIN, _QAT_EPOCH, _END = 1.1, 0.85, 2.2
"""In float epochs, medians of benchmarks/data/paper-2d.jsonl: building and tracing, an epoch of QAT, and what is left:
quantising, tracing again, converting, scoring."""
_DIGITS = 4  # of the best reward: more would make policies that hardly differ
_POLICIES = 64  # in the cache: those of the studies that a process serves at a time


@dataclass(frozen=True, slots=True)
class MarginalValue:
    """Stops trainings whose further epochs are worth less than as many of new ones.

    `qat_epochs` follow float training.
    """

    buckets: Buckets
    qat_epochs: int
    seed: int = 0

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """Forecast at the end of a bucket, from the second on and with six finished trials; else it goes on."""
        points, part = divmod(len(running.accuracies), self.buckets.size)
        best, curves = best_reward(ended), fitted_to(ended, _FEWEST_FINISHED, self.seed)
        if best is None or not curves or part or not _FIRST_POINT <= points <= self.buckets.count:
            return continue_training(running)
        accuracy, deviation = fit(curves, self.buckets).final(running, self.buckets)
        forecast = Forecast(accuracy - running.penalty, deviation)
        policy = policy_of(curves, self.buckets, self.qat_epochs, round(best, _DIGITS))
        threshold = best + policy.threshold(points)
        compared = compare(running, forecast, best, float(ndtr((best - threshold) / deviation)))
        return replace(compared, stop=forecast.reward < threshold, rate=policy.rate, threshold=threshold)

    def to_confirm(self, ended: Sequence[Curve]) -> str | None:
        """Hash of the finished network whose next training, with another seed, is worth more than a new network's."""
        return None


@lru_cache(maxsize=_POLICIES)
def policy_of(curves: tuple[Curve, ...], buckets: Buckets, qat_epochs: int, best: float) -> StoppingPolicy:
    """Policy of a study with these curves and this best reward, for a network whose curves change as is usual."""
    model = fit(curves, buckets)
    rest = buckets.epochs - buckets.count * buckets.size + _QAT_EPOCH * qat_epochs + _END
    costs = Costs(begin=_BEGIN, step=buckets.size, rest=rest, first=_FIRST_POINT)
    return StoppingPolicy(model.deviations_by_bucket(buckets), np.asarray(model.rewards - best), costs)
