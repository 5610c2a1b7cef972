"""NSGA-II (Deb et al. 2002) on accuracy, energy and flash: searches for a front instead of the best reward.

The population follows NSGA-II's elitism: of all trials so far, those of the first fronts, and of the last front
that fits in part, the least crowded ones. Two of them, each the winner of a tournament of two, are crossed block by
block, and the child is mutated. There are no generations: each trial that ends takes part at once, so that no trainer
waits for the slowest of a generation.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nas_engine.designers.base import Outcome
from nas_engine.designers.evolutionary.breeding import BreedingDesigner, Indices
from nas_engine.pareto import Points, front

MAXIMISE = (True, False, False)  # int8 accuracy, energy, flash
_POPULATION = 40
_CROSSED = 0.9  # share of children with two parents


class NSGA2Designer(BreedingDesigner):
    """Ignores rewards: parents are the trials with known objectives (`Outcome.objectives`)."""

    FORMAT = "nsga2-1"
    SOURCE = "crossover"

    _population: tuple[int, ...] | None = None  # the best first; None: not known since the last outcome

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """Add trials by number; the population is selected again at the next suggestion."""
        super().update(outcomes)
        self._population = None

    def _child(self, rng: np.random.Generator) -> Indices | None:
        if self._population is None:
            self._population = self._survivors()
        if len(self._population) < _POPULATION:
            return None
        # The population is in the order of the crowded comparison: of two, the one further ahead wins.
        mother, father = (self._indices[self._population[min(rng.integers(_POPULATION, size=2))]] for _ in range(2))
        if rng.random() < _CROSSED:
            mother = tuple(np.where(rng.random(len(mother)) < 0.5, mother, father).tolist())
        return self._mutated(mother, rng)

    def _survivors(self) -> tuple[int, ...]:
        measured = {number: o for number in self._numbers() if (o := self._outcomes[number].objectives) is not None}
        points = np.array([(o.accuracy, o.energy_mj, o.flash_bytes) for o in measured.values()], dtype=np.float64)
        chosen = survivors(points.reshape(-1, len(MAXIMISE)), MAXIMISE, _POPULATION)
        numbers = list(measured)
        return tuple(numbers[i] for i in chosen)

    def _mutated(self, child: Indices, rng: np.random.Generator) -> Indices:
        """Each block with a choice changes with a probability of one over their number."""
        free = sum(size > 1 for size in self._sizes)
        changes = [size > 1 and rng.random() < 1 / free for size in self._sizes]
        return tuple(
            self._another_option(position, index, rng) if change else index
            for position, (index, change) in enumerate(zip(child, changes, strict=True))
        )


def survivors(points: Points, maximise: Sequence[bool], count: int) -> list[int]:
    """Indices of the best `count` of the points [n, d] by NSGA-II's crowded comparison (Deb et al. 2002), best first.

    A point of an earlier front comes first; within a front, a point in a less crowded place; of equals, the first.
    """
    left = np.arange(len(points))
    chosen: list[int] = []
    while len(left) and len(chosen) < count:
        mask = front(points[left], maximise)
        members = left[mask]
        order = np.argsort(-crowding(points[members]), kind="stable")
        chosen.extend(int(i) for i in members[order])
        left = left[~mask]
    return chosen[:count]


def crowding(points: Points) -> NDArray[np.float64]:
    """Crowding distance [n] of the points [n, d] of one front (Deb et al. 2002); infinite at each objective's ends."""
    distance = np.zeros(len(points))
    for values in points.T:
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        span = ordered[-1] - ordered[0]
        distance[order[[0, -1]]] = np.inf
        if span > 0:
            distance[order[1:-1]] += (ordered[2:] - ordered[:-2]) / span
    return distance
