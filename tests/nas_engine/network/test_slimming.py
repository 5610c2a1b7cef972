"""A .tflite file without names is the same network."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.baselines import nas_bayesian
from nas_engine.cost import cost
from nas_engine.network import builder, quantization, slimming, tflite
from nas_engine.network.keras import keras


def loud_noise() -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 1.5, (32, 196, 40, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def files() -> tuple[bytes, bytes]:
    """Table 2's network, untrained, as the converter writes it and as `convert` returns it."""
    keras.utils.set_random_seed(1)
    network = nas_bayesian()
    model = builder.build(network)
    for weights in model.trainable_variables:  # biases differ from 0, as after training: equal buffers are stored once
        weights.assign_add(keras.backend.random_normal(weights.shape, stddev=0.1))
    ranges = quantization.measure_ranges(network, model, [loud_noise()])
    quantised = quantization.quantise(network, model, ranges)
    named = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tflite, "without_names", lambda content: named.append(content) or slimming.without_names(content))
        slim = tflite.convert(quantised)
    return named[0], slim


def test_a_file_without_names_gives_identical_outputs(files: tuple[bytes, bytes]) -> None:
    named, slim = (tflite.predict_tflite(content, loud_noise()) for content in files)
    assert len(np.unique(named, axis=0)) > 1
    np.testing.assert_array_equal(named, slim)


def test_a_file_without_names_is_smaller(files: tuple[bytes, bytes]) -> None:
    named, slim = files
    assert len(slim) < 0.95 * len(named)


def test_the_flash_estimate_is_within_one_percent_of_the_file(files: tuple[bytes, bytes]) -> None:
    assert len(files[1]) == pytest.approx(cost(nas_bayesian()).flash_bytes_estimate, rel=0.01)
