"""Marginal value: epochs go where they are worth most: to this training, to a new one, or to a network once more.

Worth is what epochs improve, in expectation, in the best of the expected rewards: what a training measures is partly
luck (`measured_networks`), and a network that only was lucky is no improvement. `early_signs` forecasts each training's
end, and states how much forecasts are right after each further epoch. `optimal_stopping` makes a policy of it: where
rungs would stand, what share goes on, how much losses count against accuracies and which networks are trained again
follows from the study's own trainings, and changes with them.

One network in 16 is trained to its end whatever it promises (`_is_yardstick`). From these and the first, whose
trainings nobody had chosen, follows what networks of the study are like.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

from nas_engine.early_stopping import early_signs
from nas_engine.early_stopping.base import Curve, Decision, Forecast, best_reward, compare, continue_training
from nas_engine.early_stopping.early_signs import EarlySigns
from nas_engine.early_stopping.kernel import Array
from nas_engine.early_stopping.measured_networks import MeasuredNetworks, measured_networks
from nas_engine.early_stopping.optimal_stopping import Costs, StoppingPolicy

_FEWEST_FINISHED = 8
_MOST_POINTS = 15  # at which a training may be stopped
_YARDSTICKS = 16  # networks for each that is trained to its end
_CONFIRMATIONS = 6  # trainings of a network after its first
_RECENT, _AT_ONCE = 64, 16  # trials whose penalties stand for those of new ones; of those, how many change at a time
_BEGIN, _QAT_EPOCH, _END = 0.65, 0.96, 3.2
"""In float epochs, medians of benchmarks/data/synthetic-1d.jsonl: building and tracing, an epoch of QAT, and what is
left: quantising, tracing again, converting, scoring, comparing runtimes."""
_SUPPOSED_TRAININGS, _SUPPOSED_EXPLAINED = 10, 0.9
"""As long as little is known, forecasts are taken to explain a share of the variance of final accuracies that grows as
the epochs do, up to this; it weighs as much as so many trainings."""
_MOST_EXPLAINED = 0.97
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
        return max(1, round(self.epochs / _MOST_POINTS))

    def decide(self, running: Curve, ended: Sequence[Curve]) -> Decision:
        """Forecast after each `step` epochs with eight finished trials; else, and for a yardstick, it goes on."""
        point, part = divmod(len(running.accuracies), self.step)
        known, best = self._known(ended), best_reward(ended)
        if known is None or best is None or part or not running.losses or _is_yardstick(running):
            return continue_training(running)
        accuracy, deviation = known.signs[point - 1].forecast(early_signs.signs(running, point * self.step))
        threshold = known.threshold(point, running.penalty)
        forecast = Forecast(accuracy - running.penalty, deviation)
        compared = compare(running, forecast, best, float(ndtr((best - threshold) / deviation)))
        return replace(compared, stop=forecast.reward < threshold, rate=known.policy.rate, threshold=threshold)

    def to_confirm(self, ended: Sequence[Curve]) -> str | None:
        """Hash of the finished network whose next training, with another seed, is worth more than a new network's.

        Of several, the one that gains most over its cost.
        """
        known = self._known(ended)
        return None if known is None else known.to_confirm()

    def expected_best(self, ended: Sequence[Curve]) -> str | None:
        """Hash of the network with the highest expected reward; None with fewer than eight finished trials."""
        known = self._known(ended)
        return None if known is None else known.best

    def _known(self, ended: Sequence[Curve]) -> "_Known | None":
        finished = tuple(curve for curve in ended if curve.final_accuracy is not None and curve.losses)
        if len(finished) < _FEWEST_FINISHED:
            return None
        recent = ended[: max(_AT_ONCE, len(ended) // _AT_ONCE * _AT_ONCE)][-_RECENT:]
        return _known(finished, tuple(curve.penalty for curve in recent), self)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the finished trainings of a study say: regressions by decision point, networks, and the policy."""

    signs: tuple[EarlySigns, ...]
    networks: MeasuredNetworks
    policy: StoppingPolicy

    def threshold(self, point: int, penalty: float) -> float:
        """Forecast reward, of a network with this `penalty`, below which its training stops at `point` (1, 2, ..)."""
        networks = self.networks
        worth_it = networks.best + self.policy.threshold(point) + penalty  # an expected accuracy
        return networks.mean + (worth_it - networks.mean) / networks.believed - penalty

    @property
    def best(self) -> str:
        """Network of the highest expected reward."""
        return max(self.networks.rewards, key=self.networks.rewards.__getitem__)

    def to_confirm(self) -> str | None:
        """As `MarginalValue.to_confirm`."""
        networks, policy, best = self.networks, self.policy, self.best
        gains = {
            network: policy.gain_of_confirming(
                networks.lead(network) if network == best else reward - networks.best, networks.trainings[network]
            )
            for network, reward in networks.rewards.items()
            if network and networks.trainings[network] <= _CONFIRMATIONS
        }
        network = max(gains, key=gains.__getitem__, default=None)
        return network if network is not None and gains[network] > 0 else None


@lru_cache(maxsize=_KEPT)
def _known(finished: tuple[Curve, ...], penalties: tuple[float, ...], rule: MarginalValue) -> _Known:
    points = range(rule.step, rule.epochs + 1, rule.step)
    signs = tuple(early_signs.fit(finished, epochs) for epochs in points)
    networks = measured_networks(finished, _usual(finished))
    rest = rule.epochs - points[-1] + _QAT_EPOCH * rule.qat_epochs + _END
    costs = Costs(_BEGIN, rule.step, rest, again=_BEGIN + rule.epochs + _QAT_EPOCH * rule.qat_epochs + _END)
    explained = _explained(signs, len(finished), np.array(points) / rule.epochs)
    unlucky = networks.believed * networks.spread * np.sqrt(1 - np.append(0.0, explained))
    new = networks.mean - np.array(penalties) - networks.best
    return _Known(signs, networks, StoppingPolicy(unlucky, new, costs, _steps_of_confirming(networks)))


def _usual(finished: Sequence[Curve]) -> list[Curve]:
    """First trainings of networks that nothing in them was chosen by."""
    first: dict[str, Curve] = {}
    for number, curve in enumerate(finished):
        first.setdefault(curve.network or str(number), curve)
    return [curve for number, curve in enumerate(first.values()) if number < _FEWEST_FINISHED or _is_yardstick(curve)]


def _is_yardstick(curve: Curve) -> bool:
    return bool(curve.network) and int(curve.network[:8], 16) % _YARDSTICKS == 0


def _explained(signs: Sequence[EarlySigns], trainings: int, shares: Array) -> Array:
    """Share of the variance of final accuracies that forecasts explain at each point [E], rising with the epochs."""
    found = np.array([each.explained for each in signs])
    supposed = _SUPPOSED_EXPLAINED * shares
    weighed = (trainings * found + _SUPPOSED_TRAININGS * supposed) / (trainings + _SUPPOSED_TRAININGS)
    return np.asarray(np.maximum.accumulate(np.minimum(weighed, _MOST_EXPLAINED)))


def _steps_of_confirming(networks: MeasuredNetworks) -> Array:
    """Standard deviation of the step of a network's expected accuracy by its 2nd, 3rd, .. training."""
    luck = (1 - networks.believed) * networks.spread**2
    unknown = networks.believed * luck  # variance of the accuracy without luck after one training
    steps = []
    for _ in range(_CONFIRMATIONS):
        steps.append(unknown / np.sqrt(unknown + luck))
        unknown = unknown * luck / (unknown + luck)
    return np.array(steps)
