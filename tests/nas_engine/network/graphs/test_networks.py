"""Chains of Keras layers against the same layers in Keras' functional models."""

import numpy as np
import pytest

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME
from nas_engine.network import builder, quantization, tflite
from nas_engine.network.graphs.float_network import float_network
from nas_engine.network.graphs.networks import Network
from nas_engine.network.keras import keras
from nas_engine.network.schedule import CosineDecay
from nas_engine.network.training import ModelTrainer
from tests.nas_engine.network.networks import BLOCKS, clicks_and_tones, small_network, train

KINDS = ("mobilenet_v2, residual", "tc_resnet", "kx1_1xk_dw, pooled (2, 2)", "kxk_bias")
X = clicks_and_tones(64, seed=3)[0][..., np.newaxis]


@pytest.fixture(scope="module")
def architecture() -> Architecture:
    """A network of every kind of layer."""
    return small_network(tuple(block for kind in KINDS for block in BLOCKS[kind]))


@pytest.fixture(scope="module")
def networks(architecture: Architecture) -> tuple[Network, keras.Model]:
    """Ours and Keras' functional one, from the same seed and trained on the same batches."""
    made = []
    for build in (float_network, builder.build):
        keras.utils.set_random_seed(3)
        made.append(build(architecture))
        train(made[-1], steps=5)
    return made[0], made[1]


@pytest.fixture(scope="module")
def quantised(architecture: Architecture, networks: tuple[Network, keras.Model]) -> Network:
    ranges = quantization.measure_ranges(architecture, networks[0], [X])
    network = quantization.quantise(architecture, networks[0], ranges)
    train(network, steps=3, learning_rate=1e-3)
    return network


def test_a_seed_gives_the_weights_of_keras_functional_model(architecture: Architecture) -> None:
    keras.utils.set_random_seed(5)
    expected = builder.build(architecture).trainable_variables
    keras.utils.set_random_seed(5)
    for ours, theirs in zip(float_network(architecture).trainable_variables, expected, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_training_takes_the_steps_that_keras_functional_model_takes(networks: tuple[Network, keras.Model]) -> None:
    for ours, theirs in zip(*(network.trainable_variables for network in networks), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-3, atol=1e-4)  # other orders of sums


def test_answers_are_those_of_the_layers_with_batch_norm_folded(networks: tuple[Network, keras.Model]) -> None:
    network, _ = networks
    np.testing.assert_allclose(network.inference()(X), network.logits(X, training=False), rtol=1e-3, atol=1e-4)


def test_answers_are_of_the_weights_of_now(architecture: Architecture) -> None:
    network = float_network(architecture)
    before = network.inference()(X).numpy()
    network.get_layer("hc_weights").bias.assign([0.0, 1.0, 0.0])
    np.testing.assert_allclose(network.inference()(X) - before, np.float32([[0, 1, 0]] * len(X)), atol=1e-6)


def test_quantised_answers_are_those_of_the_toolkits_layers_to_the_bit(quantised: Network) -> None:
    np.testing.assert_array_equal(quantised.inference()(X), quantised.logits(X, training=False))


def test_the_file_is_that_of_a_functional_model_of_the_toolkits_layers(
    architecture: Architecture, quantised: Network
) -> None:
    def apply(layer: builder.Layer, inputs: list[builder.Tensor]) -> builder.Tensor:
        return quantised.get_layer(layer.name)(inputs if len(inputs) > 1 else inputs[0])

    prepare = keras.layers.Lambda(lambda x: quantised.prepare(x), name=f"{INPUT_NAME}_levels")
    assert tflite.convert(quantised) == tflite.convert(builder.assemble(architecture, apply, prepare))


def test_dropout_does_not_depend_on_what_else_is_traced(architecture: Architecture) -> None:
    losses = []
    for width in (1, 2):
        keras.utils.set_random_seed(0)
        network = float_network(architecture, dropout=0.5)
        first = next(part for part in network.layers if part.inputs == (INPUT_NAME,)).name
        network.get_layer(first).activation = lambda x, width=width: sum([keras.activations.relu(x)] * width) / width
        trainer = ModelTrainer(network, "float", CosineDecay(1e-3, 10))
        losses.append(trainer.epoch([clicks_and_tones(64)]).loss)
    assert losses[0] == losses[1]
