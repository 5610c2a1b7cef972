"""The time axis of a 1-D network's .tflite file: along the height, as the converter writes it, or along the width.

Every tensor of a 1-D network has a width of 1, so that height and width change places without moving a value: shapes
[n, height, 1, channels] become [n, 1, height, channels], and kernels, strides and pooling windows follow. Weights,
input and output keep their bytes, and the file its size; whatever fills the input fills it as before. Arm's Ethos-U
computes several positions of a row at a time, and so is faster with time along the width.

Field numbers are those of tensorflow/lite/schema/schema.fbs: SubGraph.tensors = 0, .operators = 3; Tensor.shape = 0;
Operator.opcode_index = 0, .builtin_options = 4; Conv2DOptions.stride_w = 1, .stride_h = 2, .dilation_w_factor = 4,
.dilation_h_factor = 5; DepthwiseConv2DOptions.dilation_w_factor = 5, .dilation_h_factor = 6; Pool2DOptions.filter_width
= 3, .filter_height = 4.
"""

import struct
from collections.abc import Iterator, Mapping

from nas_engine.files.flatbuffer import FlatTable, follow
from nas_engine.files.tflite_operators import operator_codes
from nas_engine.files.tflite_tensors import model_of, subgraph_of

_ADD, _AVERAGE_POOL, _CONV, _DEPTHWISE, _FULLY_CONNECTED, _SOFTMAX, _MEAN = 0, 1, 3, 4, 9, 25, 40
_PAIRS: Mapping[int, tuple[tuple[int, int], ...]] = {
    _CONV: ((1, 2), (4, 5)),
    _DEPTHWISE: ((1, 2), (5, 6)),
    _AVERAGE_POOL: ((1, 2), (3, 4)),
}
"""Fields of an operator's options, by its code, that hold a value for the width and one for the height."""
_WITHOUT_AXES = (_ADD, _FULLY_CONNECTED, _SOFTMAX, _MEAN)
"""Operators whose options name no axis; a mean is taken over both."""
_RANK, _HEIGHT, _WIDTH = 4, 1, 2


def time_along_width(content: bytes) -> bytes:
    """A 1-D network, plain or packed, with time along the width; any other file as it is.

    Outputs of the network are the same and the length of the file is, too.
    """
    if not has_time_along_height(content):
        return content
    turned = bytearray(content)
    for position in set(_shapes(content)):
        _swap(turned, position + 4 * _HEIGHT, position + 4 * _WIDTH)
    for width, height in set(_option_pairs(content)):
        _swap(turned, width, height)
    return bytes(turned)


def has_time_along_height(content: bytes) -> bool:
    """Whether `content` is a 1-D network with time along the height.

    False for what is no .tflite file, and for a network with an operator that Earshot's own have not.
    """
    try:
        codes, shapes = operator_codes(content), list(_shapes(content))
    except (ValueError, struct.error, IndexError):
        return False
    is_known = all(code in _PAIRS or code in _WITHOUT_AXES for code in codes)
    sizes = [struct.unpack_from("<4i", content, position) for position in shapes]
    return is_known and all(size[_WIDTH] == 1 for size in sizes) and any(size[_HEIGHT] > 1 for size in sizes)


def _shapes(content: bytes) -> Iterator[int]:
    """Position of the first number of each shape of four; tensors of one shape may share it."""
    for position in subgraph_of(model_of(content), content).vector(0):
        tensor = FlatTable(content, position)
        if tensor.has(0) and len(tensor.integers(0)) == _RANK:
            yield follow(content, tensor.field(0)) + 4


def _option_pairs(content: bytes) -> Iterator[tuple[int, int]]:
    """Positions of two values that change places; operators of equal options may share them.

    A field that is absent has its default, which is the same for the other one: then both are absent.
    """
    operators = subgraph_of(model_of(content), content).vector(3)
    for code, position in zip(operator_codes(content), operators, strict=True):
        for width, height in _PAIRS.get(code, ()):
            options = FlatTable(content, position).table(4)
            if options.has(width) or options.has(height):
                yield options.field(width), options.field(height)


def _swap(content: bytearray, first: int, second: int) -> None:
    """Two 32-bit numbers change places."""
    one, other = content[first : first + 4], content[second : second + 4]
    content[first : first + 4], content[second : second + 4] = other, one
