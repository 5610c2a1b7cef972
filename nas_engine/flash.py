"""The size of a network's .tflite file, estimated before anything is trained.

A .tflite file is a FlatBuffer. Two parts of it follow from the format: one byte a weight, and for each output channel
of a convolution 28 bytes, namely an int32 bias and a float32 scale and an int64 zero point of both weights and bias;
a dense layer is quantised as a whole and has the bias alone. The rest, records of operators, tensors and buffers,
depends on the converter and was fitted by least squares to files of TensorFlow 2.21 whose tensors carry numbers for
names (with the converter's own long names a convolution takes 180 bytes more). It meets files of sixteen networks of
paper_2d and paper_1d within 0.1 %, and those of the four baselines within 0.3 %. The fitted constants live here and
nowhere else.
"""

from collections.abc import Mapping
from math import prod

from nas_engine.layers import Add, AveragePool, Conv, Dense, Depthwise, GlobalAverage, Layer

NETWORK_BYTES = 1176.0
"""What every file holds: header, signature, input and output, operator codes, metadata."""

_RECORD_BYTES: Mapping[type[Layer], float] = {
    Conv: 347.0,
    Depthwise: 359.0,
    Dense: 300.0,
    AveragePool: 169.0,
    GlobalAverage: 200.0,
    Add: 167.0,
}
_BIAS_BYTES = 4
_CHANNEL_BYTES = _BIAS_BYTES + 2 * (4 + 8)


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
            return outputs * (inputs + _BIAS_BYTES)
        case _:
            return 0
