import dataclasses
import time

import pytest
from hypothesis import given

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.baselines import mobilenet_v2, nas_bayesian
from nas_engine.cost import BlockCost, cost
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.layers import all_layers
from nas_engine.search_space.paper_spaces import paper_2d
from tests.nas_engine.sampling import architectures, samples

# Table 2, and block by block the FLOPs of the reading that this project builds. Published and counted differ where the
# paper contradicts itself: blocks 6 and 8 do not fit their printed filters in any reading.
TABLE_2_FLOPS = (
    # published M, counted
    (1.6, 1_599_360),
    (2.2, 2_132_480),
    (3.8, 3_795_840),
    (1.3, 1_344_000),
    (1.4, 1_454_960 + 9 * 13 * 10 * 32),  # convolutions, and the pooled path: 3x3 windows on 13x10x32 outputs
    (0.3, 365_040),
    (0.0, 0),
    (0.2, 314_080),
    (0.9, 856_960),
    (0.4, 400_880),
    (0.0, 0),
    (0.2, 249_200),
)


def block_behind(channels: int, block: Block) -> BlockCost:
    """The cost of `block` on a 4x4 image of `channels` channels."""
    stem = Stem(frames=4, mel_bins=4)
    return cost(Architecture(stem, (Block("kxk", 1, channels), block), Head())).blocks[1]


def with_first_filters(architecture: Architecture, filters: int) -> Architecture:
    first = dataclasses.replace(architecture.blocks[0], filters=filters)
    return dataclasses.replace(architecture, blocks=(first, *architecture.blocks[1:]))


@pytest.mark.parametrize("number", range(1, 13))
def test_flops_of_table_2_are_reproduced_block_by_block(number: int) -> None:
    published_m, counted = TABLE_2_FLOPS[number - 1]
    block = cost(nas_bayesian()).blocks[number - 1]
    assert block.flops == counted
    assert block.name == f"b{number}"
    if number not in (6, 8):
        assert block.flops / 1e6 == pytest.approx(published_m, abs=0.1)


def test_totals_of_table_2s_network() -> None:
    """12.52M FLOPs published: what we count without the pooled path of block 5, which the paper may have left out."""
    total = cost(nas_bayesian())
    assert total.flops == 12_557_238
    assert (total.flops - 9 * 13 * 10 * 32) / 1e6 == pytest.approx(12.52, abs=0.005)
    assert total.parameters == 21_273


def test_a_convolution_is_counted_by_hand() -> None:
    """3x3x2 -> 5 on 4x4: 18 MACs an output, 2 FLOPs each, 1 for the bias; BatchNorm's gamma and beta are parameters."""
    block = block_behind(2, Block("kxk", 3, 5))
    assert block.flops == 16 * 5 * (2 * 18 + 1)
    assert block.parameters == 18 * 5 + 2 * 5
    assert block.activation_bytes == 16 * 5


def test_a_strided_separable_block_is_counted_by_hand() -> None:
    """On 4x4x2: depthwise 1x3 and 3x1, pointwise 2 -> 6 at 4x4, average pooling 2x2 to 2x2."""
    block = block_behind(2, Block("kx1_1xk_dw", 3, 6, (2, 2)))
    assert block.flops == 2 * (16 * 2 * 7) + 16 * 6 * 5 + 4 * (4 * 6)
    assert block.parameters == 2 * (3 * 2 + 4) + (2 * 6 + 12)
    assert block.weight_bytes == 2 * (3 * 2 + 4 * 2) + (2 * 6 + 4 * 6)
    assert block.published_parameters == 2 * (3 * 2 + 4 * 2 + 7) + (2 * 6 + 6 * 6 + 5) + 3
    assert block.activation_bytes == 16 * 2 + 16 * 2 + 16 * 6 + 4 * 6


def test_the_head_is_counted_by_hand() -> None:
    """Global average of 4x4x3, dense 3 -> 32, dense 32 -> 9 with 5 FLOPs a class for the softmax."""
    head = cost(Architecture(Stem(4, 4), (Block("kxk", 1, 3),), Head())).blocks[-1]
    assert (head.name, head.kind) == ("head", "head")
    assert head.flops == 16 * 3 + 32 * 7 + 9 * (65 + 5)
    assert head.parameters == 4 * 32 + 33 * 9
    assert head.weight_bytes == (3 + 4) * 32 + (32 + 4) * 9
    assert head.published_parameters == 3 + (4 * 32 + 5) + (33 * 9 + 5)
    assert head.activation_bytes == 3 + 32 + 9


def test_an_identity_is_free() -> None:
    block = block_behind(2, Block("identity"))
    assert (block.flops, block.activation_bytes, block.flash_bytes_estimate) == (0, 0, 0)
    assert (block.parameters, block.published_parameters, block.weight_bytes) == (0, 0, 0)


def test_the_peak_of_a_chain_is_input_plus_output_of_its_largest_step() -> None:
    """In Table 2's network that is the pooling of block 2: 98x40x24 in, 49x40x24 out."""
    assert cost(nas_bayesian()).peak_activation_bytes == 98 * 40 * 24 + 49 * 40 * 24


def test_a_residual_path_keeps_its_input_alive() -> None:
    """On 4x4x4: input, expansion and depthwise output, 16 x 4 bytes each; without the Add the input would be gone."""
    with_add = block_behind(4, Block("mobilenet_v2", 3, 4))
    without = block_behind(4, Block("mobilenet_v2", 3, 2))
    assert with_add.peak_activation_bytes == 3 * 64
    assert without.peak_activation_bytes == 2 * 64


@given(architectures(paper_2d()))
def test_totals_are_the_sums_of_the_blocks_and_the_peak_fits_between_bounds(architecture: Architecture) -> None:
    total = cost(architecture)
    largest = max(block.peak_activation_bytes for block in total.blocks)
    assert total.flops == sum(block.flops for block in total.blocks)
    assert total.parameters == sum(block.parameters for block in total.blocks)
    assert total.published_parameters == 3 + sum(block.published_parameters for block in total.blocks)
    assert total.weight_bytes == sum(block.weight_bytes for block in total.blocks)
    assert total.activation_bytes == sum(block.activation_bytes for block in total.blocks)
    assert total.peak_activation_bytes == largest
    outputs = [layer.output_shape for layer in all_layers(architecture)]
    assert largest >= max(shape[0] * shape[1] * shape[2] for shape in outputs if len(shape) == 3)


@given(architectures(paper_2d()))
def test_more_filters_in_the_first_block_cost_more_of_everything(architecture: Architecture) -> None:
    """Section 7: the first block's filters are the bottleneck."""
    narrow, wide = (cost(with_first_filters(architecture, filters)) for filters in (8, 24))
    assert narrow.flops < wide.flops
    assert narrow.parameters < wide.parameters
    assert narrow.activation_bytes < wide.activation_bytes
    assert narrow.flash_bytes_estimate < wide.flash_bytes_estimate


def test_the_papers_example_triples_block_2() -> None:
    """Section 7: with 24 instead of 8 filters in block 1, "the FLOPs count would triple to 6M"."""
    wide = cost(with_first_filters(nas_bayesian(), 24))
    assert wide.blocks[1].flops / 1e6 == pytest.approx(6, abs=0.5)


def test_what_cannot_be_built_cannot_be_costed() -> None:
    with pytest.raises(InfeasibleArchitecture):
        cost(Architecture(Stem(), (Block("mobilenet_v1", 3, 8, (2, 1)),), Head()))


def test_expansion_multiplies_the_bottleneck() -> None:
    assert cost(mobilenet_v2()).blocks[1].activation_bytes == 98 * 40 * (6 * 32 + 6 * 32 + 16)


@pytest.mark.alone
def test_ten_thousand_networks_are_costed_in_two_seconds() -> None:
    """Processor time, which other work on the machine does not lengthen; the best of three different draws."""
    taken = []
    for seed in range(3):
        drawn = samples(paper_2d(), 10_000, seed)
        start = time.process_time()
        for architecture in drawn:
            cost(architecture)
        taken.append(time.process_time() - start)
    # Measured 0.15 to 0.3 s for the first, less for the others, which meet known blocks.
    assert min(taken) < 2.0
