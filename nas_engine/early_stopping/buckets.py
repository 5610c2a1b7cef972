"""Curves as rows of equal length: time buckets, what is known of them, and the final accuracy as a last point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.early_stopping.base import Curve
from nas_engine.early_stopping.kernel import Array

_MOST_BUCKETS = 32  # a Cholesky factor grows with the cube; finer than a thirtieth of a curve is noise


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
    def times(self) -> Array:
        """[count + 1]: the share of the float training done in the middle of each bucket, and 1 for the final point."""
        middles = (np.arange(self.count) + 0.5) * self.size + 0.5
        return np.append(middles / self.epochs, 1.0)

    def points(self, curve: Curve) -> Array:
        """[buckets that are full]: the mean accuracy of each. Raises ValueError for a curve that is too long."""
        if len(curve.accuracies) > self.epochs:
            raise ValueError(f"a curve has {len(curve.accuracies)} epochs where {self.epochs} are trained")
        full = len(curve.accuracies) // self.size
        accuracies = np.array(curve.accuracies[: full * self.size], dtype=np.float64)
        return np.asarray(accuracies.reshape(full, self.size).mean(axis=1))[: self.count]

    def rows(self, curves: Sequence[Curve]) -> "Rows":
        values = np.zeros((len(curves), self.count + 1))
        known = np.zeros(values.shape, dtype=bool)
        for row, curve in enumerate(curves):
            points = self.points(curve)
            values[row, : len(points)], known[row, : len(points)] = points, True
            if curve.final_accuracy is not None:
                values[row, -1], known[row, -1] = curve.final_accuracy, True
        return Rows(values, known)


@dataclass(frozen=True, slots=True)
class Rows:
    """Curves [n, points]; `values` are 0 where nothing is `known`. The last point is the final accuracy."""

    values: Array
    known: NDArray[np.bool_]
