"""What each block at each position has brought so far: ridge regression of the rewards on the blocks.

It takes blocks to add up, which they do only roughly. That is enough to tell the more promising of a few networks.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SHRINKAGE = 10.0  # trials of a block at which its effect is taken for half of what they show
_UNIT = 1e-9  # sums of whole numbers of it do not depend on the order of trials
_LARGEST = 1e6  # of a reward; more would not fit


class BlockEffects:
    """A network is the indices of its options, one for each of the positions of `sizes`."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        width = int(sum(sizes))
        self._together = np.zeros((width, width), dtype=np.int64)  # trials with both options
        self._rewards = np.zeros(width, dtype=np.int64)  # of the trials with the option, in units
        self._total = 0
        self._trials = 0
        self._effects: NDArray[np.float64] | None = None

    def learn(self, network: Sequence[int], reward: float) -> None:
        """Take one trial into account."""
        options = self._starts + np.asarray(network)
        units = round(min(max(reward, -_LARGEST), _LARGEST) / _UNIT)
        self._together[np.ix_(options, options)] += 1
        self._rewards[options] += units
        self._total += units
        self._trials += 1
        self._effects = None

    def promise(self, network: Sequence[int]) -> float:
        """The reward to be expected, less the mean of all; 0 before the first trial."""
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
