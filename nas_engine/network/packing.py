"""Packing of .tflite files into the fewest bytes that TensorFlow Lite and TensorFlow Lite Micro can run.

A .tflite file is a FlatBuffer: tables that point at tables and vectors. The converter writes each of them where it is
needed; here equal ones are written once, fields that no runtime reads are left out, and the order minimises padding.
Tensors are named by their numbers: runtimes ignore the names, but converters to other formats take two tensors of one
name for the same.
Weights, biases, scales, zero points, operators and their order are kept, so that a runtime computes the same results
(docs/flash.md lists the parts left out, and how that is checked).
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from nas_engine.network.keras import tflite_schema as schema

_FILE_IDENTIFIER = b"TFL3"
_LENGTH_BYTES = 4  # before each vector

WEIGHT_ALIGNMENT = 16
"""Alignment of constant tensors in bytes from the file's beginning: the schema's `force_align`, read in place."""

_TENSOR_FIELDS_LOST = ("isVariable", "sparsity", "shapeSignature", "variantTensors", "externalBuffer")
_OPERATOR_FIELDS_LOST = ("customOptions", "mutatingVariableInputs", "intermediates", "builtinOptions2")

Vector = NDArray[Any]
_Adder = Callable[[Any, Any], Any]


def pack(content: bytes) -> bytes:
    """Packed form of the .tflite file `content`, which has one subgraph.

    Keeps the signature and the indices of tensors and operators, and names tensors by their indices; drops the
    description, metadata, and empty buffers. Raises ValueError for networks with fields that would be lost, e.g.
    variables or custom operators.
    """
    model = _unpack(content)
    (subgraph,) = model.subgraphs
    _reject_losses(subgraph.tensors, _TENSOR_FIELDS_LOST)
    _reject_losses(subgraph.operators, _OPERATOR_FIELDS_LOST)
    writer = _Writer(len(content))
    writer.write_vectors(_vectors(model, subgraph))
    writer.finish(_pack_model(writer, model, subgraph))
    return writer.content()


def with_short_names(content: bytes) -> bytes:
    """The .tflite file `content` with tensors named by their indices."""
    model = _unpack(content)
    for subgraph in model.subgraphs:
        for number, tensor in enumerate(subgraph.tensors):
            tensor.name = _name(number)
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _name(number: int) -> bytes:
    """Name of tensor `number`: unique, and four bytes with its end for all networks of less than a thousand tensors."""
    return str(number).encode()


def _unpack(content: bytes) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))


def _reject_losses(records: Iterable[Any], fields: Iterable[str]) -> None:
    for number, record in enumerate(records):
        for field in fields:
            if np.any(getattr(record, field)):
                raise ValueError(f"{type(record).__name__[:-1].lower()} {number} has {field}, which packing would lose")


class _Writer:
    """Writer of a FlatBuffer in which equal vectors and equal tables are shared.

    FlatBuffers are written from their end, children before parents. Readers follow offsets, so sharing is part of the
    format.
    """

    def __init__(self, size: int) -> None:
        self._builder = flatbuffers.Builder(size)
        self._known: dict[Hashable, int] = {}

    def write_vectors(self, vectors: Iterable[tuple[Vector, int]]) -> None:
        """Write vectors, each with its alignment in bytes, in a greedy order of least padding.

        The next vector is the one with the least padding; of equals, the one with the strictest alignment; of those,
        the one that ends closest to a boundary for weights. Short vectors thus fill the gaps between weights.
        """
        waiting = {_vector_key(values): (values, alignment) for values, alignment in vectors}
        while waiting:
            key = min(waiting, key=lambda key: self._cost(*waiting[key]))
            self._known[key] = self._write(*waiting.pop(key))

    def _cost(self, values: Vector, alignment: int) -> tuple[int, int, int]:
        after_padding = self._builder.Offset() + values.nbytes
        to_next_boundary = -(after_padding + _LENGTH_BYTES) % WEIGHT_ALIGNMENT
        return -after_padding % alignment, -alignment, to_next_boundary

    def _write(self, values: Vector, alignment: int) -> int:
        builder = self._builder
        builder.StartVector(values.itemsize, values.size, alignment)
        builder.head -= values.nbytes
        builder.Bytes[builder.head : builder.head + values.nbytes] = values.tobytes()
        return int(builder.EndVector())

    def vector(self, values: Vector | None) -> int | None:
        """Offset of a vector written by `write_vectors`, None for None."""
        return None if values is None else self._known[_vector_key(values)]

    def offsets(self, offsets: Sequence[int]) -> int:
        """Offset of a new vector of tables."""
        builder = self._builder
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())

    def string(self, text: bytes) -> int:
        return int(self._builder.CreateSharedString(text))

    def table(self, start: Callable[[Any], Any], *fields: tuple[_Adder, int | None]) -> int:
        """Offset of a table, by the schema's `Start` function and `Add` functions with values, wide fields first.

        Fields that are None, 0 or False are left out, as these are the defaults of all tables written here.
        """
        return self.once((start, *fields), lambda: self._write_table(start, fields))

    def _write_table(self, start: Callable[[Any], Any], fields: Iterable[tuple[_Adder, int | None]]) -> int:
        start(self._builder)
        for add, value in fields:
            if value:
                add(self._builder, value)
        return int(self._builder.EndObject())

    def scalars(self, table: Any) -> int:
        """Offset of a table of the schema's object API with scalars only, such as operators' options."""
        key = (type(table), *sorted(vars(table).items()))
        return self.once(key, lambda: int(table.Pack(self._builder)))

    def once(self, key: Hashable, write: Callable[[], int]) -> int:
        if key not in self._known:
            self._known[key] = write()
        return self._known[key]

    def finish(self, root: int) -> None:
        self._builder.Finish(root, _FILE_IDENTIFIER)

    def content(self) -> bytes:
        return bytes(self._builder.Output())


def _vector_key(values: Vector) -> Hashable:
    return values.dtype.str, values.tobytes()


def _vectors(model: Any, subgraph: Any) -> list[tuple[Vector, int]]:
    """Every vector of numbers in the network, with its alignment in bytes."""
    constants = _constants(model, subgraph).values()
    short = [subgraph.inputs, subgraph.outputs]
    for tensor in subgraph.tensors:
        short += [tensor.shape, *(_quantization_vectors(tensor.quantization))]
    for operator in subgraph.operators:
        short += [operator.inputs, operator.outputs]
    return [(values, WEIGHT_ALIGNMENT) for values in constants] + [
        (values, max(4, values.itemsize)) for values in short if values is not None
    ]


def _constants(model: Any, subgraph: Any) -> dict[int, Vector]:
    """Constant tensors' data by index of buffer."""
    numbers = (tensor.buffer for tensor in subgraph.tensors)
    return {number: model.buffers[number].data for number in numbers if model.buffers[number].data is not None}


def _quantization_vectors(quantization: Any) -> tuple[Vector | None, Vector | None]:
    """Scales and zero points; both or neither."""
    if quantization is None or quantization.scale is None:
        return None, None
    return quantization.scale, quantization.zeroPoint


def _pack_model(writer: _Writer, model: Any, subgraph: Any) -> int:
    numbers, buffers = _pack_buffers(writer, _constants(model, subgraph))
    tensors = [
        _pack_tensor(writer, _name(number), tensor, numbers.get(tensor.buffer))
        for number, tensor in enumerate(subgraph.tensors)
    ]
    codes = [code for code, _ in Counter(operator.opcodeIndex for operator in subgraph.operators).most_common()]
    operators = [_pack_operator(writer, operator, codes.index(operator.opcodeIndex)) for operator in subgraph.operators]
    packed_subgraph = writer.table(
        schema.SubGraphStart,
        (schema.SubGraphAddTensors, writer.offsets(tensors)),
        (schema.SubGraphAddInputs, writer.vector(subgraph.inputs)),
        (schema.SubGraphAddOutputs, writer.vector(subgraph.outputs)),
        (schema.SubGraphAddOperators, writer.offsets(operators)),
    )
    operator_codes = [_pack_operator_code(writer, model.operatorCodes[code]) for code in codes]
    signatures = [_pack_signature(writer, signature) for signature in model.signatureDefs or ()]
    return writer.table(
        schema.ModelStart,
        (schema.ModelAddVersion, model.version),
        (schema.ModelAddOperatorCodes, writer.offsets(operator_codes)),
        (schema.ModelAddSubgraphs, writer.offsets([packed_subgraph])),
        (schema.ModelAddBuffers, writer.offsets(buffers)),
        (schema.ModelAddSignatureDefs, writer.offsets(signatures) if signatures else None),
    )


def _pack_buffers(writer: _Writer, constants: Mapping[int, Vector]) -> tuple[dict[int, int], list[int]]:
    """New index of each non-empty buffer, and the tables of all; index 0 is empty, as the schema demands."""
    tables = [writer.table(schema.BufferStart)]
    numbers = {}
    for number, values in constants.items():
        table = writer.table(schema.BufferStart, (schema.BufferAddData, writer.vector(values)))
        if table not in tables:
            tables.append(table)
        numbers[number] = tables.index(table)
    return numbers, tables


def _pack_tensor(writer: _Writer, name: bytes, tensor: Any, buffer: int | None) -> int:
    scale, zero_point = _quantization_vectors(tensor.quantization)
    quantization = scale is not None and writer.table(
        schema.QuantizationParametersStart,
        (schema.QuantizationParametersAddScale, writer.vector(scale)),
        (schema.QuantizationParametersAddZeroPoint, writer.vector(zero_point)),
        (schema.QuantizationParametersAddQuantizedDimension, tensor.quantization.quantizedDimension),
    )
    return writer.table(
        schema.TensorStart,
        (schema.TensorAddShape, writer.vector(tensor.shape)),
        (schema.TensorAddBuffer, buffer),
        (schema.TensorAddName, writer.string(name)),
        (schema.TensorAddQuantization, quantization),
        (schema.TensorAddType, tensor.type),
        (schema.TensorAddHasRank, tensor.hasRank),
    )


def _pack_operator(writer: _Writer, operator: Any, code: int) -> int:
    options = operator.builtinOptions
    return writer.table(
        schema.OperatorStart,
        (schema.OperatorAddOpcodeIndex, code),
        (schema.OperatorAddInputs, writer.vector(operator.inputs)),
        (schema.OperatorAddOutputs, writer.vector(operator.outputs)),
        (schema.OperatorAddBuiltinOptions, None if options is None else writer.scalars(options)),
        (schema.OperatorAddBuiltinOptionsType, operator.builtinOptionsType),
    )


def _pack_operator_code(writer: _Writer, code: Any) -> int:
    return writer.table(
        schema.OperatorCodeStart,
        (schema.OperatorCodeAddVersion, code.version),
        (schema.OperatorCodeAddBuiltinCode, code.builtinCode),
        (schema.OperatorCodeAddDeprecatedBuiltinCode, code.deprecatedBuiltinCode),
    )


def _pack_signature(writer: _Writer, signature: Any) -> int:
    def tensor_map(entry: Any) -> int:
        return writer.table(
            schema.TensorMapStart,
            (schema.TensorMapAddName, writer.string(entry.name)),
            (schema.TensorMapAddTensorIndex, entry.tensorIndex),
        )

    return writer.table(
        schema.SignatureDefStart,
        (schema.SignatureDefAddInputs, writer.offsets([tensor_map(entry) for entry in signature.inputs])),
        (schema.SignatureDefAddOutputs, writer.offsets([tensor_map(entry) for entry in signature.outputs])),
        (schema.SignatureDefAddSignatureKey, writer.string(signature.signatureKey)),
    )
