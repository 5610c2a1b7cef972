"""Folding of BatchNorm and simulated quantisation."""

import math

import numpy as np
import pytest

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME, Layer, all_layers
from nas_engine.network import builder, quantization
from nas_engine.network.graphs.quantisers import RangeQuantizer, WeightQuantizer
from nas_engine.network.keras import keras, tf
from nas_engine.network.quantization import Range
from tests.nas_engine.network.networks import BLOCKS, clicks_and_tones, small_network, train

RNG = np.random.default_rng(0)
NETWORK = small_network(BLOCKS["mobilenet_v2_avg_pool"])


@pytest.fixture(scope="module")
def trained() -> keras.Model:
    """Trained for a few steps, so that BatchNorm's statistics and weights are not those of its start."""
    keras.utils.set_random_seed(0)
    model = builder.build(NETWORK)
    train(model, steps=20, learning_rate=1e-2)
    return model


@pytest.fixture(scope="module")
def ranges(trained: keras.Model) -> quantization.Ranges:
    return quantization.measure_ranges(NETWORK, trained, [clicks_and_tones(64, seed)[0] for seed in range(2)])


def layers_with_batch_norm(architecture: Architecture) -> list[Layer]:
    return [layer for layer in all_layers(architecture) if builder.has_batch_norm(layer)]


@pytest.mark.parametrize("layer", layers_with_batch_norm(NETWORK), ids=lambda layer: layer.name)
def test_a_folded_layer_computes_what_layer_and_batch_norm_computed(trained: keras.Model, layer: Layer) -> None:
    x = RNG.normal(0, 1, (4, *layer.input_shape)).astype(np.float32)
    weights, norm = (trained.get_layer(name(layer)) for name in (builder.weights_name, builder.batch_norm_name))
    expected = norm(weights(x), training=False).numpy()
    folded = builder.weighted_layer(layer, "folded", use_bias=True)
    folded.build(x.shape)
    folded.set_weights(quantization.folded_weights(layer, trained))
    assert np.abs(norm.moving_mean.numpy()).max() > 0.01
    np.testing.assert_allclose(folded(x).numpy(), expected, rtol=1e-4, atol=1e-5)  # float32 summed in another order


def test_the_quantised_network_answers_nearly_as_the_float_one(
    trained: keras.Model, ranges: quantization.Ranges
) -> None:
    x = clicks_and_tones(200, seed=5)[0][..., np.newaxis]
    quantised = quantization.quantise(NETWORK, trained, ranges)
    difference = np.abs(quantised(x, training=False).numpy() - trained(x, training=False).numpy())
    assert 0 < difference.mean() < 0.02  # 256 levels a tensor, ten tensors deep


def test_quantising_leaves_the_float_network_as_it_was(trained: keras.Model, ranges: quantization.Ranges) -> None:
    before = trained.get_weights()
    quantised = quantization.quantise(NETWORK, trained, ranges)
    train(quantised, steps=2, learning_rate=1e-2)
    for ours, kept in zip(trained.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, kept)


def test_ranges_contain_zero_and_begin_there_behind_a_relu(ranges: quantization.Ranges) -> None:
    assert all(low <= 0 < high for low, high in ranges.values())
    assert ranges["b2b"].low == 0
    assert ranges["b2e"].low < 0  # the linear projection


def test_ranges_are_averaged_over_batches(trained: keras.Model) -> None:
    quiet, loud = (np.full((2, 16, 8), value, np.float32) for value in (1.0, 3.0))
    assert quantization.measure_ranges(NETWORK, trained, [quiet, loud])[INPUT_NAME] == Range(0.0, 2.0)


def test_a_silent_layer_still_gets_a_range(trained: keras.Model) -> None:
    silent = quantization.measure_ranges(NETWORK, trained, [np.zeros((2, 16, 8), np.float32)])
    assert silent[INPUT_NAME].high > 0


@pytest.mark.parametrize(
    ("shape", "per_channel", "columns"),
    [((3, 3, 4, 5), True, 5), ((3, 3, 6, 1), True, 6), ((7, 5), False, 1)],
    ids=["convolution", "depthwise", "dense"],
)
def test_weights_take_255_levels_symmetric_around_zero(shape: tuple[int, ...], per_channel: bool, columns: int) -> None:
    """Each column has levels of its own: an output channel, or the whole matrix of a dense layer."""
    sizes = np.geomspace(0.1, 10, columns)
    weights = (RNG.normal(0, 1, (math.prod(shape) // columns, columns)) * sizes).astype(np.float32)
    quantised = WeightQuantizer(per_channel)(tf.constant(weights.reshape(shape)), True, {}).numpy().reshape(-1, columns)
    step = np.abs(weights).max(axis=0) / 127
    levels = quantised / step
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-3)
    np.testing.assert_allclose(np.abs(levels).max(axis=0), 127, atol=1e-3)
    assert np.all(np.abs(quantised - weights) <= 0.501 * step)


@pytest.mark.parametrize("per_channel", [True, False])
def test_the_gradient_passes_every_weight_the_largest_too(per_channel: bool) -> None:
    kernel = tf.Variable(RNG.normal(0, 1, (3, 3, 4, 5)).astype(np.float32))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(WeightQuantizer(per_channel)(kernel, True, {}))
    np.testing.assert_array_equal(tape.gradient(total, kernel).numpy(), np.ones((3, 3, 4, 5)))


def test_a_range_that_begins_at_zero_is_a_relu() -> None:
    x = tf.Variable([-2.0, -0.1, 0.5, 3.9, 7.0])
    with tf.GradientTape() as tape:
        y = RangeQuantizer(0.0, 4.0)(x, True, {})
    np.testing.assert_allclose(y.numpy(), [0, 0, 0.5, 3.9, 4.0], atol=4.0 / 255 / 2)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), [0, 0, 1, 1, 0])
