"""The size of a network's .tflite file, estimated before anything is trained.

A .tflite file is a FlatBuffer. Two parts of it follow from the format: one byte a weight, and for each output channel
28 bytes, namely an int32 bias and a float32 scale and an int64 zero point of both weights and bias. The rest, records
of operators, tensors, buffers and their names, depends on the converter and on how long names are: those constants
are least-squares fits to files of untrained networks drawn from paper_2d. They live here and nowhere else.
"""

from collections.abc import Mapping
from math import prod

from nas_engine.layers import Add, AveragePool, Conv, Dense, Depthwise, GlobalAverage, Layer

NETWORK_BYTES = 868.0
"""What every file holds: header, signature, input and output, operator codes, metadata."""

_RECORD_BYTES: Mapping[type[Layer], float] = {
    Conv: 361.0,
    Depthwise: 343.0,
    Dense: 350.0,
    AveragePool: 232.0,
    GlobalAverage: 230.0,
    Add: 147.0,
}
_CHANNEL_BYTES = 4 + 2 * (4 + 8)


def layer_flash_bytes(layer: Layer) -> float:
    """Bytes that `layer` adds to the file."""
    return _RECORD_BYTES[type(layer)] + _weight_bytes(layer)


def _weight_bytes(layer: Layer) -> int:
    inputs, outputs = layer.input_shape[-1], layer.output_shape[-1]
    match layer:
        case Conv():
            return outputs * (prod(layer.kernel) * inputs + _CHANNEL_BYTES)
        case Depthwise():
            return outputs * (prod(layer.kernel) + _CHANNEL_BYTES)
        case Dense():
            return outputs * (inputs + _CHANNEL_BYTES)
        case _:
            return 0
