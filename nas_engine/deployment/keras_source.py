"""An architecture as a Python file of its own, which builds the network with tf_keras alone and without Earshot.

A third walk over `layers.expand`, next to the network's and its cost's. Keras layers have the names, order and shapes
of `nas_engine.network.builder.build`, so that weights of one are weights of the other (`get_weights`, `set_weights`).
"""

from collections.abc import Iterator

from nas_engine.architecture import Architecture
from nas_engine.layers import (
    INPUT_NAME,
    Add,
    AveragePool,
    BlockLayers,
    Conv,
    Dense,
    Depthwise,
    GlobalAverage,
    Layer,
    expand,
)

_FILE = '''\
"""A network that Earshot found, as a Keras model with initial weights: `build()`, or `python FILE` for its layers.

Input: float32 [examples, {shape}], the log-mel spectrogram as frontend.json of the export makes it.
Output: float32 [examples, {classes}], a probability for each class. Architecture {hash}.
"""

from tf_keras import Input, Model, layers

NAME = {name}
INPUT_SHAPE = {input_shape}
BATCH_NORM_MOMENTUM = 0.9


def build():
    """The whole network. Every convolution and pool pads "same"."""
    {input} = Input(INPUT_SHAPE, name="{input}")
{body}
    y = layers.Softmax(name="y")({last})
    return Model({input}, y, name="m")


def conv(x, name, filters, kernel, strides, activation, batch_norm):
    """A convolution: with BatchNorm and no bias, or with a bias alone."""
    conv2d = layers.Conv2D(filters, kernel, strides, padding="same", use_bias=not batch_norm, name=name + "_weights")
    return activated(normed(conv2d(x), name) if batch_norm else conv2d(x), name, activation)


def depthwise(x, name, kernel, strides, activation):
    """A depthwise convolution, one filter a channel, with BatchNorm and no bias."""
    conv2d = layers.DepthwiseConv2D(kernel, strides, padding="same", use_bias=False, name=name + "_weights")
    return activated(normed(conv2d(x), name), name, activation)


def dense(x, name, units, activation):
    """A fully connected layer with a bias."""
    return activated(layers.Dense(units, name=name + "_weights")(x), name, activation)


def add(tensors, name, activation):
    """The sum of tensors of one shape."""
    return activated(layers.Add()(tensors), name, activation)


def average_pool(x, name, pool, strides):
    """The average over windows of `pool`."""
    return layers.AveragePooling2D(pool, strides, padding="same", name=name)(x)


def global_average(x, name):
    """The average over time and frequency."""
    return layers.GlobalAveragePooling2D(name=name)(x)


def normed(x, name):
    return layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=name + "_norm")(x)


def activated(x, name, activation):
    return layers.Activation(activation, name=name)(x)


if __name__ == "__main__":
    build().summary()
'''


def keras_source(architecture: Architecture, name: str = "") -> str:
    """Text of the file; `name` is the value of `NAME` in it. Raises InfeasibleArchitecture as `layers.expand` does."""
    blocks = expand(architecture)
    shape = architecture.stem.input_shape
    return _FILE.format(
        shape=", ".join(map(str, shape)),
        classes=architecture.head.classes,
        hash=architecture.hash,
        name=ascii(name),
        input_shape=shape,
        input=INPUT_NAME,
        body="\n".join(line for block in blocks for line in _lines(block)),
        last=blocks[-1].output.name,
    )


def _lines(block: BlockLayers) -> Iterator[str]:
    """Lines of the function `build` for one block."""
    shape = " x ".join(map(str, block.output.shape))
    yield f"    # {block.name}: {block.kind} -> {shape}"
    yield from (f"    {layer.name} = {_call(layer)}" for layer in block.layers)


def _call(layer: Layer) -> str:
    """The call that makes the output of `layer`. Raises TypeError for an unknown type of layer."""
    first = f'{layer.inputs[0]}, "{layer.name}"'
    match layer:
        case Conv():
            return (
                f"conv({first}, {layer.filters}, {layer.kernel}, {layer.strides}, {_activation(layer)}, "
                f"batch_norm={layer.batch_norm})"
            )
        case Depthwise():
            return f"depthwise({first}, {layer.kernel}, {layer.strides}, {_activation(layer)})"
        case Dense():
            return f"dense({first}, {layer.units}, {_activation(layer)})"
        case Add():
            return f'add([{", ".join(layer.inputs)}], "{layer.name}", {_activation(layer)})'
        case AveragePool():
            return f"average_pool({first}, {layer.pool}, {layer.strides})"
        case GlobalAverage():
            return f"global_average({first})"
    raise TypeError(f"no line of Python for {layer}")


def _activation(layer: Conv | Depthwise | Dense | Add) -> str:
    """ReLU or none: the softmax is a layer of its own, as in the network in training."""
    return '"relu"' if layer.activation == "relu" else '"linear"'
