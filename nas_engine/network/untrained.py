"""Untrained networks, ready for conversion, to measure file size and latency."""

from typing import Any

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.network import builder, quantization, tflite
from nas_engine.network.keras import keras
from nas_engine.network.packing import pack

_CALIBRATION_LEVELS = np.geomspace(0.01, 3, 4)
_BIAS_SPREAD = 0.1


def untrained_model(architecture: Architecture, seed: int = 0, *, rounding_safe: bool = True) -> Any:
    """Quantisation-aware model of `architecture` with initial weights, its ranges measured on noise.

    Its outputs are meaningless; size of the .tflite file and latency do not depend on the weights. Biases and BatchNorm
    parameters are random, because the converter removes tensors of zeros, which trained networks do not have. BatchNorm
    statistics are those of noise at several levels, so that different inputs give different outputs. `rounding_safe` as
    for `quantization.quantise`. Raises InfeasibleArchitecture where it cannot be built.
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
            layer.momentum = 0.0  # statistics of a single step
    model(noise, training=True)
    ranges = quantization.measure_ranges(architecture, model, [noise])
    return quantization.quantise(architecture, model, ranges, rounding_safe=rounding_safe)


def untrained_files(architecture: Architecture, seed: int = 0) -> tuple[bytes, bytes]:
    """Plain and packed .tflite file of `untrained_model`. Raises ConversionError as `tflite.convert_plain` does."""
    plain = tflite.convert_plain(untrained_model(architecture, seed))
    return plain, pack(plain)
