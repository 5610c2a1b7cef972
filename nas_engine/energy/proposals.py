"""Which networks to measure next: those that teach an energy model most. NumPy alone.

Of a model with a Gaussian process, they are those after which all networks offered are known best (`teaching`).

Without one, a batch is chosen greedily (the k-centre rule, weighted): each time the network with the greatest product
of the width of its 90 % interval and its distance from everything measured or chosen so far. Width alone would choose
ten of a kind; distance alone would spend measurements where the model is sure already. Before there is a model,
distance decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_engine.cost import ArchitectureCost
from nas_engine.energy import features
from nas_engine.energy.gaussian_process import GaussianProcess
from nas_engine.energy.pricing import LearnedPricer, Price, Pricer, rows
from nas_engine.energy.tables import Features, Schema, Values
from nas_engine.energy.teaching import most_telling

_SURE = 1.0  # the weight of a network without an interval


@dataclass(frozen=True, slots=True)
class Proposal:
    """A network to measure: its place among those offered, its price by the present model, and how much it counted."""

    index: int
    price: Price
    weight: float


def propose(
    offered: Sequence[ArchitectureCost], measured: Sequence[ArchitectureCost], pricer: Pricer, count: int
) -> list[Proposal]:
    """`count` of `offered` (or all, if there are fewer), the most telling first. The same for equal arguments."""
    if not offered:
        return []
    process = _process(pricer)
    if process is not None and isinstance(pricer, LearnedPricer):
        lessons = most_telling(process, pricer.model.schema.encode(rows(offered, pricer.known)), count)
        own_prices = pricer.prices([offered[lesson.index] for lesson in lessons])
        return [Proposal(one.index, price, one.share) for one, price in zip(lessons, own_prices, strict=True)]
    return _spread_out(offered, measured, pricer, count)


def _process(pricer: Pricer) -> GaussianProcess | None:
    parts = pricer.model.parts if isinstance(pricer, LearnedPricer) else ()
    return next((part for _, part in parts if isinstance(part, GaussianProcess)), None)


def _spread_out(
    offered: Sequence[ArchitectureCost], measured: Sequence[ArchitectureCost], pricer: Pricer, count: int
) -> list[Proposal]:
    points = _points([*offered, *measured])
    own, known = points[: len(offered)], points[len(offered) :]
    prices = pricer.prices(offered)
    uncertainty = np.array([_uncertainty(price) for price in prices])
    distance = _nearest(own, known) if len(known) else np.linalg.norm(own - own.mean(axis=0), axis=1)
    chosen: list[Proposal] = []
    for _ in range(min(count, len(offered))):
        worth = uncertainty * distance
        worth[[proposal.index for proposal in chosen]] = -np.inf
        best = int(np.argmax(worth))
        chosen.append(Proposal(best, prices[best], float(worth[best])))
        distance = np.minimum(distance, np.linalg.norm(own - own[best], axis=1))
    return chosen


def _uncertainty(price: Price) -> float:
    """The width of the interval, relative: a thirsty network is not worth more for being thirsty."""
    if price.low_mj is None or price.high_mj is None or price.low_mj <= 0:
        return _SURE
    return float(np.log(price.high_mj / price.low_mj))


def _points(costs: Sequence[ArchitectureCost]) -> Values:
    """[n, columns] at comparable scales: options as half of a unit each, numbers standardised, all columns alike."""
    table = [features.row(cost) for cost in costs]
    schema = Schema.of(table)
    encoded = schema.encode(table)
    return np.concatenate([_one_hot(schema, encoded), _standardised(encoded.numbers)], axis=1)


def _one_hot(schema: Schema, encoded: Features) -> Values:
    parts = [
        np.eye(len(column.levels))[encoded.codes[:, i]] / np.sqrt(2) for i, column in enumerate(schema.categorical)
    ]
    return np.concatenate(parts, axis=1) if parts else np.empty((len(encoded), 0))


def _standardised(numbers: Values) -> Values:
    scale = numbers.std(axis=0)
    varying: NDArray[np.bool_] = scale > 0
    return np.asarray((numbers[:, varying] - numbers[:, varying].mean(axis=0)) / scale[varying])


def _nearest(points: Values, others: Values) -> Values:
    """[n] distances to the nearest of `others`, without an array of all pairs and columns."""
    squares = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * points @ others.T
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0)))
