"""Quantisation-aware training (QAT) with the TensorFlow model optimization toolkit, fast on a CPU.

Three differences from the toolkit's defaults, each of which makes the QAT step faster and the .tflite file equal to the
network that was trained:

* BatchNorm is folded into the convolutions before QAT, not by the converter after it.
* Activation ranges are measured once on the float network instead of by moving averages.
* A ReLU is implied by its range: a quantised value cannot be below 0 if the range begins at 0, so the float operation
  and its gradient are left out. The int8 kernels saturate at the same value.

Scales are chosen so that runtimes which round differently compute the same (`network.rounding`).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME, AveragePool, Conv, Dense, Depthwise, Layer, all_layers
from nas_engine.network.builder import (
    Tensor,
    assemble,
    bare_layer,
    batch_norm_name,
    has_batch_norm,
    has_weights,
    weighted_layer,
    weights_name,
)
from nas_engine.network.keras import keras, tf, tfmot
from nas_engine.network.rounding import LEVELS, WEIGHT_LEVELS, safe_limits, tensor_scales

_SMALLEST_RANGE = 1e-4  # a dead layer still needs a scale above 0
_LIMITS_ARE_CONSTANTS = ContextVar("limits_are_constants", default=False)


@contextmanager
def constant_weight_limits() -> Iterator[None]:
    """Context for tracing a function that is never trained: the ranges of weights become constants.

    As parts of a graph that is to be converted they are some twenty operations a layer, which the converter would fold
    one by one, in longer than it takes for everything else.
    """
    token = _LIMITS_ARE_CONSTANTS.set(True)
    try:
        yield
    finally:
        _LIMITS_ARE_CONSTANTS.reset(token)


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


def quantise(architecture: Architecture, float_model: Any, ranges: Ranges, *, rounding_safe: bool = True) -> Any:
    """QAT model with BatchNorm folded and quantisation simulated: float32 [B, *stem.input_shape] -> [B, classes].

    Starts from the weights of `float_model` (from `builder.build`), which is not changed. `ranges` are enlarged a
    little, unless `rounding_safe` is False: then runtimes that round differently may give different results.
    """
    layers = all_layers(architecture)
    weighted = {layer: weighted_layer(layer, layer.name, use_bias=True) for layer in layers if has_weights(layer)}
    if rounding_safe:
        scales = tensor_scales(layers, {name: measured.scale for name, measured in ranges.items()})
        ranges = {name: measured.with_scale(scales[name]) for name, measured in ranges.items()}

    def apply(layer: Layer, inputs: list[Tensor]) -> Tensor:
        inner = weighted.get(layer) or bare_layer(layer)
        if isinstance(layer, AveragePool):
            # .tflite averages in the scale of its input and rounds halves away from the middle of the range; a
            # simulated rounding always goes up. The exact average is closer to .tflite than a simulated rounding.
            return inner(inputs[0])
        unit = _weight_unit(ranges[layer.inputs[0]], ranges[layer.name]) if rounding_safe else None
        return _annotated(inner, layer, ranges[layer.name], unit)(inputs if len(inputs) > 1 else inputs[0])

    def prepare(x: Tensor) -> Tensor:
        return _annotated(keras.layers.Activation("linear", name="q"), None, ranges[INPUT_NAME])(x)

    annotated = assemble(architecture, apply, prepare)
    for layer, inner in weighted.items():
        inner.set_weights(folded_weights(layer, float_model))
    return _apply_quantisation(annotated)


def _weight_unit(source: Range, output: Range) -> float:
    """`unit` of `rounding.safe_limits`."""
    return WEIGHT_LEVELS * output.scale / source.scale


def _annotated(inner: Any, layer: Layer | None, output: Range, unit: float | None = None) -> Any:
    kernel = {Depthwise: "depthwise_kernel", Conv: "kernel", Dense: "kernel"}.get(type(layer))
    config = LayerQuantization(kernel, per_channel=not isinstance(layer, Dense), output=output, unit=unit)
    return tfmot.quantization.keras.quantize_annotate_layer(inner, config)


def _apply_quantisation(annotated: Any) -> Any:
    kinds = (LayerQuantization, WeightQuantizer, RangeQuantizer)
    apply = tf.autograph.experimental.do_not_convert(tfmot.quantization.keras.quantize_apply)
    scope = tfmot.quantization.keras.quantize_scope({kind.__name__: kind for kind in kinds})
    with scope, constant_weight_limits():  # the toolkit calls every layer once, for shapes alone
        return apply(annotated, _AsAnnotated(), quantized_layer_name_prefix="")


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
    outputs = keras.Model(float_model.inputs, [float_model.get_layer(name).output for name in names])

    def ends(x: Tensor) -> Tensor:
        return tf.stack([[tf.reduce_min(y), tf.reduce_max(y)] for y in outputs(x, training=False)])

    traced = tf.function(ends, autograph=False)
    measured = np.mean([traced(x.reshape(-1, *architecture.stem.input_shape)).numpy() for x in batches], axis=0)
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
        if not self.per_channel:
            limit = self._limits(inputs, None)
            return tf.quantization.fake_quant_with_min_max_vars(inputs, -limit, limit, narrow_range=True)
        # The operation needs channels on the last axis; a depthwise kernel is [height, width, channels, 1].
        shape, is_depthwise = inputs.shape, inputs.shape[-1] == 1
        channels = shape.rank - (2 if is_depthwise else 1)
        limits = self._limits(inputs, [axis for axis in range(shape.rank) if axis != channels])
        kernel = tf.reshape(inputs, shape[:-1]) if is_depthwise else inputs
        quantised = tf.quantization.fake_quant_with_min_max_vars_per_channel(kernel, -limits, limits, narrow_range=True)
        return tf.reshape(quantised, shape) if is_depthwise else quantised

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor, as Keras serialises them."""
        return {"per_channel": self.per_channel, "unit": self.unit}

    def _limits(self, weights: Any, axes: list[int] | None) -> Tensor:
        """Range of each channel, of all weights without `axes`; `weights` is the layer's variable."""
        if not _LIMITS_ARE_CONSTANTS.get():
            return tf.stop_gradient(self._computed_limits(weights, axes))
        with tf.init_scope():
            values = self._computed_limits(weights, axes).numpy()
        return tf.constant(values)

    def _computed_limits(self, weights: Any, axes: list[int] | None) -> Tensor:
        """Slightly above the largest magnitude: rounding must not put that weight outside and stop its gradient."""
        limits = tf.maximum(tf.reduce_max(tf.abs(weights), axis=axes) * (1 + 1e-6), _SMALLEST_RANGE)
        return limits if self.unit is None else safe_limits(limits, self.unit)


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


class _AsAnnotated:
    """Quantisation scheme that keeps the graph unchanged: every layer is annotated with its own configuration."""

    def get_layout_transformer(self) -> "_AsAnnotated":
        return self

    def apply(self, model: Any, layer_quantize_map: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return model, layer_quantize_map

    def get_quantize_registry(self) -> "_AsAnnotated":
        return self

    def supports(self, layer: Any) -> bool:
        return False
