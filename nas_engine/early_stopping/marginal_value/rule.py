"""Marginal value: epochs go where they are worth most: to this training, to a new one, or to a network once more.

Worth is what epochs improve, in expectation, in the best of the expected rewards: what a training measures is partly
luck (`measured_networks`), and a network that only was lucky is no improvement. `forecasts` states what a training
will end with, by its network's blocks and its early signs, and how right that is after each further epoch.
`optimal_stopping` makes a policy of it: where rungs would stand, what share goes on, how much losses count against
accuracies and which networks are trained again follows from the study's own trainings, and changes with them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from nas_engine.early_stopping.base import Curve, Decision, Forecast, best_reward, compare, continue_training
from nas_engine.early_stopping.kernel import Array
from nas_engine.early_stopping.marginal_value import forecasts
from nas_engine.early_stopping.marginal_value.forecasts import TrainingForecasts
from nas_engine.early_stopping.marginal_value.measured_networks import MeasuredNetworks, measured_networks
from nas_engine.early_stopping.marginal_value.optimal_stopping import Costs, StoppingPolicy

_FEWEST_FINISHED = 8
_MOST_POINTS = 15  # at which a training may be stopped
_CONFIRMATIONS = 6  # trainings of a network after its first
_FITTED_EVERY = 8  # trials that end
_RECENT = 64  # trials whose networks stand for new ones
_BEGIN, _QAT_EPOCH, _END = 0.65, 0.96, 3.2
"""In float epochs, medians of benchmarks/data/synthetic-1d.jsonl: building and tracing, an epoch of QAT, and what is
left: quantising, tracing again, converting, scoring, comparing runtimes."""
_KEPT = 64  # in the cache: what is known in the studies that a process serves at a time


@dataclass(frozen=True, slots=True)
class MarginalValue:
    """Stops trainings whose further epochs are worth less than as many of others.

    `epochs` float epochs are followed by `qat_epochs`.
    """

    epochs: int
    qat_epochs: int

    @property
    def step(self) -> int:
        """Epochs between decisions."""
        return -(-self.epochs // _MOST_POINTS)

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """Forecast after each `step` epochs with eight finished trials; else it goes on."""
        point, part = divmod(len(running.accuracies), self.step)
        known, best = self._known(ended), best_reward(ended)
        if known is None or best is None or part or not running.losses:
            return continue_training(running)
        accuracy, deviation = known.forecasts.forecast(running, point)
        threshold = known.threshold(point, running)
        forecast = Forecast(accuracy - running.penalty, deviation)
        compared = compare(running, forecast, best, float(ndtr((best - threshold) / deviation)))
        return replace(compared, stop=forecast.reward < threshold, rate=known.policy.rate, threshold=threshold)

    def to_confirm(self, ended: Sequence[Curve], without: Collection[str] = ()) -> str | None:
        """Hash of the finished network whose next training, with another seed, is worth more than a new network's.

        Of several, the one that gains most over its cost, and none of those `without`.
        """
        known = self._known(ended)
        return None if known is None else known.to_confirm(without)

    def expected_best(self, ended: Sequence[Curve]) -> str | None:
        """Hash of the network with the highest expected reward; None with fewer than eight finished trials."""
        known = self._known(ended)
        return None if known is None else known.best

    @property
    def points(self) -> tuple[int, ...]:
        """Epochs after which a training may be stopped."""
        return tuple(range(self.step, self.epochs + 1, self.step))

    def _known(self, ended: Sequence[Curve]) -> "_Known | None":
        """What follows from the trainings that have ended; those without losses or a network's name are left out.

        Forecasts follow from the first training of each network, since what is trained again was chosen for its result;
        and from as many as there were when their number was a multiple of eight.
        """
        usable = [curve for curve in ended if curve.network and len(curve.losses) >= self._least(curve)]
        of_network: dict[str, Curve] = {}
        for curve in usable:
            of_network.setdefault(curve.network, curve)
        first = list(of_network.values())
        places = [place for place, curve in enumerate(first) if curve.final_accuracy is not None]
        if len(places) < _FEWEST_FINISHED:
            return None
        count = max(places[_FEWEST_FINISHED - 1] + 1, len(first) // _FITTED_EVERY * _FITTED_EVERY)
        finished = tuple(curve for curve in usable if curve.final_accuracy is not None)
        return _known(tuple(first[:count]), finished, self)

    def _least(self, curve: Curve) -> int:
        """Epochs that a training has at least to be of use."""
        return self.step if curve.final_accuracy is None else self.points[-1]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the trainings of a study say: forecasts, networks, and the policy."""

    forecasts: TrainingForecasts
    networks: MeasuredNetworks
    policy: StoppingPolicy

    def threshold(self, point: int, running: Curve) -> float:
        """Forecast reward below which the training `running` stops at `point` (1, 2, ..)."""
        worth_it = self.networks.best + self.policy.threshold(point) + running.penalty  # an expected accuracy
        before = self.forecasts.before(running)
        return before + (worth_it - before) / self.networks.believed - running.penalty

    @property
    def best(self) -> str:
        """Network of the highest expected reward."""
        return max(self.networks.rewards, key=self.networks.rewards.__getitem__)

    def to_confirm(self, without: Collection[str]) -> str | None:
        """As `MarginalValue.to_confirm`."""
        networks, policy, best = self.networks, self.policy, self.best
        gains = {
            network: policy.gain_of_confirming(
                networks.lead(network) if network == best else reward - networks.best, networks.trainings[network]
            )
            for network, reward in networks.rewards.items()
            if network not in without
        }
        network = max(gains, key=gains.__getitem__, default=None)
        return network if network is not None and gains[network] > 0 else None


@lru_cache(maxsize=_KEPT)
def _forecasts(curves: tuple[Curve, ...], points: tuple[int, ...]) -> TrainingForecasts:
    return forecasts.fit(curves, points)


@lru_cache(maxsize=_KEPT)
def _known(fitted: tuple[Curve, ...], finished: tuple[Curve, ...], rule: MarginalValue) -> _Known:
    learned = _forecasts(fitted, rule.points)
    networks = measured_networks(finished, learned.before, learned.spread)
    qat = _QAT_EPOCH * rule.qat_epochs
    rest = rule.epochs - rule.points[-1] + qat + _END
    costs = Costs(_BEGIN, rule.step, rest, _BEGIN + rule.epochs + qat + _END)
    new = np.array([learned.before(curve) - curve.penalty for curve in fitted[-_RECENT:]]) - networks.best
    deviations = networks.believed * learned.deviations
    return _Known(learned, networks, StoppingPolicy(deviations, new, costs, _steps_of_confirming(networks)))


def _steps_of_confirming(networks: MeasuredNetworks) -> Array:
    """Standard deviation of the step of a network's expected accuracy by its 2nd, 3rd, .. training."""
    luck = (1 - networks.believed) * networks.spread**2
    unknown = networks.believed * luck  # variance of the accuracy without luck after one training
    steps = []
    for _ in range(_CONFIRMATIONS):
        steps.append(unknown / np.sqrt(unknown + luck))
        unknown = unknown * luck / (unknown + luck)
    return np.array(steps)
