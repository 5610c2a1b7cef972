import math

import numpy as np

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.search_space.architecture_features import NAMES, block_vector, feature_vector
from nas_engine.search_space.paper_spaces import paper_2d


def test_networks_of_the_papers_space_differ_in_finite_numbers() -> None:
    rng = np.random.default_rng(0)
    described = [feature_vector(paper_2d().sample(rng)) for _ in range(50)]
    assert {len(values) for values in described} == {len(NAMES)}
    assert all(math.isfinite(value) for values in described for value in values)
    assert len(set(described)) == 50


def test_an_identity_makes_no_difference_wherever_it_stands() -> None:
    block, identity = Block("kxk", 3, 8, (2, 2)), Block("identity")
    described = {
        feature_vector(Architecture(Stem(), blocks, Head()))
        for blocks in ((block, block), (identity, block, block), (block, block, identity))
    }
    assert len(described) == 1


def test_a_network_without_blocks_has_features() -> None:
    assert all(map(math.isfinite, feature_vector(Architecture(Stem(), (Block("identity"),), Head()))))


def test_blocks_are_told_by_kind_filters_and_kernel_at_their_positions() -> None:
    one, wider, identity = Block("kxk", 3, 8, (2, 2)), Block("kxk", 3, 16, (2, 2)), Block("identity")
    described = [
        block_vector(Architecture(Stem(), blocks, Head()))
        for blocks in ((one, wider), (wider, one), (identity, one), (one, identity))
    ]
    assert len(set(described)) == 4
    assert len({len(values) for values in described}) == 1
    assert sum(value != other for value, other in zip(described[0], described[1], strict=True)) == 2  # their filters
    assert all(math.isfinite(value) for values in described for value in values)
