"""Convolutions with BatchNorm of sampled statistics: what Keras' BatchNorm computes, and exact gradients."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from nas_engine.architecture import Block, Layout
from nas_engine.layers import Conv, Depthwise, Layer, all_layers
from nas_engine.network.graphs import shared
from nas_engine.network.graphs.float_network import FloatNetwork
from nas_engine.network.graphs.inference import computed
from nas_engine.network.graphs.sampled_norm import sampled_norm
from nas_engine.network.keras import keras, tf
from nas_engine.network.schedule import CosineDecay
from nas_engine.network.training import ModelTrainer
from nas_engine.testing.spaces import tiny_2d
from tests.nas_engine.network.networks import small_network

EPSILON = shared.BATCH_NORM_EPSILON


class Case(NamedTuple):
    """A kind of layer with inputs, kernel, scales and offsets, and the weights of a loss that is a sum."""

    kind: Any
    strides: tuple[int, int]
    arguments: list[Any]
    weights: Any


@pytest.fixture(params=[(Conv, (1, 1)), (Conv, (2, 1)), (Depthwise, (1, 1)), (Depthwise, (2, 2))], ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    kind, strides = request.param
    rng = np.random.default_rng(3)
    x, kernel = rng.normal(1.0, 2.0, (6, 17, 13, 5)), rng.normal(0.0, 0.3, (3, 3, 5, 1 if kind is Depthwise else 4))
    channels = 5 if kind is Depthwise else 4
    values = x, kernel, rng.normal(1.0, 0.5, channels), rng.normal(0.0, 0.5, channels)
    arguments = [tf.constant(value, tf.float32) for value in values]
    shape = computed(kind, strides, *arguments[:2]).shape
    return Case(kind, strides, arguments, tf.constant(rng.normal(0.0, 1.0, shape), tf.float32))


def with_gradients(call: Callable[..., Any], case: Case) -> list[Any]:
    """Output, then gradients of its weighted sum by x, kernel, scale and offset."""
    with tf.GradientTape() as tape:
        tape.watch(case.arguments)
        y = call(*case.arguments)
        loss = tf.reduce_sum(y * case.weights)
    return [y, *tape.gradient(loss, case.arguments)]


def assert_alike(found: list[Any], expected: list[Any]) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-5 * float(tf.reduce_max(abs(other))))


def cosine(one: Any, other: Any) -> float:
    """Of the angle between two tensors: statistics of a sample change their scale, too."""
    return float(tf.reduce_sum(one * other) / (tf.norm(one) * tf.norm(other)))


def by_operations(case: Case, thinning: int) -> Callable[..., Any]:
    """The same by operations that TensorFlow differentiates."""

    def call(x: Any, kernel: Any, gamma: Any, beta: Any) -> Any:
        strides = case.strides[0] * thinning, case.strides[1] * thinning
        mean, variance = tf.nn.moments(computed(case.kind, strides, x, kernel), [0, 1, 2])
        return tf.nn.batch_normalization(
            computed(case.kind, case.strides, x, kernel), mean, variance, beta, gamma, EPSILON
        )

    return call


def test_thinned_by_one_it_is_keras_batch_norm(case: Case) -> None:
    norm = keras.layers.BatchNormalization(epsilon=EPSILON)
    norm.build(case.weights.shape)

    def keras_norm(x: Any, kernel: Any, gamma: Any, beta: Any) -> Any:
        norm.gamma, norm.beta = gamma, beta
        return norm(computed(case.kind, case.strides, x, kernel), training=True)

    normalise = sampled_norm(case.kind, case.strides, 1, EPSILON)
    found = with_gradients(lambda *arguments: normalise(*arguments).y, case)
    assert_alike(found, with_gradients(keras_norm, case))


@pytest.mark.parametrize("thinning", [2, 4])
def test_gradients_by_weights_are_those_of_automatic_differentiation(case: Case, thinning: int) -> None:
    normalise = sampled_norm(case.kind, case.strides, thinning, EPSILON)
    y, _, *by_weights = with_gradients(by_operations(case, thinning), case)
    for call in (normalise, tf.function(normalise, autograph=False)):
        found, _, *found_by_weights = with_gradients(lambda *arguments, call=call: call(*arguments).y, case)
        assert_alike([found, *found_by_weights], [y, *by_weights])


@pytest.mark.parametrize("thinning", [2, 4])
def test_the_gradient_by_inputs_is_nearer_to_that_of_all_positions_than_the_samples(case: Case, thinning: int) -> None:
    normalise = sampled_norm(case.kind, case.strides, thinning, EPSILON)
    of_all = with_gradients(by_operations(case, 1), case)[1]
    of_sample = with_gradients(by_operations(case, thinning), case)[1]
    found = with_gradients(lambda *arguments: normalise(*arguments).y, case)[1]
    assert 1 - cosine(found, of_all) < 0.6 * (1 - cosine(of_sample, of_all))


def first_conv() -> Layer:
    architecture = tiny_2d().sample(np.random.default_rng(0))
    return next(layer for layer in all_layers(architecture) if isinstance(layer, Conv) and layer.batch_norm)


def test_running_statistics_move_a_tenth_of_the_way_to_the_samples() -> None:
    layer = first_conv()
    x = tf.constant(np.random.default_rng(1).normal(1.0, 2.0, (4, *layer.input_shape)), tf.float32)
    kernel = tf.constant(np.random.default_rng(2).normal(size=(*layer.kernel, layer.input_shape[-1], layer.filters)))
    kernel = tf.cast(kernel, tf.float32)
    ones, zeros = tf.ones(layer.filters), tf.zeros(layer.filters)
    run = shared.normalised(layer, 2)
    _, bits = run(x, tf.reshape(kernel, [-1]), tf.constant(kernel.shape), ones, zeros, zeros, ones)
    thinned = replace(layer, strides=(2 * layer.strides[0], 2 * layer.strides[1]))
    mean, variance = tf.nn.moments(computed(Conv, thinned.strides, x, kernel), [0, 1, 2])
    np.testing.assert_allclose(tf.bitcast(bits, tf.float32), [0.1 * mean, 0.9 + 0.1 * variance], rtol=1e-4)


@pytest.mark.parametrize(
    ("layout", "layer", "thinning"),
    [("2d", 0, 4), ("2d", -1, 1), ("1d", 0, 1)],
    ids=["large map", "small map", "time alone"],
)
def test_statistics_of_large_2d_maps_are_sampled(layout: Layout, layer: int, thinning: int) -> None:
    blocks = (Block("kxk", 3, 8, (2, 2)), Block("mobilenet_v1", 3, 8, (2, 2)), Block("mobilenet_v1", 3, 8, (2, 2)))
    network = FloatNetwork(small_network(blocks, layout), statistics_stride=4)
    normalised = [one for one in network.layers if isinstance(one, Conv | Depthwise)]
    assert network._normalised_by(normalised[layer]) is shared.normalised(normalised[layer], thinning)


def test_a_network_with_sampled_statistics_learns_and_folds_to_what_it_answers() -> None:
    keras.utils.set_random_seed(0)
    architecture = tiny_2d().sample(np.random.default_rng(0))
    network = FloatNetwork(architecture, statistics_stride=4)
    rng = np.random.default_rng(0)
    y = np.arange(32) % architecture.head.classes
    x = (rng.normal(size=(32, *network.input_shape[1:])) + 0.5 * y[:, None, None, None]).astype(np.float32)
    trainer = ModelTrainer(network, "float", CosineDecay(1e-2, 40))
    losses = [trainer.epoch([(x, y)]).loss for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]
    assert trainer.accuracy(x, y) > 1.5 / architecture.head.classes
    folded = network.folded()
    for layer in all_layers(architecture):
        if isinstance(layer, Conv) and layer.batch_norm:
            assert np.abs(folded[layer.name].bias).max() > 0.01
