"""A network with the weights it would begin training with, made ready for conversion: for its size and its speed."""

from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.network import builder, quantization, tflite
from nas_engine.network.keras import keras
from nas_engine.network.packing import pack

_CALIBRATION_LEVELS = np.geomspace(0.01, 3, 4)
_BIAS_SPREAD = 0.1


def untrained_model(architecture: Architecture, seed: int = 0) -> Any:
    """The quantisation-aware model of `architecture`, its ranges measured on noise.

    What it answers means nothing; neither the size of its .tflite file nor the time of an inference depends on that.
    Biases and the like are noise, too, because the converter leaves out what is all zero, as it never is once trained.
    BatchNorm takes its statistics from noise that is faint to loud, so that different inputs get different answers.
    """
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = builder.build(architecture)
    for weights in model.trainable_weights:
        if weights.shape.rank == 1:
            weights.assign(weights + rng.normal(0.0, _BIAS_SPREAD, weights.shape))
    levels = _CALIBRATION_LEVELS[:, np.newaxis, np.newaxis, np.newaxis]
    noise = rng.normal(0.0, levels, (len(levels), *architecture.stem.input_shape)).astype(np.float32)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # one step is all there is
    model(noise, training=True)
    ranges = quantization.measure_ranges(architecture, model, [noise])
    return quantization.quantise(architecture, model, ranges)


def untrained_files(architecture: Architecture, seed: int = 0) -> tuple[bytes, bytes]:
    """The plain .tflite file of such a network, as the converter writes it, and the packed one, which is delivered."""
    plain = tflite.convert_plain(untrained_model(architecture, seed))
    return plain, pack(plain)
