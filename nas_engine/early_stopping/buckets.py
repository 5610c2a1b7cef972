"""Learning curves as rows of equal length: losses and accuracies in time buckets and the final accuracy, masked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.kernel import Array

_MOST_BUCKETS = 32  # the time of a Cholesky factor grows with the cube; finer buckets resolve only noise
_LOSS_COARSENESS = 2  # losses are means over a whole epoch of training: smooth enough for half as many points


@dataclass(frozen=True, slots=True)
class Buckets:
    """Time buckets of equally many epochs for trainings of `epochs` float epochs (paper, section 5.1).

    Raises ValueError for less than one epoch.
    """

    epochs: int

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError(f"a curve has at least one epoch, not {self.epochs}")

    @property
    def size(self) -> int:
        """Epochs per bucket."""
        return -(-self.epochs // _MOST_BUCKETS)

    @property
    def count(self) -> int:
        """Number of buckets of accuracies, P - 1."""
        return self.epochs // self.size

    @property
    def loss_count(self) -> int:
        """Number of buckets of losses, L."""
        return self.epochs // (self.size * _LOSS_COARSENESS)

    @property
    def ends(self) -> range:
        """Epochs after 0, 1, .. full buckets [count + 1]."""
        return range(0, self.count * self.size + 1, self.size)

    @property
    def times(self) -> Array:
        """Share of the float training done in the middle of each bucket, then 1 for the final point [count + 1]."""
        return np.append(self._middles(self.size, self.count), 1.0)

    @property
    def loss_times(self) -> Array:
        """Share of the float training done in the middle of each bucket of losses [loss_count]."""
        return self._middles(self.size * _LOSS_COARSENESS, self.loss_count)

    def points(self, curve: Curve) -> Array:
        """Mean accuracy of each full bucket [full buckets]. Raises ValueError for a curve of too many epochs."""
        return self._means(curve.accuracies, self.size)[: self.count]

    def rows(self, curves: Sequence[Curve]) -> "CurveRows":
        """Rows of n curves: values and mask [n, L + P]. Raises ValueError for a curve of too many epochs."""
        values = np.zeros((len(curves), self.loss_count + self.count + 1))
        known = np.zeros(values.shape, dtype=bool)
        for row, curve in enumerate(curves):
            losses = self._means(curve.losses, self.size * _LOSS_COARSENESS)[: self.loss_count]
            for begin, points in ((0, losses), (self.loss_count, self.points(curve))):
                here = slice(begin, begin + len(points))
                values[row, here], known[row, here] = points, True
            if curve.final_accuracy is not None:
                values[row, -1], known[row, -1] = curve.final_accuracy, True
        return CurveRows(values, known)

    def _middles(self, size: int, count: int) -> Array:
        return np.asarray(((np.arange(count) + 0.5) * size + 0.5) / self.epochs)

    def _means(self, epochs: Sequence[float], size: int) -> Array:
        """Means of full buckets of `size` epochs [full buckets]."""
        if len(epochs) > self.epochs:
            raise ValueError(f"a curve has {len(epochs)} epochs where {self.epochs} are trained")
        full = len(epochs) // size
        return np.asarray(np.array(epochs[: full * size], dtype=np.float64).reshape(full, size).mean(axis=1))


@dataclass(frozen=True, slots=True)
class CurveRows:
    """n curves [n, L + P]: losses, accuracies, and last the final accuracy. `values` are 0 where not `known`."""

    values: Array
    known: NDArray[np.bool_]
