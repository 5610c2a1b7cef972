"""Search for architectures that a study has not tried: by repeated draws, among neighbours, in the whole space.

`taken` holds `Architecture.network_hash` values, so that another place of an identity does not count as new.
"""

from collections.abc import Callable, Container, Iterator

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Suggestion
from nas_engine.search_space.paper_spaces import SearchSpace


def first_new(draw: Callable[[], Suggestion], taken: Container[str], attempts: int) -> Suggestion | None:
    """First of at most `attempts` draws whose network is not in `taken`, None if all are."""
    for _ in range(attempts):
        suggestion = draw()
        if suggestion.architecture.network_hash not in taken:
            return suggestion
    return None


def new_neighbour(
    space: SearchSpace, architecture: Architecture, taken: Container[str], rng: np.random.Generator
) -> Architecture | None:
    """Architecture that differs in one block and is not in `taken`, drawn uniformly; None if there is none.

    Raises ValueError for an `architecture` outside the space.
    """
    return next(new_neighbours(space, architecture, taken, rng), None)


def new_neighbours(
    space: SearchSpace, architecture: Architecture, taken: Container[str], rng: np.random.Generator
) -> Iterator[Architecture]:
    """Architectures that differ in one block, in random order; `taken` is read when each one's turn comes.

    Raises ValueError for an `architecture` outside the space.
    """
    neighbours = list(space.neighbours(architecture))
    shuffled = (neighbours[i] for i in rng.permutation(len(neighbours)))
    return (neighbour for neighbour in shuffled if neighbour.network_hash not in taken)


def new_anywhere(space: SearchSpace, taken: Container[str], rng: np.random.Generator) -> Architecture | None:
    """First architecture not in `taken`, enumerating the whole space from a random one; None if there is none.

    Takes at most one step more than there are architectures of the networks in `taken`.
    """
    sizes = [len(position.options) for position in space.positions]
    indices = [int(rng.integers(size)) for size in sizes]
    for _ in range(space.cardinality):
        architecture = space.decode(indices)
        if architecture.network_hash not in taken:
            return architecture
        _increment(indices, sizes)
    return None


def _increment(indices: list[int], sizes: list[int]) -> None:
    """Next tuple of indices, in place; the last position is the fastest, and after the last tuple comes the first."""
    for position in reversed(range(len(sizes))):
        indices[position] = (indices[position] + 1) % sizes[position]
        if indices[position]:
            return
