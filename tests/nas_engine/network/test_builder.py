"""Keras models from architectures."""

import pytest

from nas_engine.architecture import Architecture, Block, Layout
from nas_engine.baselines import mobilenet_v2, nas_bayesian, tc_resnet8
from nas_engine.cost import cost
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.layers import all_layers
from nas_engine.network import builder
from tests.nas_engine.network.networks import BLOCKS, small_network


@pytest.mark.parametrize("layout", ["2d", "1d"])
@pytest.mark.parametrize("blocks", BLOCKS.values(), ids=BLOCKS)
def test_every_layer_has_the_shape_that_the_walk_announces(blocks: tuple[Block, ...], layout: Layout) -> None:
    architecture = small_network(blocks, layout)
    model = builder.build(architecture)
    for layer in all_layers(architecture):
        assert model.get_layer(layer.name).output_shape[1:] == layer.output_shape
    assert model.output_shape == (None, architecture.head.classes)


@pytest.mark.parametrize("architecture", [nas_bayesian(), tc_resnet8(), mobilenet_v2()], ids=["nas", "tc", "v2"])
def test_the_model_has_the_parameters_that_the_cost_walk_counts(architecture: Architecture) -> None:
    model = builder.build(architecture)
    assert sum(weights.shape.num_elements() for weights in model.trainable_variables) == cost(architecture).parameters


def test_dropout_is_built_in_only_where_it_is_asked_for() -> None:
    architecture = small_network(BLOCKS["kxk"])
    assert "dropout" not in [layer.name for layer in builder.build(architecture).layers]
    assert builder.build(architecture, dropout=0.3).get_layer("dropout").rate == 0.3


def test_unequal_depthwise_strides_are_infeasible() -> None:
    with pytest.raises(InfeasibleArchitecture, match="unequal strides"):
        builder.build(small_network((Block("mobilenet_v1", 3, 8, (2, 1)),)))
