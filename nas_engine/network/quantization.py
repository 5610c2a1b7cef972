"""Quantisation-aware training (QAT) with the TensorFlow model optimization toolkit, fast on a CPU.

Three differences from the toolkit's defaults, each of which makes the QAT step faster and the .tflite file equal to the
network that was trained:

* BatchNorm is folded into the convolutions before QAT, not by the converter after it.
* Activation ranges are measured once on the float network instead of by moving averages.
* A ReLU is implied by its range: a quantised value cannot be below 0 if the range begins at 0, so the float operation
  and its gradient are left out. The int8 kernels saturate at the same value.

Scales are chosen so that runtimes which round differently compute the same (`network.rounding`).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME, Depthwise, Layer, all_layers
from nas_engine.network.builder import Tensor, batch_norm_name, has_batch_norm, has_weights, weights_name
from nas_engine.network.graphs.inference import Weights, outputs
from nas_engine.network.graphs.networks import TrainableNetwork
from nas_engine.network.graphs.quantised_network import QuantisedNetwork
from nas_engine.network.graphs.quantisers import SMALLEST_RANGE
from nas_engine.network.keras import tf
from nas_engine.network.rounding import LEVELS, WEIGHT_LEVELS, tensor_scales


class Range(NamedTuple):
    """Range of a tensor's 256 levels; contains 0, which int8 must represent exactly."""

    low: float
    high: float

    @property
    def scale(self) -> float:
        """Step between two levels, as the converter computes it of float32 ends."""
        return float(np.float32((float(np.float32(self.high)) - float(np.float32(self.low))) / LEVELS))

    def with_scale(self, scale: float) -> "Range":
        """Range of this zero point and another scale."""
        factor = scale / self.scale
        return Range(self.low * factor, self.high * factor)


Ranges = Mapping[str, Range]
"""Range of each layer's output by layer name; of the network's input under INPUT_NAME."""


def quantise(
    architecture: Architecture, float_model: Any, ranges: Ranges, *, rounding_safe: bool = True
) -> QuantisedNetwork:
    """QAT network with BatchNorm folded and quantisation simulated: float32 [B, *stem.input_shape] -> [B, classes].

    Starts from the weights of `float_model` (a Keras model or a network of the same layers), which is not changed.
    `ranges` are enlarged a little, unless `rounding_safe` is False: then runtimes that round differently may give
    different results.
    """
    layers = all_layers(architecture)
    if rounding_safe:
        scales = tensor_scales(layers, {name: measured.scale for name, measured in ranges.items()})
        ranges = {name: measured.with_scale(scales[name]) for name, measured in ranges.items()}
        units = {layer.name: _weight_unit(ranges[layer.inputs[0]], ranges[layer.name]) for layer in layers}
    network = QuantisedNetwork(architecture, ranges, units if rounding_safe else {})
    network.set_folded_weights(all_folded_weights(layers, float_model))
    return network


def _weight_unit(source: Range, output: Range) -> float:
    """`unit` of `rounding.safe_limits`."""
    return WEIGHT_LEVELS * output.scale / source.scale


def all_folded_weights(layers: Sequence[Layer], float_model: Any) -> Mapping[str, Weights]:
    """Kernel and bias of each layer that has a kernel, by its name, as constants; of a network or a Keras model."""
    if isinstance(float_model, TrainableNetwork):
        return float_model.folded()
    return {
        layer.name: Weights(*(tf.constant(value) for value in folded_weights(layer, float_model)))
        for layer in layers
        if has_weights(layer)
    }


def folded_weights(layer: Layer, float_model: Any) -> list[NDArray[np.float32]]:
    """[kernel, bias] equivalent to the layer and its BatchNorm after training (Jacob et al. 2018, section 3.2)."""
    weights: list[NDArray[np.float32]] = float_model.get_layer(weights_name(layer)).get_weights()
    if not has_batch_norm(layer):
        return weights
    norm = float_model.get_layer(batch_norm_name(layer))
    return list(fold(layer, weights[0], norm.get_weights(), norm.epsilon))


def fold(
    layer: Layer, kernel: NDArray[np.float32], norm: Sequence[NDArray[np.float32]], epsilon: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(kernel, bias) with BatchNorm folded in; `norm`: gamma, beta, mean and variance [output channels]."""
    gamma, beta, mean, variance = norm
    factor = gamma / np.sqrt(variance + epsilon)
    # A depthwise kernel is [height, width, channels, 1], any other [..., output channels].
    return kernel * (factor[:, np.newaxis] if isinstance(layer, Depthwise) else factor), beta - mean * factor


def measure_ranges(architecture: Architecture, float_model: Any, batches: Iterable[NDArray[np.float32]]) -> Ranges:
    """Range of every layer's output, each end averaged over `batches` of x [B, frames, mel_bins].

    Averages over batches, not extremes of all, so that a single loud example does not coarsen all levels.
    """
    layers = all_layers(architecture)
    names = [INPUT_NAME, *(layer.name for layer in layers)]
    weights = all_folded_weights(layers, float_model)

    def ends(x: NDArray[np.float32]) -> list[Tensor]:
        found = chain([x], (y for _, y in outputs(layers, weights, x)))
        return [tf.stack([tf.reduce_min(y), tf.reduce_max(y)]) for y in found]

    shape = architecture.stem.input_shape
    measured = np.mean([tf.stack(ends(x.reshape(-1, *shape))) for x in batches], axis=0)
    return {
        name: Range(min(float(low), 0.0), max(float(high), SMALLEST_RANGE))
        for name, (low, high) in zip(names, measured, strict=True)
    }
