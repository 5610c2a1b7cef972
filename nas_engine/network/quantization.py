"""Quantisation-aware training (QAT) with the TensorFlow model optimization toolkit, fast on a CPU.

Three differences from the toolkit's defaults, each of which makes the QAT step faster and the .tflite file equal to the
network that was trained:

* BatchNorm is folded into the convolutions before QAT, not by the converter after it.
* Activation ranges are measured once on the float network instead of by moving averages.
* A ReLU is implied by its range: a quantised value cannot be below 0 if the range begins at 0, so the float operation
  and its gradient are left out. The int8 kernels saturate at the same value.

Scales are chosen so that runtimes which round differently compute the same (`network.rounding`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME, AveragePool, Conv, Dense, Depthwise, Layer, all_layers
from nas_engine.network.builder import (
    Tensor,
    bare_layer,
    batch_norm_name,
    has_batch_norm,
    has_weights,
    weighted_layer,
    weights_name,
)
from nas_engine.network.graphs.inference import Weights, outputs
from nas_engine.network.graphs.networks import Network
from nas_engine.network.keras import tf, tfmot
from nas_engine.network.rounding import LEVELS, WEIGHT_LEVELS, safe_limits, tensor_scales

_SMALLEST_RANGE = 1e-4  # a dead layer still needs a scale above 0


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


def quantise(architecture: Architecture, float_model: Any, ranges: Ranges, *, rounding_safe: bool = True) -> Network:
    """QAT network with BatchNorm folded and quantisation simulated: float32 [B, *stem.input_shape] -> [B, classes].

    Starts from the weights of `float_model` (a Keras model or a network of the same layers), which is not changed.
    `ranges` are enlarged a little, unless `rounding_safe` is False: then runtimes that round differently may give
    different results.
    """
    layers = all_layers(architecture)
    if rounding_safe:
        scales = tensor_scales(layers, {name: measured.scale for name, measured in ranges.items()})
        ranges = {name: measured.with_scale(scales[name]) for name, measured in ranges.items()}
    weighted = {layer.name: weighted_layer(layer, layer.name, use_bias=True) for layer in layers if has_weights(layer)}
    quantisers: dict[str, WeightQuantizer] = {}
    chains = {}
    for layer in layers:
        inner = weighted.get(layer.name) or bare_layer(layer)
        unit = _weight_unit(ranges[layer.inputs[0]], ranges[layer.name]) if rounding_safe else None
        quantisers[layer.name] = WeightQuantizer(per_channel=not isinstance(layer, Dense), unit=unit)
        chains[layer.name] = [_quantised(inner, layer, quantisers[layer.name], ranges[layer.name])]

    def levels(layer: Layer, y: Tensor) -> Tensor:
        return y if isinstance(layer, AveragePool) else _levels(y, ranges[layer.name])

    def folded(_: Network) -> Mapping[str, Weights]:
        return {name: quantisers[name].quantised(*variables) for name, variables in trained.items()}

    network = Network(architecture, chains, folded, levels, lambda x: _levels(x, ranges[INPUT_NAME]))
    # Training sets the kernels of the layers to tensors of its graph, as the toolkit does.
    trained = {name: tuple(inner.weights) for name, inner in weighted.items()}
    for name, weights in all_folded_weights(layers, float_model).items():
        weighted[name].set_weights(weights)
    return network


def _weight_unit(source: Range, output: Range) -> float:
    """`unit` of `rounding.safe_limits`."""
    return WEIGHT_LEVELS * output.scale / source.scale


def _quantised(inner: Any, layer: Layer, quantiser: "WeightQuantizer", output: Range) -> Any:
    """The toolkit's layer around the Keras layer `inner`.

    .tflite averages in the scale of its input and rounds halves away from the middle of the range; a simulated rounding
    always goes up. The exact average of an average pool is closer to .tflite than a simulated rounding.
    """
    if isinstance(layer, AveragePool):
        return inner
    kernel = {Depthwise: "depthwise_kernel", Conv: "kernel", Dense: "kernel"}.get(type(layer))
    config = LayerQuantization(kernel, quantiser.per_channel, output=output, unit=quantiser.unit)
    return tfmot.quantization.keras.QuantizeWrapperV2(inner, config, name_prefix="")


def _levels(x: Tensor, output: Range) -> Tensor:
    return tf.quantization.fake_quant_with_min_max_args(x, *output)


def all_folded_weights(layers: Sequence[Layer], float_model: Any) -> dict[str, Weights]:
    """`folded_weights` of each layer that has a kernel, by its name, as constants."""
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
    gamma, beta, mean, variance = norm.get_weights()
    factor = gamma / np.sqrt(variance + norm.epsilon)
    # A depthwise kernel is [height, width, channels, 1], any other [..., output channels].
    kernel = weights[0] * (factor[:, np.newaxis] if isinstance(layer, Depthwise) else factor)
    return [kernel, beta - mean * factor]


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
        name: Range(min(float(low), 0.0), max(float(high), _SMALLEST_RANGE))
        for name, (low, high) in zip(names, measured, strict=True)
    }


class WeightQuantizer(tfmot.quantization.keras.quantizers.Quantizer):
    """Symmetric int8 levels -127..127 per tensor, or per output channel of a convolution.

    The range ends at the largest weight, so no weight is clipped and gradients pass unchanged; with `unit`, at the next
    limit that all runtimes round alike at (`rounding.safe_limits`).
    """

    def __init__(self, per_channel: bool, unit: float | None = None) -> None:
        self.per_channel, self.unit = per_channel, unit

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        """No variables of its own (tfmot's `Quantizer`)."""
        return {}

    def __call__(self, inputs: Tensor, training: bool, weights: dict[str, Any], **kwargs: Any) -> Tensor:
        return self._with_limits(inputs, tf.stop_gradient(self._limits(tf.stop_gradient(inputs))))

    def quantised(self, kernel: Any, bias: Any) -> Weights:
        """Quantised kernel and bias, constants of now, of these variables.

        Ranges as parts of a graph that is to be converted are some twenty operations a layer, which the converter would
        fold one by one, in longer than it takes for everything else.
        """
        with tf.init_scope():
            constants = kernel.numpy(), bias.numpy(), self._limits(kernel).numpy()
        values, biases, limits = (tf.constant(value) for value in constants)
        return Weights(self._with_limits(values, limits), biases)

    def _with_limits(self, inputs: Tensor, limits: Tensor) -> Tensor:
        if not self.per_channel:
            return tf.quantization.fake_quant_with_min_max_vars(inputs, -limits, limits, narrow_range=True)
        # The operation needs channels on the last axis; a depthwise kernel is [height, width, channels, 1].
        shape = inputs.shape
        kernel = tf.reshape(inputs, shape[:-1]) if _is_depthwise(shape) else inputs
        quantised = tf.quantization.fake_quant_with_min_max_vars_per_channel(kernel, -limits, limits, narrow_range=True)
        return tf.reshape(quantised, shape) if _is_depthwise(shape) else quantised

    def _limits(self, weights: Any) -> Tensor:
        """Range of each channel, or of all weights."""
        rank = weights.shape.rank
        channels = rank - (2 if _is_depthwise(weights.shape) else 1)
        axes = tuple(axis for axis in range(rank) if axis != channels) if self.per_channel else None
        unit = () if self.unit is None else (tf.constant(self.unit, tf.float64),)
        return _limit_function(rank, axes, bool(unit))(weights, *unit)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor, as Keras serialises them."""
        return {"per_channel": self.per_channel, "unit": self.unit}


def _is_depthwise(shape: Any) -> bool:
    return bool(shape[-1] == 1)


@lru_cache(maxsize=64)
def _limit_function(rank: int, axes: tuple[int, ...] | None, safe: bool) -> Callable[..., Tensor]:
    """Function of weights with `rank` axes to their ranges over `axes`, the next safe ones of a `unit` if `safe`.

    Traced once in a process, whatever the shapes: a layer of a network that is traced is then one node instead of
    twenty.
    """

    def limits(weights: Tensor, *unit: Tensor) -> Tensor:
        """Slightly above the largest magnitude: rounding must not put that weight outside and stop its gradient."""
        found = tf.maximum(tf.reduce_max(tf.abs(weights), axis=axes) * (1 + 1e-6), _SMALLEST_RANGE)
        return safe_limits(found, *unit) if unit else found

    signature = [tf.TensorSpec([None] * rank, tf.float32)] + [tf.TensorSpec((), tf.float64)] * safe
    return tf.function(limits, input_signature=signature, autograph=False)


class RangeQuantizer(tfmot.quantization.keras.quantizers.Quantizer):
    """Quantiser of 256 levels over a fixed range; no gradient for values outside."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        """No variables of its own (tfmot's `Quantizer`)."""
        return {}

    def __call__(self, inputs: Tensor, training: bool, weights: dict[str, Any], **kwargs: Any) -> Tensor:
        return tf.quantization.fake_quant_with_min_max_args(inputs, self.low, self.high)

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor, as Keras serialises them."""
        return {"low": self.low, "high": self.high}


class LayerQuantization(tfmot.quantization.keras.QuantizeConfig):
    """Quantise the attribute `kernel` of a layer (None: it has no weights) and its output.

    `unit` as for `WeightQuantizer`.
    """

    def __init__(
        self, kernel: str | None, per_channel: bool, output: tuple[float, float], unit: float | None = None
    ) -> None:
        self.kernel, self.per_channel, self.output, self.unit = kernel, per_channel, output, unit

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Any]]:
        """The kernel and its quantiser, if there is one."""
        return [(getattr(layer, self.kernel), WeightQuantizer(self.per_channel, self.unit))] if self.kernel else []

    def set_quantize_weights(self, layer: Any, quantize_weights: list[Tensor]) -> None:
        """Replace the kernel by its quantised tensor."""
        for weights in quantize_weights:
            setattr(layer, str(self.kernel), weights)

    def get_activations_and_quantizers(self, layer: Any) -> list[tuple[Any, Any]]:
        """Empty: the range of the output implies the activation."""
        return []

    def set_quantize_activations(self, layer: Any, quantize_activations: list[Any]) -> None:
        """No effect: there are no quantised activations."""

    def get_output_quantizers(self, layer: Any) -> list[Any]:
        """Quantiser of the output over its measured range."""
        return [RangeQuantizer(*self.output)]

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor, as Keras serialises them."""
        return {"kernel": self.kernel, "per_channel": self.per_channel, "output": self.output, "unit": self.unit}
