"""Scores of predictions, and folds of cross-validation that keep each network on one side. For training alone."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import PredefinedSplit

from nas_engine.energy.regression.schema import Values


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of predictions: R2, root mean squared error (unit of the target), Spearman's rank correlation."""

    r2: float
    rmse: float
    spearman: float

    def to_json(self) -> dict[str, float]:
        """JSON values by field name."""
        return asdict(self)


def scores(measured: Values, predicted: Values) -> Scores:
    """Scores of `predicted` [n] against `measured` [n]; R2 and rank correlation of constant measurements are 0."""
    error = float(np.mean((measured - predicted) ** 2))
    variance = float(np.var(measured))
    r2 = 1 - error / variance if variance > 0 else 0.0
    return Scores(r2, float(np.sqrt(error)), spearman(measured, predicted))


def spearman(a: Values, b: Values) -> float:
    """Spearman's rank correlation of `a` [n] and `b` [n] (`scipy.stats.spearmanr`); 0 if either is constant."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(stats.spearmanr(a, b).statistic)


def folds(groups: Sequence[str], count: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Masks [n] of the rows to hold back, one per fold: every group of `groups` [n] is held back once, as a whole.

    Groups are dealt to the folds in an order drawn by `seed` and cut by scikit-learn's `PredefinedSplit`; `GroupKFold`
    draws from NumPy's legacy generator and would change every published figure.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    fold_of = np.random.default_rng(seed).permutation(len(names)) % count
    for _, held_back in PredefinedSplit(fold_of[member]).split():
        yield np.isin(np.arange(len(member)), held_back)
