import dataclasses

import pytest

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.baselines import mobilenet_v1, mobilenet_v2, nas_bayesian, tc_resnet8, tc_resnet14
from nas_engine.cost import cost
from nas_engine.layers import expand
from nas_engine.published import table_1

ONE_CONVOLUTION = Architecture(Stem(), (Block("kxk", 3, 8),), Head(hidden_units=None))


def with_blocks(*blocks: Block) -> int:
    return cost(dataclasses.replace(ONE_CONVOLUTION, blocks=blocks)).flash_bytes_estimate


def test_a_channel_more_costs_its_weights_its_bias_and_its_quantisation() -> None:
    """From 8 to 9 filters: 3x3x1 weights, 28 bytes of bias, scales and zero points, and 9 weights of the head."""
    narrow, wide = with_blocks(Block("kxk", 3, 8)), with_blocks(Block("kxk", 3, 9))
    assert wide - narrow == 3 * 3 + 28 + 9


def test_an_identity_adds_nothing_to_the_file() -> None:
    assert with_blocks(Block("kxk", 3, 8), Block("identity")) == with_blocks(Block("kxk", 3, 8))


def test_the_file_of_table_2s_network_is_within_three_percent_of_the_published_one() -> None:
    """Same layers, another converter: ours is of 2026, the paper's of 2021."""
    assert cost(nas_bayesian()).flash_bytes_estimate == pytest.approx(table_1("NAS-Bayesian").flash_bytes, rel=0.03)


@pytest.mark.parametrize(
    ("architecture", "file_bytes"),
    [
        # Files that TensorFlow 2.21 wrote for untrained networks, tensors named by numbers.
        (nas_bayesian(), 52_560),
        (mobilenet_v1(), 3_423_600),
        (mobilenet_v2(), 2_720_080),
        (tc_resnet8(), 79_056),
        (tc_resnet14(), 331_736),
    ],
)
def test_the_estimate_meets_real_files_within_three_in_a_thousand(architecture: Architecture, file_bytes: int) -> None:
    assert cost(architecture).flash_bytes_estimate == pytest.approx(file_bytes, rel=0.003)


def test_every_kind_of_layer_has_a_size() -> None:
    """A layer type without one would raise here, not in a study."""
    blocks = (Block("kxk", 3, 8), Block("mobilenet_v2_avg_pool", 3, 8, (2, 2)), Block("kx1_1xk_dw", 3, 8, (2, 2)))
    network = dataclasses.replace(ONE_CONVOLUTION, blocks=blocks, head=Head())
    assert len({type(layer) for block in expand(network) for layer in block.layers}) == 6
    assert cost(network).flash_bytes_estimate > 0
