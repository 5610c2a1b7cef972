"""Keras models from architectures: `layers.all_layers` is the walk, this module knows what each layer is in Keras."""

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

BATCH_NORM_MOMENTUM = 0.9  # Keras' 0.99 and MobileNet's 0.999 lag too far behind on data sets of few batches
SOFTMAX_NAME = "y"

Tensor = Any
"""A symbolic Keras tensor."""


def build(architecture: Architecture, dropout: float = 0.0) -> Any:
    """The float network with BatchNorm: float32 [B, *stem.input_shape] -> class probabilities [B, classes].

    The output of each layer of `layers.all_layers` is the output of the Keras layer of the same name. `dropout` is the
    share of pooled features dropped in training. Raises InfeasibleArchitecture where `expand` does.
    """

    def apply(layer: Layer, inputs: list[Tensor]) -> Tensor:
        output = apply_float(layer, inputs)
        if isinstance(layer, GlobalAverage) and dropout:
            output = keras.layers.Dropout(dropout, name="dropout")(output)
        return output

    return assemble(architecture, apply)


def logits_of(model: Any) -> Any:
    """The same network, layers and weights without the softmax, whose gradient is best taken together with the loss."""
    last_dense = model.layers[-2]  # `assemble` adds the softmax last
    return keras.Model(model.inputs, last_dense.output)


def assemble(
    architecture: Architecture,
    apply: Callable[[Layer, list[Tensor]], Tensor],
    prepare: Callable[[Tensor], Tensor] = lambda x: x,
) -> Any:
    """Walk the architecture's layers: `prepare` the input, `apply` each layer to its inputs, add the softmax."""
    layers = all_layers(architecture)

    def walk() -> Any:
        inputs = keras.Input(architecture.stem.input_shape, name=INPUT_NAME)
        tensors = {INPUT_NAME: prepare(inputs)}
        for layer in layers:
            tensors[layer.name] = apply(layer, [tensors[name] for name in layer.inputs])
        probabilities = keras.layers.Softmax(name=SOFTMAX_NAME)(tensors[layers[-1].name])
        return keras.Model(inputs, probabilities, name="m")

    # AutoGraph would look through the Python source of each layer: a third of the time of building.
    return tf.autograph.experimental.do_not_convert(walk)()


def apply_float(layer: Layer, inputs: list[Tensor]) -> Tensor:
    """The output of `layer` in the float network, as Keras layers; but for the softmax, which `assemble` adds."""
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
    """The Keras layer of a pool or an Add, which has no weights."""
    match layer:
        case AveragePool():
            return keras.layers.AveragePooling2D(layer.pool, layer.strides, padding="same", name=layer.name)
        case GlobalAverage():
            return keras.layers.GlobalAveragePooling2D(name=layer.name)
        case Add():
            return keras.layers.Add(name=layer.name)
    raise TypeError(f"no Keras layer for {layer}")


def weighted_layer(layer: Layer, name: str, *, use_bias: bool) -> Any:
    """The Keras layer of a convolution or a dense layer, without its activation."""
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
    return isinstance(layer, Depthwise) or (isinstance(layer, Conv) and layer.batch_norm)


def has_weights(layer: Layer) -> bool:
    return isinstance(layer, Conv | Depthwise | Dense)


def weights_name(layer: Layer) -> str:
    """Name of the Keras layer with the weights of `layer`, in the float network."""
    return f"{layer.name}_weights"


def batch_norm_name(layer: Layer) -> str:
    """Name of the Keras layer with the BatchNorm of `layer`, in the float network."""
    return f"{layer.name}_norm"


def _activation(activation: Activation, name: str) -> Any:
    """The softmax is left to `assemble`; a linear activation adds no operation."""
    return keras.layers.Activation("relu" if activation == "relu" else "linear", name=name)
