"""The cost walk against TensorFlow's own counts, all exact. `python -m benchmarks.counts` does it for whole networks.

Each distinct layer of 300 networks is counted by TensorFlow once, whether it occurs in one network or in fifty; a
network's count is the sum over its layers. That a whole network is nothing but its layers, is tested on the baselines
and a few of the 300.
"""

import dataclasses
from collections.abc import Callable

import pytest

from nas_engine.baselines import BASELINES, nas_bayesian
from nas_engine.cost import cost
from nas_engine.layers import Dense, Layer, all_layers
from nas_engine.network import builder
from nas_engine.network.builder import Tensor
from nas_engine.network.keras import keras
from nas_engine.search_space.paper_spaces import paper_1d, paper_2d
from nas_engine.testing.counting import apply_folded, profiled_flops, quantized_parameters, trainable_parameters
from tests.nas_engine.sampling import samples

RANDOM = {
    f"{space.name}_{number}": architecture
    for space in (paper_2d(), paper_1d())
    for number, architecture in enumerate(samples(space, 150, seed=3))
}
NAMED = {"NAS-Bayesian": nas_bayesian(), **{name: build(9) for name, build in BASELINES.items()}}
WHOLE = NAMED | {name: RANDOM[name] for name in ("paper_2d_0", "paper_2d_1", "paper_1d_0", "paper_1d_1")}


def alone(layer: Layer) -> Layer:
    """The layer without its place in a network."""
    return dataclasses.replace(layer, name="layer", inputs=("x",) * len(layer.inputs))


def on_one_pixel(layer: Layer) -> Layer:
    """The layer where its weights are, which the size of the image does not change."""
    shapes = (1, 1, layer.input_shape[-1]), (1, 1, layer.output_shape[-1])
    return dataclasses.replace(alone(layer), input_shape=shapes[0], output_shape=shapes[1])


@pytest.fixture(scope="module")
def layers() -> list[Layer]:
    """Every layer of all networks."""
    return [layer for network in (RANDOM | NAMED).values() for layer in all_layers(network)]


def model_of(layer: Layer, apply: Callable[[Layer, list[Tensor]], Tensor]) -> keras.Model:
    inputs = [keras.Input(layer.input_shape)] * len(layer.inputs)
    output = apply(layer, inputs)
    if isinstance(layer, Dense) and layer.activation == "softmax":
        output = keras.layers.Softmax()(output)
    return keras.Model(inputs[0], output)


@pytest.fixture(scope="module")
def flops(layers: list[Layer]) -> dict[Layer, int]:
    names = {layer: f"layer_{number}" for number, layer in enumerate(dict.fromkeys(map(alone, layers)))}
    counted = profiled_flops({name: model_of(layer, apply_folded) for layer, name in names.items()})
    return {layer: counted[name] for layer, name in names.items()}


@pytest.fixture(scope="module")
def parameters(layers: list[Layer]) -> dict[Layer, int]:
    distinct = set(map(on_one_pixel, layers))
    return {layer: trainable_parameters(model_of(layer, builder.apply_float)) for layer in distinct}


def test_flops_of_300_networks_are_what_the_profiler_counts(flops: dict[Layer, int]) -> None:
    for name, architecture in (RANDOM | NAMED).items():
        assert cost(architecture).flops == sum(flops[alone(layer)] for layer in all_layers(architecture)), name


def test_parameters_of_300_networks_are_what_keras_counts(parameters: dict[Layer, int]) -> None:
    for name, architecture in (RANDOM | NAMED).items():
        counted = sum(parameters[on_one_pixel(layer)] for layer in all_layers(architecture))
        assert cost(architecture).parameters == counted, name


def test_whole_networks_have_the_flops_of_their_layers() -> None:
    names = {name: f"network_{number}" for number, name in enumerate(WHOLE)}
    counted = profiled_flops({names[name]: builder.assemble(each, apply_folded) for name, each in WHOLE.items()})
    assert {name: cost(architecture).flops for name, architecture in WHOLE.items()} == {
        name: counted[names[name]] for name in WHOLE
    }


@pytest.mark.parametrize("name", WHOLE)
def test_whole_networks_have_the_parameters_of_their_layers(name: str) -> None:
    model = builder.build(WHOLE[name])
    counted = cost(WHOLE[name])
    assert trainable_parameters(model) == counted.parameters
    moving_statistics = sum(2 * layer.output_shape[-1] for layer in all_layers(WHOLE[name]) if has_norm(layer))
    assert model.count_params() == counted.parameters + moving_statistics


def has_norm(layer: Layer) -> bool:
    return builder.has_weights(layer) and builder.has_batch_norm(layer)


@pytest.mark.parametrize("name", [*NAMED, "paper_1d_0"])
def test_the_published_parameters_are_those_of_the_toolkits_own_quantised_model(name: str) -> None:
    assert cost(WHOLE[name]).published_parameters == quantized_parameters(WHOLE[name])
