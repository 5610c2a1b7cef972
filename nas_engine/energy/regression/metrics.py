"""How good predictions are: scores, and folds that keep each architecture on one side. For training alone."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import PredefinedSplit

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
    """Rank correlation of `a` [n] and `b` [n] by `scipy.stats.spearmanr`; of a constant, which has none, 0."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(stats.spearmanr(a, b).statistic)


def folds(groups: Sequence[str], count: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Masks [n] of the rows to hold back, one a fold: every group is held back once, as a whole.

    Groups are dealt round to the folds in an order drawn by `seed`, and scikit-learn's `PredefinedSplit` cuts along
    that: its `GroupKFold` draws by NumPy's former generator and would change every published figure.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    fold_of = np.random.default_rng(seed).permutation(len(names)) % count
    for _, held_back in PredefinedSplit(fold_of[member]).split():
        yield np.isin(np.arange(len(member)), held_back)
