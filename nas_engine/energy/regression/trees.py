"""Forest of regression trees as plain arrays: grown in `forest` by scikit-learn, predicts with NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression.schema import EncodedFeatures, Values

_ROWS_AT_ONCE = 2_000  # rows times trees are walked together; more would not fit the processor's cache
_NAMES = ("feature", "threshold", "left", "right", "value", "roots", "levels")


@dataclass(frozen=True, slots=True)
class Trees:
    """Nodes of all trees concatenated [nodes]: a row of the design matrix goes `left` where its feature <= threshold.

    A leaf is its own child on both sides, so that walking on from it changes nothing. `roots` [trees] are the first
    nodes, `depth` is that of the deepest tree, `levels` [categorical columns] the number of options of each column.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    roots: NDArray[np.int32]
    levels: NDArray[np.int64]
    depth: int

    def predict(self, features: EncodedFeatures) -> tuple[Values, Values]:
        """Mean and standard deviation [n] over the trees, in the unit of the target of the forest."""
        inputs = design(features, self.levels)
        chunks = [inputs[start : start + _ROWS_AT_ONCE] for start in range(0, len(inputs), _ROWS_AT_ONCE)]
        votes = np.concatenate([self._votes(chunk) for chunk in chunks] or [np.empty((0, len(self.roots)))])
        return votes.mean(axis=1), votes.std(axis=1)

    def _votes(self, inputs: NDArray[np.float32]) -> Values:
        nodes = np.broadcast_to(self.roots, (len(inputs), len(self.roots))).copy()
        rows = np.arange(len(inputs))[:, None]
        for _ in range(self.depth):
            goes_left = inputs[rows, self.feature[nodes]] <= self.threshold[nodes]
            nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
        return self.value[nodes].astype(np.float64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """State of the forest as plain arrays, the input of `from_arrays`."""
        return {name: getattr(self, name) for name in _NAMES} | {"depth": np.array(self.depth)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Forest from the arrays of `arrays`. Raises ValueError where nodes point outside of the forest."""
        trees = cls(**{name: arrays[name] for name in _NAMES}, depth=int(arrays["depth"]))
        nodes = len(trees.value)
        for name in ("left", "right", "roots"):
            pointers = getattr(trees, name)
            if pointers.size and not (pointers.min() >= 0 and pointers.max() < nodes):
                raise ValueError(f"the forest's {name} points outside of its {nodes} nodes")
        return trees


def design(features: EncodedFeatures, levels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Design matrix of the trees [n, sum of levels + numbers]: one column per option, then the numbers.

    `levels` [categorical columns] are numbers of options. An unseen option is 0 in all columns of its options.
    """
    options = [features.codes[:, [column]] == np.arange(count) for column, count in enumerate(levels)]
    return np.concatenate([*options, features.numbers], axis=1, dtype=np.float32)
