"""Regularised evolution (Real et al. 2019, "Regularized evolution for image classifier architecture search").

The youngest trials are the population. Old ones are dropped however good, so that only networks persist whose children
are good too. The best of a few drawn from it is the parent; its child differs in one block.
"""

import numpy as np

from nas_engine.designers.evolutionary.breeding import BreedingDesigner, Indices

_POPULATION = 30
_TOURNAMENT = 10


class EvolutionDesigner(BreedingDesigner):
    """Mutation of tournament winners; age is the trial's number.

    Infeasible trials are no parents; their architectures are not suggested again.
    """

    FORMAT = "evolution-1"
    SOURCE = "mutation"

    def _child(self, rng: np.random.Generator) -> Indices | None:
        population = self._numbers()[-_POPULATION:]
        if len(population) < _POPULATION:
            return None
        drawn = (population[i] for i in rng.integers(len(population), size=_TOURNAMENT))
        parent = max(drawn, key=lambda number: self._outcomes[number].reward or 0.0)
        return self._mutated(self._indices[parent], rng)

    def _mutated(self, parent: Indices, rng: np.random.Generator) -> Indices:
        """Another option at one position; the parent itself where there is nothing to choose."""
        free = [position for position, size in enumerate(self._sizes) if size > 1]
        if not free:
            return parent
        position = free[int(rng.integers(len(free)))]
        child = list(parent)
        child[position] = self._another_option(position, parent[position], rng)
        return tuple(child)
