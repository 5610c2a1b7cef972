"""What is known of a study's networks from their finished trainings, of which each has its luck.

Notation:

    y_1..y_k   final accuracies of k trainings of one network, in order of ending
    h          what was expected of the network before its first one, by its blocks
    s          standard deviation of y_1 - h over the networks of the study, stopped ones too
    a          accuracy of a network without luck ~ N(h, k1 s^2), k1: `believed`
    y          = a + e, e ~ N(0, (1 - k1) s^2)

    E[a | y_1..y_k] = h + share (mean(y) - h),  share = k k1 / (k k1 + 1 - k1)

`believed` has the weights of what later trainings of a network were, given its earlier ones: networks are trained again
for their high results, so y_1 itself would speak of luck alone. Before there are any, Beta(3, 3) stands.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.kernel import Array

_SHARES = np.linspace(0.05, 0.95, 19)
_PRIOR_EXPONENT = 2.0  # of k1 (1 - k1)


@dataclass(frozen=True, slots=True)
class MeasuredNetworks:
    """Networks by hash: expected rewards without luck, and numbers of trainings.

    `spread` (s) and `believed` as above.
    """

    spread: float
    believed: float
    rewards: Mapping[str, float]
    trainings: Mapping[str, int]

    @property
    def best(self) -> float:
        """Highest expected reward."""
        return max(self.rewards.values())

    def lead(self, network: str) -> float:
        """Expected reward of `network` less the best other one's; infinite where there is no other."""
        others = [reward for other, reward in self.rewards.items() if other != network]
        return self.rewards[network] - max(others, default=-inf)


def measured_networks(finished: Sequence[Curve], before: Callable[[Curve], float], spread: float) -> MeasuredNetworks:
    """Networks of the `finished` trainings, at least one, all of which name theirs; h is `before`, s `spread` > 0."""
    first: dict[str, Curve] = {}
    accuracies: dict[str, list[float]] = {}
    for curve in finished:
        assert curve.final_accuracy is not None
        first.setdefault(curve.network, curve)
        accuracies.setdefault(curve.network, []).append(curve.final_accuracy)
    expected = {network: before(curve) for network, curve in first.items()}
    surplus = {network: np.array(found) - expected[network] for network, found in accuracies.items()}
    believed = _believed(list(surplus.values()), spread)
    rewards = {
        network: expected[network] + float(_share(len(found), believed) * found.mean()) - first[network].penalty
        for network, found in surplus.items()
    }
    return MeasuredNetworks(spread, believed, rewards, {network: len(found) for network, found in surplus.items()})


def _share(trainings: int, believed: float | Array) -> float | Array:
    return trainings * believed / (trainings * believed + 1 - believed)


def _believed(networks: Sequence[Array], spread: float) -> float:
    """Mean of k1 under its weights; `networks`: y - h of the trainings of each."""
    evidence = _PRIOR_EXPONENT * (np.log(_SHARES) + np.log(1 - _SHARES))
    for surplus in networks:
        for number in range(1, len(surplus)):
            share = _share(number, _SHARES)
            expected = share * surplus[:number].mean()
            variance = spread**2 * (_SHARES * (1 - share) + 1 - _SHARES)
            evidence = evidence - (np.log(variance) + (surplus[number] - expected) ** 2 / variance) / 2
    weights = np.exp(evidence - evidence.max())
    return float(weights @ _SHARES / weights.sum())
