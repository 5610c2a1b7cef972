"""Purpose of every byte of a .tflite file.

The file is traversed as by a reader, from the root table; a byte that is not reached is padding. Field numbers are
those of the schema (tensorflow/lite/schema/schema.fbs).
"""

import struct
from collections import Counter
from dataclasses import dataclass
from typing import Any

from nas_engine.network.keras import tflite_schema

CATEGORIES = (
    "weights", "biases", "scales", "zero points", "shapes", "names", "tensors", "buffers", "operators", "metadata",
    "header", "layouts", "padding",
)  # fmt: skip
"""layouts: vtables, the places of a table's fields. header: the root, the subgraph, the signature."""

_INT32 = tflite_schema.TensorType.INT32


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Vector of scalars (or a string) with `size` bytes per element."""

    category: str
    size: int


@dataclass(frozen=True, slots=True)
class _Tables:
    """One table of the kind, or a vector of them."""

    kind: str
    many: bool = True


_TABLES: dict[str, tuple[str, dict[int, _Numbers | _Tables]]] = {
    "model": ("header", {
        1: _Tables("operator code"), 2: _Tables("subgraph"), 3: _Numbers("metadata", 1), 4: _Tables("buffer"),
        6: _Tables("metadata"), 7: _Tables("signature"),
    }),
    "subgraph": ("header", {
        0: _Tables("tensor"), 1: _Numbers("header", 4), 2: _Numbers("header", 4), 3: _Tables("operator"),
        4: _Numbers("names", 1),
    }),
    "tensor": ("tensors", {
        0: _Numbers("shapes", 4), 3: _Numbers("names", 1), 4: _Tables("quantisation", many=False),
        7: _Numbers("shapes", 4),
    }),
    "quantisation": ("tensors", {2: _Numbers("scales", 4), 3: _Numbers("zero points", 8)}),
    "operator": ("operators", {
        1: _Numbers("operators", 4), 2: _Numbers("operators", 4), 4: _Tables("options", many=False),
    }),
    "operator code": ("operators", {}),
    "options": ("operators", {}),
    "buffer": ("buffers", {}),
    "metadata": ("metadata", {0: _Numbers("metadata", 1)}),
    "signature": ("header", {0: _Tables("tensor map"), 1: _Tables("tensor map"), 2: _Numbers("header", 1)}),
    "tensor map": ("header", {0: _Numbers("header", 1)}),
}  # fmt: skip
"""By kind of table: the category of its own bytes, and its fields that refer to others."""


def bytes_by_category(content: bytes) -> dict[str, int]:
    """Bytes of each of `CATEGORIES`, summing up to the file. Shared vectors and tables count once."""
    walk = _Walk(content)
    walk.constants()
    walk.table(walk.target(0), "model")
    walk.mark(0, 8, "header")
    counted = Counter(walk.purpose)
    return {category: counted[category] for category in CATEGORIES}


class _Walk:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.purpose = ["padding"] * len(content)

    def mark(self, start: int, size: int, category: str) -> None:
        self.purpose[start : start + size] = [category] * size

    def _number(self, kind: str, position: int) -> int:
        return int(struct.unpack_from(f"<{kind}", self._content, position)[0])

    def target(self, position: int) -> int:
        return position + self._number("I", position)

    def constants(self) -> None:
        """Data of all buffers: weights and biases by the type of the tensors that hold them, metadata otherwise."""
        model = tflite_schema.Model.GetRootAsModel(self._content, 0)
        subgraph = model.Subgraphs(0)
        tensors = (subgraph.Tensors(i) for i in range(subgraph.TensorsLength()))
        uses = {tensor.Buffer(): "biases" if tensor.Type() == _INT32 else "weights" for tensor in tensors}
        for number in range(model.BuffersLength()):
            self._data(model.Buffers(number), uses.get(number, "metadata"))

    def _data(self, buffer: Any, category: str) -> None:
        if buffer.DataLength():
            start = buffer._tab.Vector(buffer._tab.Offset(4))
            self.mark(start - 4, 4, "buffers")
            self.mark(start, buffer.DataLength(), category)

    def table(self, position: int, kind: str) -> None:
        category, fields = _TABLES[kind]
        layout = position - self._number("i", position)
        layout_bytes, table_bytes = self._number("H", layout), self._number("H", layout + 2)
        self.mark(layout, layout_bytes, "layouts")
        self.mark(position, table_bytes, category)
        for number, field in fields.items():
            entry = layout + 4 + 2 * number
            offset = self._number("H", entry) if entry < layout + layout_bytes else 0
            if offset:
                self._field(self.target(position + offset), field)

    def _field(self, start: int, field: _Numbers | _Tables) -> None:
        if isinstance(field, _Tables) and not field.many:
            self.table(start, field.kind)
            return
        count = self._number("I", start)
        if isinstance(field, _Numbers):
            self.mark(start, 4 + count * field.size, field.category)
            return
        self.mark(start, 4 + 4 * count, _TABLES[field.kind][0])
        for index in range(count):
            self.table(self.target(start + 4 + 4 * index), field.kind)
