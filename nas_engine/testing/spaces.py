"""Search space that is small enough to train and to search exhaustively in a test."""

from nas_engine.architecture import Head, Stem
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
