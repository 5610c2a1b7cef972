"""Reading of FlatBuffers, tables that point at tables and vectors, without a generated schema."""

import struct
from typing import Any


def follow(content: bytes, position: int) -> int:
    """Target of the relative 32-bit offset at `position`."""
    return position + int(struct.unpack_from("<I", content, position)[0])


class FlatTable:
    """Table of a FlatBuffer: its first word is the offset of a vtable with the place of each field.

    Fields are named by their numbers in the schema. Methods that need a field raise ValueError if it is absent.
    """

    def __init__(self, content: bytes, position: int) -> None:
        self._content = content
        self._position = position
        self._vtable = position - struct.unpack_from("<i", content, position)[0]
        self._vtable_bytes = struct.unpack_from("<H", content, self._vtable)[0]

    def has(self, number: int) -> bool:
        """Whether the field is present; an absent one has its default."""
        return bool(self._offset(number))

    def field(self, number: int) -> int:
        """Position of a field's value."""
        offset = self._offset(number)
        if not offset:
            raise ValueError(f"The .tflite file lacks field {number} of a table that needs it.")
        return int(self._position + offset)

    def numbers(self, number: int, kind: str) -> tuple[Any, ...]:
        """Vector of scalars of the `struct` kind."""
        start = follow(self._content, self.field(number))
        count = struct.unpack_from("<I", self._content, start)[0]
        return struct.unpack_from(f"<{count}{kind}", self._content, start + 4)

    def integers(self, number: int) -> tuple[int, ...]:
        """Vector of 32-bit integers."""
        return self.numbers(number, "i")

    def scalar(self, number: int, kind: str) -> int:
        """Scalar of the `struct` kind; 0, the default of all that are read here, if it is absent."""
        return int(struct.unpack_from(f"<{kind}", self._content, self.field(number))[0]) if self.has(number) else 0

    def content_of(self, number: int) -> bytes:
        """Vector of bytes; empty if it is absent."""
        if not self.has(number):
            return b""
        start = follow(self._content, self.field(number))
        count = struct.unpack_from("<I", self._content, start)[0]
        return self._content[start + 4 : start + 4 + count]

    def vector(self, number: int) -> list[int]:
        """Positions of a vector of tables."""
        start = follow(self._content, self.field(number))
        count = struct.unpack_from("<I", self._content, start)[0]
        return [follow(self._content, start + 4 + 4 * index) for index in range(count)]

    def table(self, number: int) -> "FlatTable":
        """Table that a field points at."""
        return FlatTable(self._content, follow(self._content, self.field(number)))

    def _offset(self, number: int) -> int:
        entry = 4 + 2 * number
        if entry >= self._vtable_bytes:
            return 0
        return int(struct.unpack_from("<H", self._content, self._vtable + entry)[0])
