"""Networks against Keras' functional models of the same layers."""

from dataclasses import replace

import numpy as np
import pytest

from nas_engine.architecture import Architecture, Block
from nas_engine.layers import INPUT_NAME, Layer
from nas_engine.network import builder, quantization, tflite
from nas_engine.network.graphs import shared
from nas_engine.network.graphs.float_network import FloatNetwork
from nas_engine.network.graphs.inference import Tensor
from nas_engine.network.graphs.networks import TrainableNetwork
from nas_engine.network.graphs.quantised_network import QuantisedNetwork
from nas_engine.network.keras import keras, tf
from nas_engine.network.schedule import CosineDecay
from nas_engine.network.training import ModelTrainer
from tests.nas_engine.network.networks import BLOCKS, CLASSES, clicks_and_tones, small_network, train

KINDS = ("mobilenet_v2, residual", "tc_resnet", "kx1_1xk_dw, pooled (2, 2)", "kxk_bias")
SHARED = shared._normalised, shared._weighted
X = clicks_and_tones(64, seed=3)[0][..., np.newaxis]


@pytest.fixture(scope="module")
def architecture() -> Architecture:
    """A network of every kind of layer."""
    return small_network(tuple(block for kind in KINDS for block in BLOCKS[kind]))


@pytest.fixture(scope="module")
def networks(architecture: Architecture) -> tuple[TrainableNetwork, keras.Model]:
    """Ours and Keras' functional one, from the same seed and trained on the same batches."""
    made = []
    for build in (FloatNetwork, builder.build):
        keras.utils.set_random_seed(3)
        made.append(build(architecture))
        train(made[-1], steps=5)
    return made[0], made[1]


@pytest.fixture(scope="module")
def quantised(architecture: Architecture, networks: tuple[TrainableNetwork, keras.Model]) -> QuantisedNetwork:
    ranges = quantization.measure_ranges(architecture, networks[0], [X])
    network = quantization.quantise(architecture, networks[0], ranges)
    train(network, steps=3, learning_rate=1e-3)
    return network


def assert_same_folded(ours: TrainableNetwork, theirs: keras.Model, tolerance: float) -> None:
    expected = quantization.all_folded_weights(ours.layers, theirs)
    for name, weights in ours.folded().items():
        for found, wanted in zip(weights, expected[name], strict=True):
            np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=10 * tolerance, atol=tolerance)


def test_a_seed_gives_the_weights_of_keras_functional_model(architecture: Architecture) -> None:
    keras.utils.set_random_seed(5)
    expected = builder.build(architecture)
    keras.utils.set_random_seed(5)
    assert_same_folded(FloatNetwork(architecture), expected, tolerance=0)


def test_training_takes_the_steps_that_keras_functional_model_takes(
    networks: tuple[TrainableNetwork, keras.Model],
) -> None:
    assert_same_folded(*networks, tolerance=1e-4)  # other orders of sums


def test_answers_are_those_of_keras_functional_model(networks: tuple[TrainableNetwork, keras.Model]) -> None:
    ours, theirs = networks
    np.testing.assert_allclose(ours(X).numpy(), theirs(X, training=False).numpy(), atol=1e-3)
    np.testing.assert_allclose(tf.nn.softmax(ours.inference()(X)).numpy(), ours(X).numpy(), atol=1e-6)


def test_answers_are_of_the_weights_of_now(architecture: Architecture) -> None:
    network = FloatNetwork(architecture)
    before = network.inference()(X).numpy()
    _, others = network.trainable_variables
    others[-CLASSES:].assign([0.0, 1.0, 0.0])  # the last bias
    np.testing.assert_allclose(network.inference()(X).numpy() - before, np.float32([[0, 1, 0]] * len(X)), atol=1e-6)


def test_a_second_network_of_the_same_kinds_of_layers_traces_no_layer(architecture: Architecture) -> None:
    """Of other sizes, too: functions of layers are of the process."""
    train(FloatNetwork(architecture), steps=1)
    traced = [function.cache_info().misses for function in SHARED]
    wider = replace(architecture, blocks=tuple(replace(block, filters=24) for block in architecture.blocks))
    train(FloatNetwork(wider), steps=1)
    assert [function.cache_info().misses for function in SHARED] == traced


def test_a_layer_adds_two_nodes_to_a_step_and_its_kernels_shape(architecture: Architecture) -> None:
    counts = []
    for blocks in (architecture.blocks[:1], architecture.blocks[:1] + (Block("kxk", 3, 8),) * 5):
        trainer = ModelTrainer(FloatNetwork(replace(architecture, blocks=blocks)), "float", CosineDecay(1e-3, 10))
        counts.append(trainer.nodes)
    assert (counts[1] - counts[0]) / 5 <= 8


def test_quantised_answers_are_those_of_the_toolkits_layers_to_the_bit(quantised: TrainableNetwork) -> None:
    np.testing.assert_array_equal(quantised.inference()(X).numpy(), quantised.logits(X).numpy())


def test_the_file_is_that_of_a_functional_model_of_the_toolkits_layers(
    architecture: Architecture, quantised: QuantisedNetwork
) -> None:
    def apply(layer: Layer, inputs: list[Tensor]) -> Tensor:
        return quantised.get_layer(layer.name)(inputs if len(inputs) > 1 else inputs[0])

    prepare = keras.layers.Lambda(lambda x: quantised.prepare(x), name=f"{INPUT_NAME}_levels")
    assert tflite.convert(quantised) == tflite.convert(builder.assemble(architecture, apply, prepare))


class Longer(FloatNetwork):
    """The same network with more nodes before it."""

    def logits(self, x: Tensor) -> Tensor:
        return super().logits(tf.identity(tf.identity(x)))


def test_dropout_does_not_depend_on_what_else_is_traced(architecture: Architecture) -> None:
    losses = []
    for network in (FloatNetwork, Longer):
        keras.utils.set_random_seed(0)
        trainer = ModelTrainer(network(architecture, dropout=0.5), "float", CosineDecay(1e-3, 10))
        losses.append(trainer.epoch([clicks_and_tones(64)]).loss)
    assert losses[0] == losses[1]
