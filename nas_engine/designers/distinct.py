"""Ways to a network that nobody has tried yet, from the cheapest to the certain one.

`taken` always holds network hashes, so that an identity in another place makes nothing new.
"""

from collections.abc import Callable, Container, Iterator

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Suggestion
from nas_engine.search_space.paper_spaces import SearchSpace


def first_new(draw: Callable[[], Suggestion], taken: Container[str], attempts: int) -> Suggestion | None:
    """The first of `attempts` draws whose network is not in `taken`."""
    for _ in range(attempts):
        suggestion = draw()
        if suggestion.architecture.network_hash not in taken:
            return suggestion
    return None


def new_neighbour(
    space: SearchSpace, architecture: Architecture, taken: Container[str], rng: np.random.Generator
) -> Architecture | None:
    """An architecture that differs from this one in one block and is not in `taken`; each is equally likely."""
    return next(new_neighbours(space, architecture, taken, rng), None)


def new_neighbours(
    space: SearchSpace, architecture: Architecture, taken: Container[str], rng: np.random.Generator
) -> Iterator[Architecture]:
    """Those that differ from this one in one block and are not in `taken` when their turn comes, in random order."""
    neighbours = list(space.neighbours(architecture))
    shuffled = (neighbours[i] for i in rng.permutation(len(neighbours)))
    return (neighbour for neighbour in shuffled if neighbour.network_hash not in taken)


def new_anywhere(space: SearchSpace, taken: Container[str], rng: np.random.Generator) -> Architecture | None:
    """The first architecture not in `taken`, counting through the whole space from a random one; None if there is none.

    Certain, and quick for any space: it stops after one step more than there are architectures of networks in `taken`.
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
    """Count one on, in place; the last position is the fastest, and the last architecture precedes the first."""
    for position in reversed(range(len(sizes))):
        indices[position] = (indices[position] + 1) % sizes[position]
        if indices[position]:
            return
