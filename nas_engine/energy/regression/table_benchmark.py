"""Benchmark of the regression model on a table of measured networks: scores on networks held back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.energy.regression import training
from nas_engine.energy.regression.csv_table import CostTable
from nas_engine.energy.regression.metrics import scores
from nas_engine.energy.regression.schema import TableRow, Values
from nas_engine.energy.regression.transfer import with_known
from nas_engine.errors import BadMeasurement

HELD_BACK = 3_000
_HELD_BACK_SHARE = 5
LEAST_MEASURED = 10


@dataclass(frozen=True, slots=True)
class Split:
    """Indices of the rows held back, and of those available for training, in random order."""

    held_back: NDArray[np.int64]
    measurable: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TableScores:
    """Scores over the networks held back; `coverage90` is the share (0..1) of them inside their 90 % interval.

    `rmse` is in the unit of the target; `cross_fitted_r2` is the model's own estimate from the measured networks.
    """

    measured: int
    held_back: int
    r2: float
    rmse: float
    spearman: float
    coverage90: float
    cross_fitted_r2: float
    model: str

    def to_json(self) -> dict[str, Any]:
        """JSON values by field name."""
        return asdict(self)


def split(rows: int, seed: int) -> Split:
    """Hold back 3,000 rows or, of a smaller table, a fifth; deterministic for equal arguments."""
    order = np.random.default_rng(seed).permutation(rows)
    held_back = min(HELD_BACK, rows // _HELD_BACK_SHARE)
    return Split(order[:held_back], order[held_back:])


def features(table: CostTable, known: str | None, seed: int) -> Sequence[TableRow]:
    """Rows of features; with `known`, a column of measurements of another device, extended by its predictions."""
    return with_known(table.rows, known, table.measurements[known], seed) if known else table.rows


def evaluate(rows: Sequence[TableRow], target: Values, *, measured: int, seed: int) -> TableScores:
    """Train on `measured` random rows of `rows` [n] and `target` [n], predict those held back.

    Raises BadMeasurement for fewer than 10 rows or more than are left.
    """
    parts = split(len(rows), seed)
    if len(parts.measurable) < LEAST_MEASURED:
        raise BadMeasurement(
            f"{len(rows)} networks are too few: a fifth is held back, and {LEAST_MEASURED} are needed to learn from."
        )
    if not LEAST_MEASURED <= measured <= len(parts.measurable):
        raise BadMeasurement(
            f"{measured} of {len(rows)} networks cannot be measured: {len(parts.held_back)} are held back, "
            f"so choose {LEAST_MEASURED} to {len(parts.measurable)}."
        )
    chosen = parts.measurable[:measured]
    fitted = training.fit([rows[i] for i in chosen], target[chosen], seed=seed)
    predicted = fitted.model.predict_rows([rows[i] for i in parts.held_back])
    truth = target[parts.held_back]
    inside = float(np.mean((predicted.low <= truth) & (truth <= predicted.high)))
    scored = scores(truth, predicted.value).to_json()
    held_back = len(parts.held_back)
    return TableScores(
        measured, held_back, **scored, coverage90=inside, cross_fitted_r2=fitted.scores.r2, model=fitted.name
    )


def sizes_up_to(measured: int) -> list[int]:
    """Sizes of training sets of a learning curve: 10, 20, 50, 100 and so on, the last `measured`."""
    steps = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
    return [step for step in steps if step < measured] + [measured]
