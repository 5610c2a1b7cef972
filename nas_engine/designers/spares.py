"""Architectures without a designer, for when it has no more to say or says only what the screen refuses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Outcome, Suggestion
from nas_engine.designers.distinct import new_anywhere, new_neighbours
from nas_engine.screening import Refusal, Screen
from nas_engine.search_space import SearchSpace

MOST_DRAWS = 2_000  # architectures from anywhere that the screen may refuse in a row: under a second
_BEST = 5  # of the finished ones, whose neighbours are tried


@dataclass(frozen=True, slots=True)
class Miss:
    """A refused architecture and why."""

    architecture: Architecture
    refusal: Refusal


class Sieve:
    """A screen that counts what it refuses and remembers the nearest miss."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.refused = 0
        self.nearest: Miss | None = None

    def refusal(self, architecture: Architecture) -> Refusal | None:
        """What the screen says."""
        refusal = self._screen(architecture)
        if refusal is not None:
            self.refused += 1
            if self.nearest is None or refusal.excess < self.nearest.refusal.excess:
                self.nearest = Miss(architecture, refusal)
        return refusal


def spares(
    space: SearchSpace, best: Iterable[Outcome], taken: set[str], sieve: Sieve, rng: np.random.Generator
) -> Iterator[Suggestion]:
    """New architectures that pass, until the space is used up or too many have been refused in a row.

    First neighbours of the `best` finished ones, then some from anywhere, then a descent from the nearest miss. Adds
    to `taken` what it yields or finds refused.
    """
    feasible = ((outcome.reward, outcome.architecture) for outcome in best if outcome.reward is not None)
    for _, architecture in nlargest(_BEST, feasible, key=lambda pair: pair[0]):
        yield from _passing(new_neighbours(space, architecture, taken, rng), "neighbour", taken, sieve)
    yield from _passing(_anywhere(space, taken, sieve, rng), "random", taken, sieve)
    yield from _descent(space, taken, sieve, rng)


def _passing(architectures: Iterable[Architecture], source: str, taken: set[str], sieve: Sieve) -> Iterator[Suggestion]:
    for architecture in architectures:
        taken.add(architecture.network_hash)
        if sieve.refusal(architecture) is None:
            yield Suggestion(architecture, {"source": source})


def _anywhere(space: SearchSpace, taken: set[str], sieve: Sieve, rng: np.random.Generator) -> Iterator[Architecture]:
    """New ones from all over the space, until the sieve has refused MOST_DRAWS of them in a row."""
    in_a_row = 0
    while in_a_row < MOST_DRAWS and (architecture := new_anywhere(space, taken, rng)) is not None:
        before = sieve.refused
        yield architecture
        in_a_row = in_a_row + 1 if sieve.refused > before else 0


def _descent(space: SearchSpace, taken: set[str], sieve: Sieve, rng: np.random.Generator) -> Iterator[Suggestion]:
    """From the nearest miss to its best neighbour and on, as long as misses get nearer: limits may leave so little of
    a space that no random draw falls inside.
    """
    left: Miss | None = None
    while (miss := sieve.nearest) is not None and miss is not left:
        yield from _passing(new_neighbours(space, miss.architecture, taken, rng), "descent", taken, sieve)
        left = miss
