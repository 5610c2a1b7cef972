"""Effect of each block at each position on the reward so far: ridge regression of rewards on one-hot blocks.

It assumes that effects add up, which holds only roughly, but well enough to rank a few networks.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SHRINKAGE = 10.0  # ridge penalty: trials of a block at which its effect is shrunk by half
_UNIT = 1e-9  # sums of whole numbers of it do not depend on the order of trials
_LARGEST = 1e6  # magnitude of a reward; larger ones are clipped


class BlockEffects:
    """Incremental ridge regression for positions with `sizes` [positions] options; a network is its option indices."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        width = int(sum(sizes))
        self._together = np.zeros((width, width), dtype=np.int64)  # trials with both options
        self._rewards = np.zeros(width, dtype=np.int64)  # of the trials with the option, in units
        self._total = 0
        self._trials = 0
        self._effects: NDArray[np.float64] | None = None

    def update(self, network: Sequence[int], reward: float) -> None:
        """Add one trial: option indices [positions] and its reward."""
        options = self._starts + np.asarray(network)
        units = round(min(max(reward, -_LARGEST), _LARGEST) / _UNIT)
        self._together[np.ix_(options, options)] += 1
        self._rewards[options] += units
        self._total += units
        self._trials += 1
        self._effects = None

    def predict(self, network: Sequence[int]) -> float:
        """Expected reward of the option indices [positions] less the mean of all rewards; 0 before the first trial."""
        if self._effects is None:
            self._effects = self._fitted()
        return float(np.sum(self._effects[self._starts + np.asarray(network)]))

    def _fitted(self) -> NDArray[np.float64]:
        trials = max(self._trials, 1)
        counts = np.diag(self._together).astype(np.float64)
        covariances = self._together - np.outer(counts, counts) / trials
        shrunk = covariances + _SHRINKAGE * np.eye(len(counts))
        surplus = (self._rewards - counts * (self._total / trials)) * _UNIT
        return np.asarray(np.linalg.solve(shrunk, surplus), dtype=np.float64)
