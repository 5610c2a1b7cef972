"""Curves as rows of equal length: losses and accuracies in time buckets, what is known of them, the final accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.kernel import Array

_MOST_BUCKETS = 32  # a Cholesky factor grows with the cube; finer than a thirtieth of a curve is noise
_LOSS_COARSENESS = 2  # losses are means over a whole epoch of training: smooth enough for half as many points


@dataclass(frozen=True, slots=True)
class Buckets:
    """Trainings of `epochs` float epochs in buckets of equally many epochs; the paper's section 5.1 has them too."""

    epochs: int

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError(f"a curve has at least one epoch, not {self.epochs}")

    @property
    def size(self) -> int:
        """Epochs in a bucket."""
        return -(-self.epochs // _MOST_BUCKETS)

    @property
    def count(self) -> int:
        return self.epochs // self.size

    @property
    def loss_count(self) -> int:
        return self.epochs // (self.size * _LOSS_COARSENESS)

    @property
    def times(self) -> Array:
        """[count + 1]: the share of the float training done in the middle of each bucket, and 1 for the final point."""
        return np.append(self._middles(self.size, self.count), 1.0)

    @property
    def loss_times(self) -> Array:
        """[loss_count]: the same for losses."""
        return self._middles(self.size * _LOSS_COARSENESS, self.loss_count)

    def points(self, curve: Curve) -> Array:
        """[buckets that are full]: the mean accuracy of each. Raises ValueError for a curve that is too long."""
        return self._means(curve.accuracies, self.size)[: self.count]

    def rows(self, curves: Sequence[Curve]) -> "CurveRows":
        """Raises ValueError for a curve that is too long."""
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
        """[full buckets of `size` epochs]."""
        if len(epochs) > self.epochs:
            raise ValueError(f"a curve has {len(epochs)} epochs where {self.epochs} are trained")
        full = len(epochs) // size
        return np.asarray(np.array(epochs[: full * size], dtype=np.float64).reshape(full, size).mean(axis=1))


@dataclass(frozen=True, slots=True)
class CurveRows:
    """Curves [n, points]: losses, accuracies, and last the final accuracy. `values` are 0 where nothing is `known`."""

    values: Array
    known: NDArray[np.bool_]
