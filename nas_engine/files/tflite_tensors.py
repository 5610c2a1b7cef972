"""Scale and zero point of a .tflite file's input and output, read from its bytes without TensorFlow.

A .tflite file is a FlatBuffer (tensorflow/lite/schema/schema.fbs). Field numbers below are those of the schema:
Model.subgraphs = 2; SubGraph.tensors = 0, .inputs = 1, .outputs = 2; Tensor.shape = 0, .type = 1, .quantization = 4;
QuantizationParameters.scale = 2, .zero_point = 3.
"""

import struct
from dataclasses import dataclass
from typing import Any

_IDENTIFIER = b"TFL3"
_INT8 = 9


@dataclass(frozen=True, slots=True)
class QuantisedTensor:
    """Shape and quantisation of an int8 tensor: real value = `scale` * (int8 - `zero_point`)."""

    shape: tuple[int, ...]
    scale: float
    zero_point: int

    def to_json(self) -> dict[str, Any]:
        """Fields by name, and `dtype`."""
        return {"shape": list(self.shape), "dtype": "int8", "scale": self.scale, "zero_point": self.zero_point}


def input_and_output(content: bytes) -> tuple[QuantisedTensor, QuantisedTensor]:
    """Input and output of a network with one of each. Raises ValueError if `content` is not an int8 .tflite file."""
    if content[4:8] != _IDENTIFIER:
        raise ValueError("These bytes are not a .tflite file.")
    model = _Table(content, _follow(content, 0))
    subgraph = _Table(content, model.vector(2)[0])
    tensors = subgraph.vector(0)
    (source,), (sink,) = subgraph.integers(1), subgraph.integers(2)
    return _tensor(content, tensors[source]), _tensor(content, tensors[sink])


def _tensor(content: bytes, position: int) -> QuantisedTensor:
    table = _Table(content, position)
    if content[table.field(1)] != _INT8:
        raise ValueError("The network's input or output is not int8.")
    quantisation = _Table(content, _follow(content, table.field(4)))
    (scale,) = quantisation.numbers(2, "f")
    (zero_point,) = quantisation.numbers(3, "q")
    return QuantisedTensor(tuple(table.integers(0)), scale, int(zero_point))


def _follow(content: bytes, position: int) -> int:
    """The target of the relative 32-bit offset at `position`."""
    return position + int(struct.unpack_from("<I", content, position)[0])


class _Table:
    """FlatBuffer table: its first word is the offset of a vtable with the place of each field."""

    def __init__(self, content: bytes, position: int) -> None:
        self._content = content
        self._position = position
        self._vtable = position - struct.unpack_from("<i", content, position)[0]
        self._vtable_bytes = struct.unpack_from("<H", content, self._vtable)[0]

    def field(self, number: int) -> int:
        """The position of a field's value. Raises ValueError if it is absent."""
        entry = 4 + 2 * number
        offset = struct.unpack_from("<H", self._content, self._vtable + entry)[0] if entry < self._vtable_bytes else 0
        if not offset:
            raise ValueError(f"The .tflite file lacks field {number} of a table that needs it.")
        return int(self._position + offset)

    def numbers(self, number: int, kind: str) -> tuple[Any, ...]:
        """A vector of scalars of the `struct` kind."""
        start = _follow(self._content, self.field(number))
        count = struct.unpack_from("<I", self._content, start)[0]
        return struct.unpack_from(f"<{count}{kind}", self._content, start + 4)

    def integers(self, number: int) -> tuple[int, ...]:
        return self.numbers(number, "i")

    def vector(self, number: int) -> list[int]:
        """The positions of a vector of tables."""
        start = _follow(self._content, self.field(number))
        count = struct.unpack_from("<I", self._content, start)[0]
        return [_follow(self._content, start + 4 + 4 * index) for index in range(count)]
