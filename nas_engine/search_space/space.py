"""A search space as a value: the options at each position and the architectures they span.

An architecture of a space is also a tuple of option indices, one per position: `encode` and `decode`. Designers work
on indices, all other code on architectures.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from nas_engine.architecture import Architecture, Block, Head, Stem, json_fields, json_list, json_pair

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Position:
    """One position of a search space: fixed strides (time, frequency) and the blocks to choose from.

    Raises ValueError without options, for repeated ones and for one with other strides.
    """

    strides: Pair
    options: tuple[Block, ...]
    _index: Mapping[Block, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.options:
            raise ValueError("a position needs at least one option")
        for block in self.options:
            if block.strides != self.strides:
                raise ValueError(f"option {block.label} has strides {block.strides}; its position has {self.strides}")
        index = {block: i for i, block in enumerate(self.options)}
        if len(index) < len(self.options):
            raise ValueError("a position's options must differ from each other")
        object.__setattr__(self, "_index", index)

    def index(self, block: Block) -> int | None:
        """Index of `block` among the options, None where it is not one of them."""
        return self._index.get(block)


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """Every network with this stem and head and, at each position, one of the position's options."""

    name: str
    stem: Stem
    positions: tuple[Position, ...]
    head: Head

    def __post_init__(self) -> None:
        if not self.positions:
            raise ValueError("a search space needs at least one position")

    @property
    def cardinality(self) -> int:
        """Number of architectures: the product of the numbers of options."""
        return math.prod(len(position.options) for position in self.positions)

    def contains(self, architecture: Architecture) -> bool:
        """Whether stem, head and every block belong to the space."""
        return self._indices(architecture) is not None

    def encode(self, architecture: Architecture) -> tuple[int, ...]:
        """Index of the option at each position. Raises ValueError where the architecture is not in the space."""
        indices = self._indices(architecture)
        if indices is None:
            raise ValueError(f"architecture {architecture.hash[:12]} is not in the search space {self.name}")
        return indices

    def decode(self, indices: Sequence[int]) -> Architecture:
        """Inverse of `encode`. Raises ValueError for a wrong number of indices or one out of range."""
        if len(indices) != len(self.positions):
            raise ValueError(f"{self.name} has {len(self.positions)} positions, not {len(indices)}")
        for number, (index, position) in enumerate(zip(indices, self.positions, strict=True), start=1):
            if not 0 <= index < len(position.options):
                raise ValueError(f"position {number} of {self.name} has no option {index}")
        chosen = (position.options[index] for index, position in zip(indices, self.positions, strict=True))
        return Architecture(self.stem, tuple(chosen), self.head)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Architecture drawn uniformly: each position independently."""
        return self.decode([int(rng.integers(len(position.options))) for position in self.positions])

    def neighbours(self, architecture: Architecture) -> Iterator[Architecture]:
        """Every architecture of the space that differs in exactly one block, in a fixed order."""
        indices = self.encode(architecture)
        for number, position in enumerate(self.positions):
            for index in range(len(position.options)):
                if index != indices[number]:
                    yield self.decode((*indices[:number], index, *indices[number + 1 :]))

    def labels(self, position: int) -> tuple[str, ...]:
        """Labels of the options at `position` (counted from 0): "mobilenet_v1-3-32", "identity"."""
        return tuple(block.label for block in self.positions[position].options)

    def to_json(self) -> dict[str, Any]:
        """Name, stem, head and, for each position, its strides and every option as JSON-able values."""
        positions = [
            {"strides": list(position.strides), "options": [block.to_json() for block in position.options]}
            for position in self.positions
        ]
        return {"name": self.name, "stem": self.stem.to_json(), "positions": positions, "head": self.head.to_json()}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Inverse of `to_json`. Raises ValueError naming the key that is missing, unknown or wrong."""
        fields = json_fields(data, "search space", ("name", "stem", "positions", "head"))
        positions = enumerate(json_list(fields["positions"], "positions"))
        return cls(
            name=str(fields["name"]),
            stem=Stem.from_json(fields["stem"]),
            positions=tuple(_position_from_json(position, f"positions[{i}]") for i, position in positions),
            head=Head.from_json(fields["head"]),
        )

    def _indices(self, architecture: Architecture) -> tuple[int, ...] | None:
        if (architecture.stem, architecture.head) != (self.stem, self.head):
            return None
        if len(architecture.blocks) != len(self.positions):
            return None
        found = [position.index(block) for position, block in zip(self.positions, architecture.blocks, strict=True)]
        indices = tuple(index for index in found if index is not None)
        return indices if len(indices) == len(found) else None


def _position_from_json(data: object, where: str) -> Position:
    fields = json_fields(data, where, ("strides", "options"))
    options = enumerate(json_list(fields["options"], f"{where}.options"))
    return Position(
        strides=json_pair(fields["strides"], f"{where}.strides"),
        options=tuple(Block.from_json(option, f"{where}.options[{i}]") for i, option in options),
    )
