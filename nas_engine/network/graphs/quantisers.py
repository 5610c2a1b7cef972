"""Quantisers of weights and outputs for the TensorFlow model optimization toolkit."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from nas_engine.network.graphs.inference import Tensor, Weights
from nas_engine.network.keras import tf, tfmot
from nas_engine.network.rounding import safe_limits

SMALLEST_RANGE = 1e-4
"""A dead layer still needs a scale above 0."""


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
        return self._with_limits(inputs, self._limits(tf.stop_gradient(inputs)))

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
        found = tf.maximum(tf.reduce_max(tf.abs(weights), axis=axes) * (1 + 1e-6), SMALLEST_RANGE)
        return safe_limits(found, *unit) if unit else found

    signature = [tf.TensorSpec([None] * rank, tf.float32)] + [tf.TensorSpec((), tf.float64)] * safe
    with tf.init_scope():  # not as a part of the graph that asks for it
        function = tf.function(limits, input_signature=signature, autograph=False).get_concrete_function()
    traced: Callable[..., Tensor] = function
    return traced


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
