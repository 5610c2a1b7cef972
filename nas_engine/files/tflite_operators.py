"""Operators of a .tflite file, read from its bytes without TensorFlow.

Field numbers are those of tensorflow/lite/schema/schema.fbs: Model.operator_codes = 1; SubGraph.operators = 3;
OperatorCode.deprecated_builtin_code = 0 (a byte), .custom_code = 1, .builtin_code = 3; Operator.opcode_index = 0,
.outputs = 2; Tensor.name = 3.
"""

import struct

from nas_engine.files.flatbuffer import FlatTable
from nas_engine.files.tflite_tensors import model_of, subgraph_of

_CUSTOM = 32


def operator_codes(content: bytes) -> tuple[int, ...]:
    """Code (BuiltinOperator of the schema) of each operator, in the order of execution.

    Raises ValueError if `content` is no .tflite file, or has an operator of somebody's own.
    """
    try:
        model = model_of(content)
        codes = [_code(FlatTable(content, position)) for position in model.vector(1)]
        operators = subgraph_of(model, content).vector(3)
        return tuple(codes[FlatTable(content, position).scalar(0, "I")] for position in operators)
    except (struct.error, IndexError) as error:
        raise ValueError(f"This .tflite file is cut or damaged: {error}") from error


def output_names(content: bytes) -> tuple[str, ...]:
    """Name of the first output of each operator, in the order of execution; "" for a tensor without a name.

    Raises ValueError if `content` is no .tflite file.
    """
    try:
        subgraph = subgraph_of(model_of(content), content)
        tensors = subgraph.vector(0)
        outputs = [FlatTable(content, position).integers(2)[0] for position in subgraph.vector(3)]
        named = [FlatTable(content, tensors[number]) for number in outputs]
        return tuple(table.content_of(3).decode("utf-8", "replace") if table.has(3) else "" for table in named)
    except (struct.error, IndexError) as error:
        raise ValueError(f"This .tflite file is cut or damaged: {error}") from error


def _code(table: FlatTable) -> int:
    """The larger of both fields: codes up to 127 are in the first, for readers from before the second."""
    code = max(table.scalar(0, "b"), table.scalar(3, "i"))
    if code == _CUSTOM:
        raise ValueError(f"This .tflite file has the custom operator {table.content_of(1).decode('utf-8', 'replace')}.")
    return code
