"""Answers of a network whose normalisation is folded: each layer an operation, a bias and a last step.

Three nodes of a graph a layer, so that it is traced in a tenth of a second.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nas_engine.architecture import is_unpadded
from nas_engine.layers import INPUT_NAME, Add, AveragePool, Conv, Dense, Depthwise, GlobalAverage, Layer
from nas_engine.network.keras import tf

Tensor = Any
_IMAGE = [1, 2]  # axes of height and width


class Weights(NamedTuple):
    """Kernel as Keras shapes it and bias [output channels] of a layer."""

    kernel: Tensor
    bias: Tensor


Finish = Callable[[Layer, Tensor], Tensor]
"""Last step of a layer: its activation, or the levels of its output."""


def activated(layer: Layer, y: Tensor) -> Tensor:
    """`y` after the activation of `layer`; logits stay what they are."""
    return tf.raw_ops.Relu(features=y) if getattr(layer, "activation", "linear") == "relu" else y


def outputs(
    layers: Sequence[Layer], weights: Mapping[str, Weights], x: Tensor, finish: Finish = activated
) -> Iterator[tuple[str, Tensor]]:
    """Name and output of each layer for the input x [B, height, width, channels], in order; the last are the logits.

    `weights` by the name of the layer.
    """
    last_use = {name: layer.name for layer in layers for name in layer.inputs}
    tensors = {INPUT_NAME: x}
    for layer in layers:
        inputs = [tensors[name] for name in layer.inputs]
        for name in layer.inputs:
            if last_use[name] == layer.name:
                tensors.pop(name, None)  # its memory is the next layer's
        tensors[layer.name] = finish(layer, _computed(layer, inputs, weights.get(layer.name)))
        yield layer.name, tensors[layer.name]


def last(named: Iterator[tuple[str, Tensor]]) -> Tensor:
    """The last of `outputs`: logits [B, classes]."""
    *_, (_, logits) = named
    return logits


def _computed(layer: Layer, inputs: list[Tensor], weights: Weights | None) -> Tensor:
    match layer:
        case Conv() | Depthwise() | Dense():
            assert weights is not None
            y = computed(type(layer), getattr(layer, "strides", (1, 1)), inputs[0], weights.kernel, _padding(layer))
            return tf.raw_ops.BiasAdd(value=y, bias=weights.bias)
        case AveragePool() | GlobalAverage() | Add():
            return without_weights(layer, inputs)
    raise TypeError(f"no operation for {layer}")


def _padding(layer: Layer) -> str:
    """TensorFlow's padding of a layer: none where nothing is padded and no window reaches the end of an axis.

    There XNNPACK of TensorFlow 2.21 leaves the output of a 'same' convolution as it was, without an error; not with a
    kernel of 1 x 1.
    """
    if isinstance(layer, Conv | Depthwise) and is_unpadded(layer.input_shape, layer.kernel, layer.strides):
        return "VALID"
    return "SAME"


def computed(kind: type[Layer], strides: tuple[int, int], x: Tensor, kernel: Tensor, padded: str = "SAME") -> Tensor:
    """Product of x with the kernel of a layer of this kind.

    Raw operations: their usual wrappers take as long again to trace.
    """
    if kind is Dense:
        return tf.raw_ops.MatMul(a=x, b=kernel)
    convolve = tf.raw_ops.Conv2D if kind is Conv else tf.raw_ops.DepthwiseConv2dNative
    return convolve(input=x, filter=kernel, strides=[1, *strides, 1], padding=padded)


def without_weights(layer: AveragePool | GlobalAverage | Add, inputs: list[Tensor]) -> Tensor:
    """Output of a layer without weights, before its activation."""
    match layer:
        case AveragePool():
            pool, strides = [1, *layer.pool, 1], [1, *layer.strides, 1]
            return tf.raw_ops.AvgPool(value=inputs[0], ksize=pool, strides=strides, padding="SAME")
        case GlobalAverage():
            return tf.raw_ops.Mean(input=inputs[0], axis=_IMAGE)
        case Add():
            return tf.raw_ops.AddV2(x=inputs[0], y=inputs[1])
