"""How good an energy model of a device is, found out on networks that it was not trained on. Loads scikit-learn.

The networks are dealt into five folds, all runs of a network into one; a model of each four predicts the fifth
(Figure 4 of the paper). Of many networks one fold is held back, which is enough to judge by and takes a fifth of the
time. What is reported is how far such a model is off, not the delivered one, which has seen all networks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.cost import cost
from nas_engine.energy.estimators.base import LEAST_MEASURED, LearnedPredictor, rows
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
    """A run predicted by a model that had not seen its network; `index` is its place among the measured runs."""

    index: int
    predicted_mj: float
    low_mj: float
    high_mj: float
    outside: bool


@dataclass(frozen=True, slots=True)
class LearningCurvePoint:
    """Errors on the held-back networks of the first fold after training on `networks` others."""

    networks: int
    rmse_mj: float
    r2: float


@dataclass(frozen=True, slots=True)
class Importance:
    """How much one feature matters."""

    feature: str
    value: float


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What there is to say about an energy model.

    `coverage` is the share of held-back runs inside their 90 % interval; `noise_mj` the standard deviation of repeated
    measurements, None where none were repeated. `permutation` is by how many mJ the RMSE grows when a feature is
    shuffled, `impurity` its share in what a random forest explains; both with the greatest first.
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
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Fold:
    """One model and the runs that it has not seen."""

    held_back: Mask
    predictor: LearnedPredictor


def cross_validate(
    measured: Sequence[MeasuredNetwork],
    *,
    known: LearnedPredictor | None = None,
    seed: int = 0,
    noise_mj: float | None = None,
) -> ModelReport:
    """Cross-validate what `train` makes of `measured`; `known` as there. Raises BadMeasurement as `train` does."""
    groups = [one.architecture.network_hash for one in measured]
    found = list(_folds(measured, groups, known, seed))
    points = [point for fold in found for point in _predict(measured, fold)]
    target = np.array([measured[point.index].energy_mj for point in points])
    predicted = np.array([point.predicted_mj for point in points])
    inside = [p.low_mj <= energy <= p.high_mj for p, energy in zip(points, target, strict=True)]
    scored = scores(target, predicted)
    table = rows([cost(one.architecture) for one in measured], known)
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
    """Growing shares of the networks that the first fold's model was trained on; all of them last."""
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
    """By feature, the RMSE of held-back runs with its values shuffled among them, less the RMSE as they are."""
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
    """The rows with the values of one column dealt out anew; who has none (a short network) gets and gives none."""
    having = [index for index, row in enumerate(own) if name in row]
    given = dict(zip(having, rng.permutation(having), strict=True))
    return [{**row, name: own[given[index]][name]} if index in given else row for index, row in enumerate(own)]


def _squared_errors(predictor: LearnedPredictor, table: Sequence[TableRow], target: Values) -> list[float]:
    errors: list[float] = ((predictor.model.predict_rows(table).value - target) ** 2).tolist()
    return errors


def _impurity(measured: Sequence[MeasuredNetwork], table: Sequence[TableRow], seed: int) -> dict[str, float]:
    """Of the paper's forest, whatever the model is made of."""
    schema = Schema.of(table)
    target = np.array([one.energy_mj for one in measured])
    return forest.grow(schema, schema.encode(table), target, seed).impurity_importance


def _greatest_first(values: Mapping[str, float]) -> tuple[Importance, ...]:
    ordered = sorted(values.items(), key=lambda item: -item[1])
    return tuple(Importance(_IN_WORDS.get(name, name), value) for name, value in ordered)
