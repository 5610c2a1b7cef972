from typing import get_args

import pytest
from hypothesis import given

from nas_engine.architecture import BLOCK_KINDS, Architecture, Block, BlockKind, Head, Layout, Shape, Stem
from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.layers import (
    INPUT_NAME,
    Add,
    AveragePool,
    Conv,
    Dense,
    Depthwise,
    Layer,
    Tensor,
    all_layers,
    check_computed,
    expand,
    expand_block,
)
from nas_engine.search_space.paper_spaces import paper_2d
from tests.nas_engine.sampling import architectures


def layers_of(block: Block, channels: int = 8, layout: Layout = "2d") -> tuple[Layer, ...]:
    """The layers of `block` behind a first convolution that gives it `channels` channels."""
    blocks = (Block("kxk", 1, channels), block)
    return expand(Architecture(Stem(layout=layout), blocks, Head()))[1].layers


def test_every_block_of_table_2_ends_at_the_size_its_strides_give() -> None:
    """Strides of Table 2 on 196x40: 98x40, 49x40, 25x20, 25x20, 13x10 ... 7x5 (the paper: 7x5 at the end)."""
    shapes = [block.output.shape for block in expand(nas_bayesian())]
    assert shapes == [
        (98, 40, 8), (49, 40, 24), (25, 20, 32), (25, 20, 32), (13, 10, 24), (13, 10, 24), (13, 10, 24),
        (13, 10, 40), (13, 10, 32), (7, 5, 48), (7, 5, 48), (7, 5, 64), (9,),
    ]  # fmt: skip


@given(architectures(paper_2d()))
def test_every_layer_reads_what_was_written_before_it(architecture: Architecture) -> None:
    shapes: dict[str, Shape] = {INPUT_NAME: architecture.stem.input_shape}
    for layer in all_layers(architecture):
        assert layer.name not in shapes
        assert all(name in shapes for name in layer.inputs)
        assert shapes[layer.inputs[0]] == layer.input_shape
        if isinstance(layer, Add):
            assert shapes[layer.inputs[0]] == shapes[layer.inputs[1]] == layer.output_shape
        shapes[layer.name] = layer.output_shape


@given(architectures(paper_2d()))
def test_every_network_of_the_space_ends_at_7x5(architecture: Architecture) -> None:
    assert expand(architecture)[-2].output.shape[:2] == (7, 5)


def test_an_identity_has_no_layers_and_passes_its_input_on() -> None:
    identity = expand(nas_bayesian())[6]
    assert identity.layers == ()
    assert identity.output == identity.input


def test_the_separable_block_convolves_at_input_resolution_and_then_pools() -> None:
    mel, time, pointwise, pool = layers_of(Block("kx1_1xk_dw", 3, 24, (2, 2)))
    assert isinstance(mel, Depthwise)
    assert mel.kernel == (1, 3)
    assert isinstance(time, Depthwise)
    assert time.kernel == (3, 1)
    assert isinstance(pointwise, Conv)
    assert pointwise.output_shape == (196, 40, 24)
    assert isinstance(pool, AveragePool)
    assert (pool.pool, pool.strides, pool.output_shape) == ((2, 2), (2, 2), (98, 20, 24))


def test_the_separable_block_without_strides_does_not_pool() -> None:
    assert [type(layer) for layer in layers_of(Block("kx1_1xk_dw", 3, 24))] == [Depthwise, Depthwise, Conv]


def test_mobilenet_v2_adds_its_input_only_where_shapes_agree() -> None:
    assert isinstance(layers_of(Block("mobilenet_v2", 3, 8), channels=8)[-1], Add)
    assert not any(isinstance(layer, Add) for layer in layers_of(Block("mobilenet_v2", 3, 16), channels=8))
    assert not any(isinstance(layer, Add) for layer in layers_of(Block("mobilenet_v2", 3, 8, (2, 2)), channels=8))


def test_mobilenet_v2_projects_linearly_and_expands_by_its_factor() -> None:
    expansion, depthwise, projection = layers_of(Block("mobilenet_v2", 3, 16, expansion=6), channels=8)
    assert expansion.output_shape[-1] == depthwise.output_shape[-1] == 48
    assert isinstance(projection, Conv)
    assert projection.activation == "linear"


def test_the_avg_pool_path_joins_before_the_projection() -> None:
    _, depthwise, pool, joined, projection = layers_of(Block("mobilenet_v2_avg_pool", 5, 24, (2, 2)))
    assert isinstance(pool, AveragePool)
    assert (pool.pool, pool.inputs) == ((3, 3), ("b1a",))
    assert joined.inputs == (pool.name, depthwise.name)
    assert projection.inputs == (joined.name,)


def test_a_tc_resnet_block_projects_its_shortcut_only_where_the_shape_changes() -> None:
    same = layers_of(Block("tc_resnet", 9, 8), channels=8, layout="1d")
    wider = layers_of(Block("tc_resnet", 9, 16, (2, 1)), channels=8, layout="1d")
    assert [type(layer) for layer in same] == [Conv, Conv, Add]
    assert [type(layer) for layer in wider] == [Conv, Conv, Conv, Add]
    assert isinstance(wider[-1], Add)
    assert wider[-1].activation == "relu"


@pytest.mark.parametrize("kind", [kind for kind in BLOCK_KINDS if kind != "identity"])
def test_in_one_dimension_every_window_acts_on_time_alone(kind: BlockKind) -> None:
    layers = layers_of(Block(kind, 3, 16, (2, 1)), layout="1d")
    assert layers[-1].output_shape == (98, 1, 16)
    for layer in layers:
        if isinstance(layer, Conv | Depthwise):
            assert layer.kernel[1] == 1
        if isinstance(layer, AveragePool):
            assert layer.pool[1] == layer.strides[1] == 1


def test_in_one_dimension_depthwise_strides_are_equal_because_tensorflow_refuses_others() -> None:
    depthwise = layers_of(Block("mobilenet_v1", 3, 16, (2, 1)), layout="1d")[0]
    assert isinstance(depthwise, Depthwise)
    assert depthwise.strides == (2, 2)
    assert depthwise.output_shape == (98, 1, 8)


def test_unequal_depthwise_strides_in_two_dimensions_are_infeasible_and_the_block_is_named() -> None:
    with pytest.raises(InfeasibleArchitecture, match=r"block b2.*\(2, 1\)"):
        layers_of(Block("mobilenet_v1", 3, 16, (2, 1)))


def test_the_head_ends_in_a_softmax_over_the_classes() -> None:
    *_, hidden, output = all_layers(Architecture(Stem(), (Block("kxk", 3, 8),), Head(classes=5)))
    assert isinstance(hidden, Dense)
    assert (hidden.units, hidden.activation) == (32, "relu")
    assert isinstance(output, Dense)
    assert (output.units, output.activation) == (5, "softmax")


def test_a_head_without_hidden_units_is_one_dense_layer() -> None:
    head = expand(Architecture(Stem(), (Block("kxk", 3, 8),), Head(hidden_units=None)))[-1]
    assert sum(isinstance(layer, Dense) for layer in head.layers) == 1


@pytest.mark.parametrize("name", BASELINES)
def test_layer_names_are_short_because_they_are_stored_in_the_file(name: str) -> None:
    assert max(len(layer.name) for layer in all_layers(BASELINES[name](9))) <= 4


def test_a_strided_1x1_convolution_behind_a_depthwise_one_is_infeasible() -> None:
    """It would kill the process in quantisation-aware training; no kind ends in a depthwise convolution, one might."""
    block = Block("tc_resnet", 3, 8, (2, 2))
    with pytest.raises(InfeasibleArchitecture, match=r"block b2: a 1x1 convolution with strides \(2, 2\)"):
        expand_block(block, Tensor("b1a", (8, 8, 4), from_depthwise=True), "2d", "b2")
    assert expand_block(block, Tensor("b1a", (8, 8, 4)), "2d", "b2").layers


def test_a_kernel_that_leaves_out_the_end_of_one_axis_and_pads_the_other_is_not_computed() -> None:
    def check(strides: tuple[int, int], shape: Shape) -> None:
        check_computed(expand_block(Block("kxk", 3, 8, strides), Tensor(INPUT_NAME, shape), "2d", "b1").layers)

    with pytest.raises(InfeasibleArchitecture, match=r"block b1: a kernel of 3 x 3 with strides \(4, 1\)"):
        check((4, 1), (196, 40, 1))
    for strides, shape in (((4, 4), (196, 40, 1)), ((4, 1), (195, 40, 1)), ((3, 1), (196, 40, 1))):
        check(strides, shape)


@pytest.mark.parametrize("layout", get_args(Layout))
def test_only_depthwise_convolutions_are_remembered_as_such(layout: Layout) -> None:
    for kind in BLOCK_KINDS:
        block = Block("identity") if kind == "identity" else Block(kind, 3, 8, (2, 2))
        expanded = expand_block(block, Tensor(INPUT_NAME, (16, 8, 4)), layout, "b1")
        assert not expanded.output.from_depthwise
