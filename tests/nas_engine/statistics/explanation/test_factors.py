"""Choices of a space: which there are, and what a network says about each."""

import numpy as np

from nas_engine.architecture import Head, Stem
from nas_engine.search_space.paper_spaces import PAPER_2D
from nas_engine.search_space.spec import PositionSpec, SpaceSpec
from nas_engine.statistics.explanation.factors import NO_LEVEL, factors_of
from nas_engine.testing.spaces import single_2d, small_2d


def test_a_choice_with_one_level_is_none() -> None:
    found = [(factor.position, factor.aspect, factor.levels) for factor in factors_of(small_2d()).factors]
    assert found == [
        (0, "filters", ("8", "16", "24")),
        (2, "kind", ("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2_avg_pool")),
        (2, "filters", ("16", "24", "32")),
        (3, "kind", ("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2", "identity")),
        (3, "filters", ("24", "32", "40")),
    ]
    assert factors_of(single_2d()).factors == ()
    assert factors_of(single_2d()).codes(np.zeros((4, 2), np.int16)).shape == (4, 0)


def test_codes_are_the_levels_of_the_blocks_and_an_identity_says_nothing_of_kernel_and_filters() -> None:
    space = PAPER_2D.search_space()
    factors, rng = factors_of(space), np.random.default_rng(3)
    networks = [space.sample(rng) for _ in range(50)]
    codes = factors.codes(np.array([space.encode(network) for network in networks], np.int16))
    identities = 0
    for network, row in zip(networks, codes, strict=True):
        for factor, code in zip(factors.factors, row.tolist(), strict=True):
            block = network.blocks[factor.position]
            if factor.aspect != "kind" and block.kind == "identity":
                assert code == NO_LEVEL
                identities += 1
            else:
                assert factor.levels[code] == str(getattr(block, factor.aspect))
    assert identities > 10


def test_expansions_of_mobilenet_v2_are_kinds_of_their_own() -> None:
    position = PositionSpec(("mobilenet_v2",), (3,), (8,), (1, 1), expansions=(1, 6))
    (factor,) = factors_of(SpaceSpec("two", Stem(), (position,), Head(3)).search_space()).factors
    assert factor.levels == ("mobilenet_v2", "mobilenet_v2-t6")
