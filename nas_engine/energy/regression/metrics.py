"""How good predictions are: scores, folds that keep each architecture on one side. NumPy alone."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression.schema import Values


@dataclass(frozen=True, slots=True)
class Scores:
    """Of predictions against measurements: R2, root mean squared error (unit of the target), rank correlation."""

    r2: float
    rmse: float
    spearman: float

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def scores(measured: Values, predicted: Values) -> Scores:
    """Raises nothing: R2 and rank correlation of constant measurements are 0."""
    error = float(np.mean((measured - predicted) ** 2))
    variance = float(np.var(measured))
    r2 = 1 - error / variance if variance > 0 else 0.0
    return Scores(r2, float(np.sqrt(error)), spearman(measured, predicted))


def spearman(a: Values, b: Values) -> float:
    """Rank correlation; equal values share their mean rank, and a constant has no correlation: 0."""
    ranks_a, ranks_b = _ranks(a), _ranks(b)
    spread = float(np.std(ranks_a) * np.std(ranks_b))
    return float(np.mean((ranks_a - ranks_a.mean()) * (ranks_b - ranks_b.mean()))) / spread if spread > 0 else 0.0


def _ranks(values: Values) -> Values:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse], dtype=np.float64)


def folds(groups: Sequence[str], count: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Masks [n] of the rows to hold back, one a fold: every group is held back once, as a whole."""
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    fold_of = shuffled % count
    for fold in range(min(count, len(names))):
        yield fold_of[member] == fold
