"""Cross-validation of a device's energy model. Loads scikit-learn.

Networks are split into five folds, all runs of a network in one; a model trained on four predicts the fifth (Figure 4
of the paper). With over 2,000 runs only one fold is held back, in a fifth of the time. Reported errors are those of
these models, not of the delivered one, which is trained on all networks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.cost import cost
from nas_engine.energy.estimators.base import LEAST_MEASURED, LearnedPredictor, feature_rows
from nas_engine.energy.estimators.features import ANALYTICAL
from nas_engine.energy.estimators.training import MeasuredNetwork, train
from nas_engine.energy.regression import forest
from nas_engine.energy.regression.metrics import folds, scores
from nas_engine.energy.regression.schema import Schema, TableRow, Values

FOLDS = 5
MOST_FOR_ALL_FOLDS = 2_000
_LEAST_IN_A_FOLD = 2
_CURVE_SHARES = (1 / 8, 1 / 4, 1 / 2)
_IN_WORDS = {ANALYTICAL: "estimate by published figures"}
_SHUFFLED_ROWS = 400
_MOST_SHUFFLES = 10

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Prediction (mJ) of a run by a model trained without its network; `index` is its place among the measured runs."""

    index: int
    predicted_mj: float
    low_mj: float
    high_mj: float
    outside: bool


@dataclass(frozen=True, slots=True)
class LearningCurvePoint:
    """Errors on the held-back networks of the first fold with a model trained on `networks` others."""

    networks: int
    rmse_mj: float
    r2: float


@dataclass(frozen=True, slots=True)
class Importance:
    """Importance of one feature: mJ of RMSE (permutation) or share 0..1 (impurity)."""

    feature: str
    value: float


@dataclass(frozen=True, slots=True)
class ModelReport:
    """Cross-validation report of an energy model.

    `coverage` is the share (0..1) of held-back runs inside their 90 % interval; `noise_mj` the standard deviation of
    repeated measurements, None without repeats. `permutation` is the increase of the RMSE (mJ) when a feature is
    shuffled, `impurity` its impurity importance (0..1) in a random forest; both with the greatest first.
    """

    runs: int
    networks: int
    r2: float
    rmse_mj: float
    spearman: float
    coverage: float
    noise_mj: float | None
    held_back: tuple[HeldBack, ...]
    learning_curve: tuple[LearningCurvePoint, ...]
    permutation: tuple[Importance, ...]
    impurity: tuple[Importance, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values by field name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Fold:
    """Predictor of one fold and the mask [runs] of the runs held back from it."""

    held_back: Mask
    predictor: LearnedPredictor


def cross_validate(
    measured: Sequence[MeasuredNetwork],
    *,
    known: LearnedPredictor | None = None,
    seed: int = 0,
    noise_mj: float | None = None,
) -> ModelReport:
    """Cross-validate the model that `train` fits to `measured` (and `known`).

    `noise_mj` is passed to the report. Raises BadMeasurement as `train` does.
    """
    groups = [one.architecture.network_hash for one in measured]
    found = list(_folds(measured, groups, known, seed))
    points = [point for fold in found for point in _predict(measured, fold)]
    target = np.array([measured[point.index].energy_mj for point in points])
    predicted = np.array([point.predicted_mj for point in points])
    inside = [p.low_mj <= energy <= p.high_mj for p, energy in zip(points, target, strict=True)]
    scored = scores(target, predicted)
    table = feature_rows([cost(one.architecture) for one in measured], known)
    return ModelReport(
        runs=len(measured),
        networks=len(set(groups)),
        r2=scored.r2,
        rmse_mj=scored.rmse,
        spearman=scored.spearman,
        coverage=float(np.mean(inside)),
        noise_mj=noise_mj,
        held_back=tuple(sorted(points, key=lambda point: point.index)),
        learning_curve=tuple(_learning_curve(measured, groups, known, seed, found[0])),
        permutation=_greatest_first(_permutation(measured, table, found, seed)),
        impurity=_greatest_first(_impurity(measured, table, seed)),
    )


def _folds(
    measured: Sequence[MeasuredNetwork], groups: Sequence[str], known: LearnedPredictor | None, seed: int
) -> Iterator[_Fold]:
    wanted = FOLDS if len(measured) <= MOST_FOR_ALL_FOLDS else 1
    for number, held_back in enumerate(folds(groups, FOLDS, seed)):
        if number == wanted:
            return
        yield _Fold(held_back, _trained(measured, ~held_back, known, seed))


def _trained(
    measured: Sequence[MeasuredNetwork], chosen: Mask, known: LearnedPredictor | None, seed: int
) -> LearnedPredictor:
    seen = [one for one, is_chosen in zip(measured, chosen, strict=True) if is_chosen]
    return train(seen, source="", known=known, seed=seed, least=_LEAST_IN_A_FOLD).predictor


def _predict(measured: Sequence[MeasuredNetwork], fold: _Fold) -> Iterator[HeldBack]:
    indices = np.flatnonzero(fold.held_back).tolist()
    estimates = fold.predictor.estimates([cost(measured[index].architecture) for index in indices])
    for index, estimate in zip(indices, estimates, strict=True):
        low_mj = estimate.energy_mj if estimate.low_mj is None else estimate.low_mj
        high_mj = estimate.energy_mj if estimate.high_mj is None else estimate.high_mj
        yield HeldBack(index, estimate.energy_mj, low_mj, high_mj, bool(estimate.outside))


def _learning_curve(
    measured: Sequence[MeasuredNetwork], groups: Sequence[str], known: LearnedPredictor | None, seed: int, first: _Fold
) -> Iterator[LearningCurvePoint]:
    """Points for an eighth, a quarter, half and all of the networks that the first fold's model was trained on."""
    names = np.unique(np.asarray(groups)[~first.held_back])
    shuffled = np.random.default_rng(seed).permutation(names)
    for share in _CURVE_SHARES:
        count = round(share * len(names))
        if count >= LEAST_MEASURED:
            chosen = np.isin(np.asarray(groups), shuffled[:count])
            yield _point(measured, _Fold(first.held_back, _trained(measured, chosen, known, seed)), count)
    yield _point(measured, first, len(names))


def _point(measured: Sequence[MeasuredNetwork], fold: _Fold, networks: int) -> LearningCurvePoint:
    points = list(_predict(measured, fold))
    target = np.array([measured[point.index].energy_mj for point in points])
    found = scores(target, np.array([point.predicted_mj for point in points]))
    return LearningCurvePoint(networks, found.rmse, found.r2)


def _permutation(
    measured: Sequence[MeasuredNetwork], table: Sequence[TableRow], found: Sequence[_Fold], seed: int
) -> dict[str, float]:
    """Permutation importance by feature: RMSE (mJ) of held-back runs with its values shuffled, minus that without.

    Source: Breiman, "Random forests" (2001).
    """
    rng, names = np.random.default_rng(seed), list(dict.fromkeys(name for row in table for name in row))
    squares: dict[str, list[float]] = {name: [] for name in names}
    plain: list[float] = []
    for fold in found:
        indices = np.flatnonzero(fold.held_back)[: _SHUFFLED_ROWS // len(found) or 1]
        own = [table[index] for index in indices]
        target = np.array([measured[index].energy_mj for index in indices])
        shuffles = max(1, min(_MOST_SHUFFLES, _SHUFFLED_ROWS // len(found) // len(own)))
        plain += _squared_errors(fold.predictor, own, target)
        for name in names:
            shuffled = [row for _ in range(shuffles) for row in _shuffled(own, name, rng)]
            squares[name] += _squared_errors(fold.predictor, shuffled, np.tile(target, shuffles))
    base = float(np.sqrt(np.mean(plain)))
    return {name: float(np.sqrt(np.mean(values))) - base for name, values in squares.items()}


def _shuffled(own: Sequence[TableRow], name: str, rng: np.random.Generator) -> list[TableRow]:
    """Rows with the values of one column shuffled among those that have it (short networks lack some)."""
    having = [index for index, row in enumerate(own) if name in row]
    given = dict(zip(having, rng.permutation(having), strict=True))
    return [{**row, name: own[given[index]][name]} if index in given else row for index, row in enumerate(own)]


def _squared_errors(predictor: LearnedPredictor, table: Sequence[TableRow], target: Values) -> list[float]:
    errors: list[float] = ((predictor.model.predict_rows(table).value - target) ** 2).tolist()
    return errors


def _impurity(measured: Sequence[MeasuredNetwork], table: Sequence[TableRow], seed: int) -> dict[str, float]:
    """Impurity importance by feature in the paper's random forest, whatever the parts of the model are."""
    schema = Schema.of(table)
    target = np.array([one.energy_mj for one in measured])
    return forest.grow(schema, schema.encode(table), target, seed).impurity_importance


def _greatest_first(values: Mapping[str, float]) -> tuple[Importance, ...]:
    ordered = sorted(values.items(), key=lambda item: -item[1])
    return tuple(Importance(_IN_WORDS.get(name, name), value) for name, value in ordered)
