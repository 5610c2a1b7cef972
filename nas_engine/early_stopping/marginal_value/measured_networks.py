"""What is known of a study's networks from their finished trainings, of which each has its luck.

Notation:

    y_1..y_k   final accuracies of k trainings of one network, in order of ending
    mean, s    mean and standard deviation of y_1 over the networks of the study, stopped ones too
    a          accuracy of a network without luck ~ N(mean, k1 s^2), k1: `believed`
    y          = a + e, e ~ N(0, (1 - k1) s^2)

    E[a | y_1..y_k] = mean + share (mean(y) - mean),  share = k k1 / (k k1 + 1 - k1)

`believed` has the weights of what later trainings of a network were, given its earlier ones: networks are trained again
for their high results, so y_1 itself would speak of luck alone. Before there are any, Beta(3, 3) stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.kernel import Array

_SHARES = np.linspace(0.05, 0.95, 19)
_PRIOR_EXPONENT = 2.0  # of k1 (1 - k1)
_SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class MeasuredNetworks:
    """Networks by hash: expected rewards without luck, and numbers of trainings.

    `mean`, `spread` and `believed` as above.
    """

    mean: float
    spread: float
    believed: float
    rewards: Mapping[str, float]
    trainings: Mapping[str, int]

    @property
    def best(self) -> float:
        """Highest expected reward."""
        return max(self.rewards.values())

    def lead(self, network: str) -> float:
        """Expected reward of `network` less the best other one's."""
        others = [reward for other, reward in self.rewards.items() if other != network]
        return self.rewards[network] - max(others, default=self.mean)


def measured_networks(finished: Sequence[Curve], mean: float, spread: float) -> MeasuredNetworks:
    """Networks of the `finished` trainings, at least one, all of which name theirs."""
    spread = max(spread, _SMALLEST_SPREAD)
    accuracies: dict[str, list[float]] = {}
    penalties: dict[str, float] = {}
    for curve in finished:
        assert curve.final_accuracy is not None
        accuracies.setdefault(curve.network, []).append(curve.final_accuracy)
        penalties[curve.network] = curve.penalty
    believed = _believed([np.array(each) for each in accuracies.values()], mean, spread)
    trainings = {network: len(each) for network, each in accuracies.items()}
    shares = _share(np.array(list(trainings.values())), np.array(believed))
    expected = mean + shares * (np.array([np.mean(each) for each in accuracies.values()]) - mean)
    rewards = {network: float(one) - penalties[network] for network, one in zip(accuracies, expected, strict=True)}
    return MeasuredNetworks(mean, spread, believed, rewards, trainings)


def _share(trainings: int | NDArray[np.intp], believed: Array) -> Array:
    return trainings * believed / (trainings * believed + 1 - believed)


def _believed(networks: Sequence[Array], mean: float, spread: float) -> float:
    """Mean of k1 under its weights."""
    evidence = _PRIOR_EXPONENT * (np.log(_SHARES) + np.log(1 - _SHARES))
    for accuracies in networks:
        for number in range(1, len(accuracies)):
            share = _share(number, _SHARES)
            expected = mean + share * (accuracies[:number].mean() - mean)
            variance = spread**2 * (_SHARES * (1 - share) + 1 - _SHARES)
            evidence = evidence - (np.log(variance) + (accuracies[number] - expected) ** 2 / variance) / 2
    weights = np.exp(evidence - evidence.max())
    return float(weights @ _SHARES / weights.sum())
