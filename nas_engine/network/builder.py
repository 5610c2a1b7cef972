"""Keras models of architectures: maps each layer of `layers.all_layers` to Keras layers."""

from collections.abc import Callable
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.layers import (
    INPUT_NAME,
    Activation,
    Add,
    AveragePool,
    Conv,
    Dense,
    Depthwise,
    GlobalAverage,
    Layer,
    all_layers,
)
from nas_engine.network.keras import keras, tf

BATCH_NORM_MOMENTUM = 0.9  # Keras' 0.99 and MobileNet's 0.999 are too slow for data sets of few batches
SOFTMAX_NAME = "y"

Tensor = Any
"""A symbolic Keras tensor."""


def build(architecture: Architecture, dropout: float = 0.0) -> Any:
    """Float network with BatchNorm: float32 [B, *stem.input_shape] -> class probabilities [B, classes].

    Each layer of `layers.all_layers` corresponds to the output of the Keras layer of the same name. `dropout` (0..1) is
    the share of pooled features dropped in training. Raises InfeasibleArchitecture where `expand` does.
    """

    def apply(layer: Layer, inputs: list[Tensor]) -> Tensor:
        output = apply_float(layer, inputs)
        if isinstance(layer, GlobalAverage) and dropout:
            output = keras.layers.Dropout(dropout, name="dropout")(output)
        return output

    return assemble(architecture, apply)


def logits_of(model: Any) -> Any:
    """Keras model with the same layers and weights without the softmax: -> logits [B, classes]."""
    last_dense = model.layers[-2]  # `assemble` adds the softmax last
    return keras.Model(model.inputs, last_dense.output)


def assemble(
    architecture: Architecture,
    apply: Callable[[Layer, list[Tensor]], Tensor],
    prepare: Callable[[Tensor], Tensor] = lambda x: x,
) -> Any:
    """Keras model by `prepare` on the input, `apply` on each layer and its inputs, and a softmax.

    Raises InfeasibleArchitecture as `layers.expand` does.
    """
    layers = all_layers(architecture)

    def walk() -> Any:
        inputs = keras.Input(architecture.stem.input_shape, name=INPUT_NAME)
        tensors = {INPUT_NAME: prepare(inputs)}
        for layer in layers:
            tensors[layer.name] = apply(layer, [tensors[name] for name in layer.inputs])
        probabilities = keras.layers.Softmax(name=SOFTMAX_NAME)(tensors[layers[-1].name])
        return keras.Model(inputs, probabilities, name="m")

    # AutoGraph would parse the Python source of each layer: a third of the build time.
    return tf.autograph.experimental.do_not_convert(walk)()


def apply_float(layer: Layer, inputs: list[Tensor]) -> Tensor:
    """Output of `layer` in the float network, without the softmax, which `assemble` adds.

    Raises TypeError for an unknown type of layer.
    """
    match layer:
        case AveragePool() | GlobalAverage():
            return bare_layer(layer)(inputs[0])
        case Add():
            return _activation(layer.activation, layer.name)(keras.layers.Add()(inputs))
        case Conv() | Depthwise() | Dense():
            norm = has_batch_norm(layer)
            x = weighted_layer(layer, weights_name(layer), use_bias=not norm)(inputs[0])
            if norm:
                x = keras.layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=batch_norm_name(layer))(x)
            return _activation(layer.activation, layer.name)(x)
    raise TypeError(f"no Keras layers for {layer}")


def bare_layer(layer: Layer) -> Any:
    """Keras layer of a pool or an Add, which have no weights. Raises TypeError for other layers."""
    match layer:
        case AveragePool():
            return keras.layers.AveragePooling2D(layer.pool, layer.strides, padding="same", name=layer.name)
        case GlobalAverage():
            return keras.layers.GlobalAveragePooling2D(name=layer.name)
        case Add():
            return keras.layers.Add(name=layer.name)
    raise TypeError(f"no Keras layer for {layer}")


def weighted_layer(layer: Layer, name: str, *, use_bias: bool) -> Any:
    """Keras layer of a convolution or a dense layer, without its activation. Raises TypeError for other layers."""
    match layer:
        case Conv():
            return keras.layers.Conv2D(
                layer.filters, layer.kernel, layer.strides, padding="same", use_bias=use_bias, name=name
            )
        case Depthwise():
            return keras.layers.DepthwiseConv2D(
                layer.kernel, layer.strides, padding="same", use_bias=use_bias, name=name
            )
        case Dense():
            return keras.layers.Dense(layer.units, use_bias=use_bias, name=name)
    raise TypeError(f"{layer} has no weights")


def has_batch_norm(layer: Layer) -> bool:
    """Whether BatchNorm follows the kernel: depthwise layers, and convolutions without a bias."""
    return isinstance(layer, Depthwise) or (isinstance(layer, Conv) and layer.batch_norm)


def has_weights(layer: Layer) -> bool:
    """Whether the layer has a kernel."""
    return isinstance(layer, Conv | Depthwise | Dense)


def weights_name(layer: Layer) -> str:
    """Name of the Keras layer with the kernel of `layer` in the float network."""
    return f"{layer.name}_weights"


def batch_norm_name(layer: Layer) -> str:
    """Name of the Keras layer with the BatchNorm of `layer` in the float network."""
    return f"{layer.name}_norm"


def _activation(activation: Activation, name: str) -> Any:
    """Activation layer; linear, without an operation, for a softmax, which `assemble` adds."""
    return keras.layers.Activation("relu" if activation == "relu" else "linear", name=name)
