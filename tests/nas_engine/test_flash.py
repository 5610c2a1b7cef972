import dataclasses

import pytest
from hypothesis import given

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.baselines import nas_bayesian
from nas_engine.cost import ArchitectureCost, cost
from nas_engine.energy.estimators.published_figures import table_1
from nas_engine.layers import expand
from nas_engine.search_space.paper_spaces import paper_2d
from tests.nas_engine.sampling import architectures

ONE_CONVOLUTION = Architecture(Stem(), (Block("kxk", 3, 8),), Head(hidden_units=None))


def with_blocks(*blocks: Block) -> ArchitectureCost:
    return cost(dataclasses.replace(ONE_CONVOLUTION, blocks=blocks))


def test_a_channel_more_costs_its_weights_its_bias_its_scales_and_a_zero_point() -> None:
    """From 10 to 11 filters: 3x3x1 weights, a bias, two scales, 9 weights of the head; zero points of both are one."""
    narrow, wide = with_blocks(Block("kxk", 3, 10)), with_blocks(Block("kxk", 3, 11))
    assert wide.flash_bytes_estimate - narrow.flash_bytes_estimate == 3 * 3 + 4 + 2 * 4 + 8 + 9


def test_in_the_plain_file_weights_and_biases_have_zero_points_of_their_own() -> None:
    narrow, wide = with_blocks(Block("kxk", 3, 8)), with_blocks(Block("kxk", 3, 9))
    assert wide.plain_flash_bytes_estimate - narrow.plain_flash_bytes_estimate == 3 * 3 + 4 + 2 * (4 + 8) + 9


def test_a_block_of_the_same_width_shares_zero_points_and_shapes_in_the_packed_file() -> None:
    """The third of three equal blocks adds what is its own, and not a byte of what is shared."""
    three = with_blocks(Block("kxk", 3, 8), *[Block("mobilenet_v1", 3, 8)] * 2)
    two = with_blocks(Block("kxk", 3, 8), Block("mobilenet_v1", 3, 8))
    assert three.flash_bytes_estimate - two.flash_bytes_estimate == three.blocks[2].flash_bytes_estimate
    assert three.blocks[2].flash_shared <= two.blocks[1].flash_shared


def test_an_identity_adds_nothing_to_either_file() -> None:
    with_identity, without = with_blocks(Block("kxk", 3, 8), Block("identity")), with_blocks(Block("kxk", 3, 8))
    assert with_identity.flash_bytes_estimate == without.flash_bytes_estimate
    assert with_identity.plain_flash_bytes_estimate == without.plain_flash_bytes_estimate


@given(architectures(paper_2d()))
def test_the_packed_file_is_the_smaller_one_and_holds_all_weights(architecture: Architecture) -> None:
    total = cost(architecture)
    assert total.weight_bytes < total.flash_bytes_estimate < total.plain_flash_bytes_estimate


def test_the_plain_file_of_table_2s_network_is_within_three_percent_of_the_published_one() -> None:
    """Same layers, another converter: ours is of 2026, the paper's of 2021."""
    assert cost(nas_bayesian()).plain_flash_bytes_estimate == pytest.approx(
        table_1("NAS-Bayesian").flash_bytes, rel=0.03
    )


def test_every_kind_of_layer_has_a_size() -> None:
    """A layer type without one would raise here, not in a study."""
    blocks = (Block("kxk", 3, 8), Block("mobilenet_v2_avg_pool", 3, 8, (2, 2)), Block("kx1_1xk_dw", 3, 8, (2, 2)))
    network = dataclasses.replace(ONE_CONVOLUTION, blocks=blocks, head=Head())
    assert len({type(layer) for block in expand(network) for layer in block.layers}) == 6
    assert cost(network).flash_bytes_estimate > 0
    assert cost(network).plain_flash_bytes_estimate > 0
