"""Tensors of a .tflite file, read from its bytes without TensorFlow.

A .tflite file is a FlatBuffer (tensorflow/lite/schema/schema.fbs). Field numbers below are those of the schema:
Model.subgraphs = 2, .buffers = 4; SubGraph.tensors = 0, .inputs = 1, .outputs = 2; Buffer.data = 0; Tensor.shape = 0,
.type = 1, .buffer = 2, .quantization = 4; QuantizationParameters.scale = 2, .zero_point = 3.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.files.flatbuffer import FlatTable, follow

_IDENTIFIER = b"TFL3"
_INT8 = 9
_TYPES: Mapping[int, str] = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 7: "int16", _INT8: "int8"}


@dataclass(frozen=True, slots=True)
class QuantisedTensor:
    """Shape and quantisation of an int8 tensor: real value = `scale` * (int8 - `zero_point`)."""

    shape: tuple[int, ...]
    scale: float
    zero_point: int

    def to_json(self) -> dict[str, Any]:
        """Fields by name, and `dtype`."""
        return {"shape": list(self.shape), "dtype": "int8", "scale": self.scale, "zero_point": self.zero_point}


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """Tensor by its number in the file. `values` is flat and empty for one that is computed (an activation).

    `scales` and `zero_points` are those of all channels, or one for the tensor; both empty without quantisation.
    """

    number: int
    shape: tuple[int, ...]
    dtype: str
    values: NDArray[Any]
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]


def input_and_output(content: bytes) -> tuple[QuantisedTensor, QuantisedTensor]:
    """Input and output of a network with one of each. Raises ValueError if `content` is not an int8 .tflite file."""
    try:
        subgraph = subgraph_of(model_of(content), content)
        tensors = subgraph.vector(0)
        (source,), (sink,) = subgraph.integers(1), subgraph.integers(2)
        return _quantised(content, tensors[source]), _quantised(content, tensors[sink])
    except (struct.error, IndexError) as error:
        raise ValueError(f"This .tflite file is cut or damaged: {error}") from error


def stored_tensors(content: bytes) -> tuple[StoredTensor, ...]:
    """All tensors of a network of one subgraph, in their order. Raises ValueError if `content` is no .tflite file."""
    try:
        model = model_of(content)
        buffers = [FlatTable(content, position).content_of(0) for position in model.vector(4)]
        positions = subgraph_of(model, content).vector(0)
        return tuple(_stored(FlatTable(content, at), number, buffers) for number, at in enumerate(positions))
    except (struct.error, IndexError) as error:
        raise ValueError(f"This .tflite file is cut or damaged: {error}") from error


def model_of(content: bytes) -> FlatTable:
    """Root table of a .tflite file. Raises ValueError if `content` is none."""
    if content[4:8] != _IDENTIFIER:
        raise ValueError("These bytes are not a .tflite file.")
    return FlatTable(content, follow(content, 0))


def subgraph_of(model: FlatTable, content: bytes) -> FlatTable:
    """First subgraph, the only one of our networks."""
    return FlatTable(content, model.vector(2)[0])


def _quantised(content: bytes, position: int) -> QuantisedTensor:
    table = FlatTable(content, position)
    if content[table.field(1)] != _INT8:
        raise ValueError("The network's input or output is not int8.")
    quantisation = table.table(4)
    (scale,) = quantisation.numbers(2, "f")
    (zero_point,) = quantisation.numbers(3, "q")
    return QuantisedTensor(tuple(table.integers(0)), scale, int(zero_point))


def _stored(table: FlatTable, number: int, buffers: list[bytes]) -> StoredTensor:
    dtype = _TYPES.get(table.scalar(1, "b"), "uint8")
    quantisation = table.table(4) if table.has(4) else None
    is_quantised = quantisation is not None and quantisation.has(2) and quantisation.has(3)
    return StoredTensor(
        number=number,
        shape=table.integers(0) if table.has(0) else (),
        dtype=dtype,
        values=np.frombuffer(buffers[table.scalar(2, "I")], np.dtype(dtype).newbyteorder("<")),
        scales=quantisation.numbers(2, "f") if quantisation is not None and is_quantised else (),
        zero_points=quantisation.numbers(3, "q") if quantisation is not None and is_quantised else (),
    )
