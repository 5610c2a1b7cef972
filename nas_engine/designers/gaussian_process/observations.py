"""What a Gaussian process learns from: rewards of networks, measured or forecast, as many as it has time for.

Notation:

    N      networks that were trained, for some epochs at least, or found infeasible
    r      rewards without their penalties [N], accuracy 0..1; of a trial stopped early the forecast, a posterior mean
    d      standard deviations [N] of the forecasts; 0: measured
    t^2    variance of a network's accuracy before its training: var(r) + mean(d^2), by the law of total variance
    g      1 - d^2 / t^2 [N], the share of it that the epochs before the stop have explained

Given what it forecasts, a forecast is N(mean + g (accuracy - mean), g d^2): a mean scatters by less than what is still
open, d^2. With d^2 itself as the noise of r, noise alone would exceed the scatter of forecasts, and nothing would be
learned from them: in histories of studies that stop by marginal value on the made-up landscape, predictions of random
networks had a correlation of 0.15 with the truth, with g d^2 one of 0.28.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.designers.gaussian_process.encoding import EncodedArchitectures

Values = NDArray[np.float64]
MOST = 1_024
"""Networks that a model rests on: the time of a suggestion grows with their square."""
_LEAST_EXPLAINED = 0.1  # of a forecast that knows nothing g is 0, and its noise would be that of a measurement


@dataclass(frozen=True, slots=True)
class Observations:
    """Observations of N networks with finite penalties: `rewards` r [N], NaN where infeasible; `deviations` d [N].

    `total` is t^2 of all observations where these are some of them, chosen by reward.
    """

    inputs: EncodedArchitectures
    rewards: Values
    deviations: Values
    total: float | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        return type(self)(self.inputs[chosen], self.rewards[chosen], self.deviations[chosen], self.total)

    @property
    def _total(self) -> float:
        """t^2."""
        return float(np.nanvar(self.rewards) + (self.deviations**2).mean()) if self.total is None else self.total

    @property
    def variances(self) -> Values:
        """Noise g d^2 [N] of the rewards as observations, in addition to that of a measurement; 0 for measured ones."""
        squared, total = self.deviations**2, self._total
        explained = np.maximum(1 - squared / total, _LEAST_EXPLAINED) if total else np.ones(len(self))
        return np.asarray(explained * squared)

    def kept(self, most: int = MOST) -> Self:
        """At most so many of them, in the same order.

        Half of the places are for the best rewards after their penalties, since the next network is sought among their
        neighbours. The others are for the measured ones and then for forecasts, drawn evenly from first to last.
        """
        if len(self) <= most:
            return self
        after_penalty = np.where(np.isnan(self.rewards), -np.inf, self.rewards - self.inputs.penalties)
        best = np.argsort(-after_penalty, kind="stable")[: most // 2]
        others = np.setdiff1d(np.arange(len(self)), best)
        is_measured = self.deviations[others] == 0
        measured = _evenly(others[is_measured], most - len(best))
        forecast = _evenly(others[~is_measured], most - len(best) - len(measured))
        return replace(self, total=self._total)[np.sort(np.concatenate([best, measured, forecast]))]


def _evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many of the rows, evenly from the first to the last."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]
