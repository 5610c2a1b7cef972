"""Estimates of Vela: the packed file as the plain one, fallbacks by operator, and multiply-accumulates of ours."""

from dataclasses import replace

import numpy as np
import pytest

from nas_engine.architecture import Architecture, Block
from nas_engine.baselines import nas_bayesian
from nas_engine.cost import layer_flops
from nas_engine.deployment.vela import estimate, merged_operators, network_macs
from nas_engine.errors import EarshotError
from nas_engine.files.tflite_operators import operator_codes, output_names
from nas_engine.layers import Conv, Depthwise, all_layers
from nas_engine.network.untrained import untrained_files
from nas_engine.search_space.paper_spaces import paper_1d
from tests.nas_engine.deployment import made


def one_dimensional(kernel_size: int, time_stride: int) -> Architecture:
    """A 1-D network that begins with such a convolution over time."""
    drawn = paper_1d().sample(np.random.default_rng(0))
    first = Block(kind="kx1_1xk", kernel_size=kernel_size, filters=16, strides=(time_stride, 1))
    return replace(drawn, blocks=(first, *drawn.blocks[4:6]))


@pytest.mark.parametrize("accelerator", ["ethos-u55-128", "ethos-u65-256", "ethos-u85-256"])
def test_the_packed_file_compiles_as_the_plain_one_operator_by_operator(accelerator: str) -> None:
    plain, packed = untrained_files(nas_bayesian())
    found = estimate(packed, accelerator)
    names = {row.tensor for row in found.operators}
    assert len(found.operators) == len(names) == len(operator_codes(packed))
    assert not found.fallbacks
    as_plain = estimate(plain, accelerator)
    assert replace(found, operators=()) == replace(as_plain, operators=())
    assert [row.cycles for row in found.operators] == [row.cycles for row in as_plain.operators]
    assert sum(row.cycles for row in found.operators) == found.cycles
    assert found.seconds == pytest.approx(found.cycles / found.clock_hz)


def test_a_kernel_of_nine_at_stride_four_falls_back_on_u55_and_one_of_four_does_not() -> None:
    nine = untrained_files(one_dimensional(9, 4))[1]
    [fallback] = estimate(nine, "ethos-u55-128").fallbacks
    assert (fallback.operator, fallback.cycles) == ("Conv2D", 0)
    assert not estimate(nine, "ethos-u85-256").fallbacks
    four = estimate(untrained_files(one_dimensional(4, 4))[1], "ethos-u55-128")
    assert not four.fallbacks
    assert (four.operators[0].parts, four.operators[0].cycles, four.cycles) == (49, 137_767, 151_545)


def test_operators_of_names_with_the_same_beginning_stay_apart() -> None:
    columns = ("Op Cycles", "NPU", "SRAM AC", "DRAM AC", "OnFlash AC", "OffFlash AC")
    rows = [
        {"Original Operator": "Conv2D", "Name": name, "Target": "NPU", **dict.fromkeys(columns, "1")}
        for name in ("a_1", "a_2_intermediate", "a_2", "a_2_3")
    ]
    found = merged_operators(rows, ("a_1", "a_2", "a_2_3"))
    assert [(operator.tensor, operator.parts) for operator in found] == [("a_1", 1), ("a_2", 2), ("a_2_3", 1)]


def test_operators_of_a_plain_file_are_those_of_its_outputs() -> None:
    plain, _ = untrained_files(nas_bayesian())
    found = estimate(plain, "ethos-u55-128")
    assert len(found.operators) == len(operator_codes(plain))
    assert {operator.tensor for operator in found.operators if operator.operator != "Softmax"} <= set(
        output_names(plain)
    )


def test_velas_count_has_pooling_besides_ours_and_on_u85_half_of_the_first_layer() -> None:
    network = nas_bayesian()
    ours = network_macs(network)
    convolutions = sum(
        layer_flops(layer) - np.prod(layer.output_shape)
        for layer in all_layers(network)
        if isinstance(layer, Conv | Depthwise)
    )
    assert ours - convolutions / 2 == 64 * 32 + 32 * 9
    first = all_layers(network)[0]
    first_macs = (layer_flops(first) - np.prod(first.output_shape)) / 2
    u55, u85 = (estimate(made.network("table 2"), name).vela_macs for name in ("ethos-u55-128", "ethos-u85-256"))
    assert u55 - u85 == first_macs / 2
    assert ours < u55 < 1.05 * ours


def test_what_cannot_be_compiled_is_said() -> None:
    with pytest.raises(ValueError, match="no accelerator of Vela; choose one of ethos-u55-32"):
        estimate(made.network(), "ethos-u99")
    with pytest.raises(EarshotError, match="Vela cannot compile this network for ethos-u55-128"):
        estimate(b"no network", "ethos-u55-128")
