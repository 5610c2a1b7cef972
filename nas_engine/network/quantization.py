"""Quantisation-aware training (QAT) with the TensorFlow model optimization toolkit, fast on a CPU.

Three differences from the toolkit's defaults, each of which makes the QAT step faster and the .tflite file equal to the
network that was trained:

* BatchNorm is folded into the convolutions before QAT, not by the converter after it.
* Activation ranges are measured once on the float network instead of by moving averages.
* A ReLU is implied by its range: a quantised value cannot be below 0 if the range begins at 0, so the float operation
  and its gradient are left out. The int8 kernels saturate at the same value.
"""

from collections.abc import Iterable, Mapping
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

_SMALLEST_RANGE = 1e-4  # a dead layer still needs a scale above 0


class Range(NamedTuple):
    """Range of a tensor's 256 levels; contains 0, which int8 must represent exactly."""

    low: float
    high: float


Ranges = Mapping[str, Range]
"""Range of each layer's output by layer name; of the network's input under INPUT_NAME."""


def quantise(architecture: Architecture, float_model: Any, ranges: Ranges) -> Any:
    """QAT model with BatchNorm folded and quantisation simulated: float32 [B, *stem.input_shape] -> [B, classes].

    Starts from the weights of `float_model` (from `builder.build`), which is not changed.
    """
    weighted = {
        layer: weighted_layer(layer, layer.name, use_bias=True)
        for layer in all_layers(architecture)
        if has_weights(layer)
    }

    def apply(layer: Layer, inputs: list[Tensor]) -> Tensor:
        inner = weighted.get(layer) or bare_layer(layer)
        if isinstance(layer, AveragePool):
            # .tflite averages in the scale of its input and rounds halves away from the middle of the range; a
            # simulated rounding always goes up. The exact average is closer to .tflite than a simulated rounding.
            return inner(inputs[0])
        return _annotated(inner, layer, ranges[layer.name])(inputs if len(inputs) > 1 else inputs[0])

    def prepare(x: Tensor) -> Tensor:
        return _annotated(keras.layers.Activation("linear", name="q"), None, ranges[INPUT_NAME])(x)

    annotated = assemble(architecture, apply, prepare)
    for layer, inner in weighted.items():
        inner.set_weights(folded_weights(layer, float_model))
    return _apply_quantisation(annotated)


def _annotated(inner: Any, layer: Layer | None, output: Range) -> Any:
    kernel = {Depthwise: "depthwise_kernel", Conv: "kernel", Dense: "kernel"}.get(type(layer))
    config = LayerQuantization(kernel, per_channel=not isinstance(layer, Dense), output=output)
    return tfmot.quantization.keras.quantize_annotate_layer(inner, config)


def _apply_quantisation(annotated: Any) -> Any:
    kinds = (LayerQuantization, WeightQuantizer, RangeQuantizer)
    apply = tf.autograph.experimental.do_not_convert(tfmot.quantization.keras.quantize_apply)
    with tfmot.quantization.keras.quantize_scope({kind.__name__: kind for kind in kinds}):
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

    The range ends at the largest weight, so no weight is clipped and gradients pass unchanged.
    """

    def __init__(self, per_channel: bool) -> None:
        self.per_channel = per_channel

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        """No variables of its own (tfmot's `Quantizer`)."""
        return {}

    def __call__(self, inputs: Tensor, training: bool, weights: dict[str, Any], **kwargs: Any) -> Tensor:
        if not self.per_channel:
            limit = _limit(inputs, None)
            return tf.quantization.fake_quant_with_min_max_vars(inputs, -limit, limit, narrow_range=True)
        # The operation needs channels on the last axis; a depthwise kernel is [height, width, channels, 1].
        shape = inputs.shape
        kernel = tf.reshape(inputs, shape[:-1]) if shape[-1] == 1 else inputs
        limits = _limit(kernel, list(range(kernel.shape.rank - 1)))
        quantised = tf.quantization.fake_quant_with_min_max_vars_per_channel(kernel, -limits, limits, narrow_range=True)
        return tf.reshape(quantised, shape) if shape[-1] == 1 else quantised

    def get_config(self) -> dict[str, Any]:
        """Arguments of the constructor, as Keras serialises them."""
        return {"per_channel": self.per_channel}


def _limit(weights: Tensor, axes: list[int] | None) -> Tensor:
    """Slightly above the largest magnitude, so that rounding does not put that weight outside and stop its gradient."""
    limit = tf.reduce_max(tf.abs(weights), axis=axes) * (1 + 1e-6)
    return tf.stop_gradient(tf.maximum(limit, _SMALLEST_RANGE))


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
    """Quantise the attribute `kernel` of a layer (None: it has no weights) and its output."""

    def __init__(self, kernel: str | None, per_channel: bool, output: tuple[float, float]) -> None:
        self.kernel, self.per_channel, self.output = kernel, per_channel, output

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Any]]:
        """The kernel and its quantiser, if there is one."""
        return [(getattr(layer, self.kernel), WeightQuantizer(self.per_channel))] if self.kernel else []

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
        return {"kernel": self.kernel, "per_channel": self.per_channel, "output": self.output}


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
