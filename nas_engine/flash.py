"""Estimated size of a network's .tflite file before training.

A .tflite file is a FlatBuffer, and there are two for one network (docs/flash.md): the *plain* one as TensorFlow's
converter writes it, which the paper's figures compare with, and the *packed* one that Earshot delivers.

The weights follow from the format: one byte each, and for each output channel of a convolution an int32 bias and two
float32 scales, of weights and bias. A dense layer is quantised as a whole and has the bias alone.

Packed: `network.packing` writes every record once, so its bytes are counted here record by record. Parts that equal
layers share (zero points, shapes, options, operators; `shared_parts`) are counted once per network. Vectors that are
equal by coincidence and a few bytes of alignment are not modelled.

Plain: zero points take 16 bytes a channel on top, and the records of operators, tensors and buffers depend on the
converter. They were fitted by least squares to files of TensorFlow 2.21 whose tensors carry numbers for names.

Tests compare both estimates with real files.
"""

from collections.abc import Hashable, Iterable, Mapping
from math import prod

from nas_engine.architecture import Shape, is_unpadded
from nas_engine.layers import Add, AveragePool, Conv, Dense, Depthwise, GlobalAverage, Layer

SharedPart = tuple[Hashable, int]
"""Part of the packed file that layers share: its identity and its bytes."""

PLAIN_NETWORK_BYTES = 1084.0
"""Fixed part of every plain file: header, input and output, operator codes, metadata."""

PACKED_NETWORK_BYTES = 590
"""Fixed part of every packed file: header, layouts of tables, input, softmax."""

_BIAS_BYTES = 4
_SCALE_BYTES = 4
_ZERO_POINT_BYTES = 8
_LENGTH_BYTES = 4  # before each vector
_OFFSET_BYTES = 4

_PLAIN_RECORD_BYTES: Mapping[type[Layer], float] = {
    Conv: 341.5,
    Depthwise: 370.0,
    Dense: 300.0,
    AveragePool: 185.0,
    GlobalAverage: 200.0,
    Add: 178.0,
}

_QUANTISATION_BYTES = 12  # a table: where scales and zero points are
_NAME_BYTES = _OFFSET_BYTES + _LENGTH_BYTES + 4  # a tensor's number
_ACTIVATION_BYTES = 16 + _OFFSET_BYTES + _NAME_BYTES  # a tensor that is computed: shape, quantisation, type
_BUFFER_BYTES = 8 + _OFFSET_BYTES + _LENGTH_BYTES
_CONSTANT_BYTES = 20 + _OFFSET_BYTES + _NAME_BYTES + _BUFFER_BYTES
_OPERATOR_BYTES = 24 + _OFFSET_BYTES + 8  # a table and the vector with its one output
_OPERATOR_CODE_BYTES = 16 + _OFFSET_BYTES
_ONE_SCALE_BYTES = _LENGTH_BYTES + _SCALE_BYTES
_ONE_ZERO_POINT_BYTES = _LENGTH_BYTES + _ZERO_POINT_BYTES

_OPTION_FIELDS: Mapping[type[Layer], int] = {
    Conv: 2,
    Depthwise: 3,
    Dense: 0,
    AveragePool: 4,
    GlobalAverage: 0,
    Add: 0,
}


def plain_layer_bytes(layer: Layer) -> float:
    """Estimated bytes that `layer` adds to the plain file."""
    zero_points = 2 * _ZERO_POINT_BYTES * layer.output_shape[-1] if isinstance(layer, Conv | Depthwise) else 0
    return _PLAIN_RECORD_BYTES[type(layer)] + _constants_bytes(layer) + zero_points


def packed_layer_bytes(layer: Layer) -> int:
    """Estimated bytes that `layer` adds to the packed file, without its `shared_parts`."""
    return _constants_bytes(layer) + _output_bytes(layer) + _OPERATOR_BYTES + _record_bytes(layer)


def shared_parts(layer: Layer) -> frozenset[SharedPart]:
    """Parts of the packed file that `layer` refers to and other layers may refer to as well."""
    kind = type(layer)
    channels = layer.output_shape[-1]
    strides = getattr(layer, "strides", None)
    window = getattr(layer, "pool", None)
    parts: list[SharedPart] = [
        (("operator", kind), _OPERATOR_CODE_BYTES),
        (("options", kind, strides, window, _is_unpadded(layer)), 4 + 4 * (_OPTION_FIELDS[kind] + _is_unpadded(layer))),
        _shape((1, *layer.output_shape)),
    ]
    if isinstance(layer, Conv | Depthwise | Dense):
        parts += [_shape(_kernel_shape(layer)), _shape((channels,))]
    if isinstance(layer, Conv | Depthwise):
        parts.append((("zero points", channels), _LENGTH_BYTES + _ZERO_POINT_BYTES * channels))
    return frozenset(parts)


def packed_network_bytes(layers_bytes: int, shared: Iterable[frozenset[SharedPart]]) -> int:
    """Estimated bytes of a packed file: `layers_bytes` of the layers and the union of their `shared` parts."""
    return PACKED_NETWORK_BYTES + layers_bytes + sum(size for _, size in frozenset().union(*shared))


def _is_unpadded(layer: Layer) -> bool:
    """Whether the file states the padding: 'same' is the default and is left out."""
    return isinstance(layer, Conv | Depthwise) and is_unpadded(layer.input_shape, layer.kernel, layer.strides)


def _constants_bytes(layer: Layer) -> int:
    """Weights, biases, and scales by channel."""
    inputs, outputs = layer.input_shape[-1], layer.output_shape[-1]
    channel_bytes = _BIAS_BYTES + 2 * _SCALE_BYTES
    match layer:
        case Conv():
            return outputs * (prod(layer.kernel) * inputs + channel_bytes)
        case Depthwise():
            return outputs * (prod(layer.kernel) + channel_bytes)
        case Dense():
            return outputs * (inputs + _BIAS_BYTES)
        case _:
            return 0


def _output_bytes(layer: Layer) -> int:
    """The record of a layer's output. Average pooling keeps its input's quantisation; after a ReLU int8 begins at 0."""
    if isinstance(layer, AveragePool):
        return _ACTIVATION_BYTES
    begins_at_zero = getattr(layer, "activation", "relu") == "relu"
    zero_point = 0 if begins_at_zero else _ONE_ZERO_POINT_BYTES
    return _ACTIVATION_BYTES + _QUANTISATION_BYTES + _ONE_SCALE_BYTES + zero_point


def _record_bytes(layer: Layer) -> int:
    """Tensors of weights and bias, with their quantisation, and the vector of the operator's inputs."""
    match layer:
        case Conv():
            return 2 * (_CONSTANT_BYTES + _QUANTISATION_BYTES + _LENGTH_BYTES) + _LENGTH_BYTES + 3 * 4
        case Depthwise():  # the record of its weights also holds the index of the channel dimension
            return 2 * (_CONSTANT_BYTES + _QUANTISATION_BYTES + _LENGTH_BYTES) + 4 + _LENGTH_BYTES + 3 * 4
        case Dense():
            return 2 * (_CONSTANT_BYTES + _QUANTISATION_BYTES + _ONE_SCALE_BYTES) + _LENGTH_BYTES + 3 * 4
        case GlobalAverage():  # the second input holds the axes: a shape, two numbers
            return _CONSTANT_BYTES + 2 * 4 + _LENGTH_BYTES + 2 * 4
        case Add():
            return _LENGTH_BYTES + 2 * 4
        case _:
            return 0  # a single input: shares the vector of the previous layer's output


def _kernel_shape(layer: Conv | Depthwise | Dense) -> Shape:
    match layer:
        case Conv():
            return layer.filters, *layer.kernel, layer.input_shape[-1]
        case Depthwise():
            return 1, *layer.kernel, layer.output_shape[-1]
        case Dense():
            return layer.units, layer.input_shape[-1]


def _shape(shape: Shape) -> SharedPart:
    return ("shape", shape), _LENGTH_BYTES + 4 * len(shape)
