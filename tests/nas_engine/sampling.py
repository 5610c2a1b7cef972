"""Architectures to test with: drawn by Hypothesis, or the same many every time."""

import numpy as np
from hypothesis import strategies as st

from nas_engine.architecture import Architecture
from nas_engine.search_space.paper_spaces import SearchSpace


def architectures(space: SearchSpace) -> st.SearchStrategy[Architecture]:
    """Architectures of `space`, shrinking towards option 0 everywhere."""
    return st.tuples(*(st.integers(0, len(p.options) - 1) for p in space.positions)).map(space.decode)


def samples(space: SearchSpace, count: int, seed: int = 0) -> list[Architecture]:
    """The same `count` uniformly drawn architectures every time."""
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(count)]
