"""Search spaces that are small enough to search exhaustively in a test."""

from collections.abc import Iterator
from itertools import product

from nas_engine.architecture import Architecture, Head, Stem
from nas_engine.search_space.paper_spaces import SearchSpace
from nas_engine.search_space.spec import PositionSpec, SpaceSpec


def tiny_2d(classes: int = 3) -> SearchSpace:
    """Three positions, 2 x 3 x 3 = 18 networks of about a thousand parameters, on the standard 196x40 input."""
    positions = (
        PositionSpec(("kxk",), (3,), (4, 8), (4, 4)),
        PositionSpec(("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2_avg_pool"), (3,), (8,), (2, 2)),
        PositionSpec(("mobilenet_v2", "kx1_1xk", "identity"), (3,), (8,), (1, 1)),
    )
    return SpaceSpec("tiny_2d", Stem(), positions, Head(classes=classes, hidden_units=8)).search_space()


def small_2d(classes: int = 3) -> SearchSpace:
    """Four positions, the second without a choice: 3 x 1 x 9 x 10 = 270 networks."""
    positions = (
        PositionSpec(("kxk",), (3,), (8, 16, 24), (2, 1)),
        PositionSpec(("kx1_1xk_dw",), (3,), (16,), (2, 1)),
        PositionSpec(("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2_avg_pool"), (3,), (16, 24, 32), (2, 2)),
        PositionSpec(("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2", "identity"), (3,), (24, 32, 40), (1, 1)),
    )
    return SpaceSpec("small_2d", Stem(), positions, Head(classes=classes)).search_space()


def twins_2d() -> SearchSpace:
    """2 x 3 x 3 architectures; where one of the last two blocks is an identity, the other may come first or second."""
    alike = PositionSpec(("mobilenet_v1", "identity"), (3,), (8, 16), (1, 1))
    positions = (PositionSpec(("kxk",), (3,), (8, 16), (4, 4)), alike, alike)
    return SpaceSpec("twins_2d", Stem(), positions, Head(3)).search_space()


def single_2d(classes: int = 3) -> SearchSpace:
    """Two positions without a choice: one network."""
    positions = (PositionSpec(("kxk",), (3,), (8,), (2, 1)), PositionSpec(("kx1_1xk_dw",), (3,), (16,), (2, 1)))
    return SpaceSpec("single_2d", Stem(), positions, Head(classes=classes)).search_space()


def everything(space: SearchSpace) -> Iterator[Architecture]:
    """Every architecture of a (small) space."""
    return (space.decode(indices) for indices in product(*(range(len(p.options)) for p in space.positions)))
