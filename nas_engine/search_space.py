"""Search spaces: the options at each position and the architectures they span (Speckhard et al., section 3).

An architecture of a space is also a tuple of indices, one a position: `encode` and `decode`. Designers think in
indices; everybody else thinks in architectures.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from nas_engine.architecture import Architecture, Block, BlockKind, Head, Stem, json_fields, json_list, json_pair

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Position:
    """One step of every network of a space: fixed strides, and the blocks one may choose from."""

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
        """The number of `block` among the options, None where it is not one of them."""
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
        """The number of architectures."""
        return math.prod(len(position.options) for position in self.positions)

    def contains(self, architecture: Architecture) -> bool:
        return self._indices(architecture) is not None

    def encode(self, architecture: Architecture) -> tuple[int, ...]:
        """The option's index at each position. Raises ValueError where the architecture is not in the space."""
        indices = self._indices(architecture)
        if indices is None:
            raise ValueError(f"architecture {architecture.hash[:12]} is not in the search space {self.name}")
        return indices

    def decode(self, indices: Sequence[int]) -> Architecture:
        """The inverse of `encode`. Raises ValueError for a wrong number of indices or one out of range."""
        if len(indices) != len(self.positions):
            raise ValueError(f"{self.name} has {len(self.positions)} positions, not {len(indices)}")
        for number, (index, position) in enumerate(zip(indices, self.positions, strict=True), start=1):
            if not 0 <= index < len(position.options):
                raise ValueError(f"position {number} of {self.name} has no option {index}")
        chosen = (position.options[index] for index, position in zip(indices, self.positions, strict=True))
        return Architecture(self.stem, tuple(chosen), self.head)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture drawn uniformly."""
        return self.decode([int(rng.integers(len(position.options))) for position in self.positions])

    def neighbours(self, architecture: Architecture) -> Iterator[Architecture]:
        """Every architecture of the space that differs in exactly one block."""
        indices = self.encode(architecture)
        for number, position in enumerate(self.positions):
            for index in range(len(position.options)):
                if index != indices[number]:
                    yield self.decode((*indices[:number], index, *indices[number + 1 :]))

    def labels(self, position: int) -> tuple[str, ...]:
        """The names of the options at `position` (counted from 0), each once: "mobilenet_v1-3-32", "identity"."""
        return tuple(block.label for block in self.positions[position].options)

    def to_json(self) -> dict[str, Any]:
        positions = [
            {"strides": list(position.strides), "options": [block.to_json() for block in position.options]}
            for position in self.positions
        ]
        return {"name": self.name, "stem": self.stem.to_json(), "positions": positions, "head": self.head.to_json()}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """The inverse of `to_json`. Raises ValueError naming the key that is missing, unknown or wrong."""
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


def position(
    kinds: Iterable[BlockKind], kernel_sizes: Sequence[int], filters: Sequence[int], strides: Pair
) -> Position:
    """Every combination of kind, kernel size and filters, in this order; "identity" counts once."""
    options: list[Block] = []
    for kind in kinds:
        if kind == "identity":
            options.append(Block("identity"))
        else:
            options.extend(Block(kind, k, f, strides) for k in kernel_sizes for f in filters)
    return Position(strides, tuple(options))


_SEPARABLE: tuple[BlockKind, ...] = ("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2")
_UNSTRIDED: tuple[BlockKind, ...] = (*_SEPARABLE, "identity")
_STRIDED: tuple[BlockKind, ...] = ("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2_avg_pool")
_LATE_STRIDED: tuple[BlockKind, ...] = (*_SEPARABLE, "mobilenet_v2_avg_pool")
_LAST: tuple[BlockKind, ...] = (*_SEPARABLE, "kx1_1xk", "identity")
_EARLY_KERNELS = (3, 4, 5)  # section 3.4: fixed at 3 once the image is 13x10
_LATE_KERNELS = (3,)


def paper_2d(classes: int = 9) -> SearchSpace:
    """The paper's space of twelve 2-D blocks; the image shrinks from 196x40 to 7x5 (section 3, strides of Table 2).

    The paper does not print its filter options; these follow its constraints: three a position, multiples of 8, nine
    to thirty options a block, about a quarter of the networks under 60 kB and 1.25 mJ, and the network of Table 2
    inside. For the same bound of thirty, plain MobileNetV2 is left out of the (2, 2) positions 3 and 5, where three
    kernel sizes would make it 36.
    """
    positions = (
        position(("kxk",), _EARLY_KERNELS, (8, 16, 24), (2, 1)),
        position(("kx1_1xk_dw",), _EARLY_KERNELS, (16, 24, 32), (2, 1)),
        position(_STRIDED, _EARLY_KERNELS, (16, 24, 32), (2, 2)),
        position(_UNSTRIDED, _EARLY_KERNELS, (16, 24, 32), (1, 1)),
        position(_STRIDED, _EARLY_KERNELS, (16, 24, 32), (2, 2)),
        position(_UNSTRIDED, _LATE_KERNELS, (16, 24, 32), (1, 1)),
        position(_UNSTRIDED, _LATE_KERNELS, (24, 32, 40), (1, 1)),
        position(_UNSTRIDED, _LATE_KERNELS, (24, 32, 40), (1, 1)),
        position(_UNSTRIDED, _LATE_KERNELS, (32, 40, 48), (1, 1)),
        position(_LATE_STRIDED, _LATE_KERNELS, (32, 40, 48), (2, 2)),
        position(_UNSTRIDED, _LATE_KERNELS, (40, 48, 56), (1, 1)),
        position(_LAST, _LATE_KERNELS, (48, 56, 64), (1, 1)),
    )
    return SearchSpace("paper_2d", Stem(layout="2d"), positions, Head(classes=classes))


def paper_1d(classes: int = 9) -> SearchSpace:
    """The same twelve positions in one dimension: frequency becomes depth, time shrinks 196-98-49-25 (section 3.6).

    The paper prints neither strides nor filters of this space. Table 2's five time strides cannot give the 6.43M FLOPs
    with 37k parameters of 1D-NAS-Bayesian; halving time at positions 3, 5 and 10 alone, with these filters, can.
    """
    early, later, halved = (32, 48, 64), (24, 40, 64), (2, 1)
    positions = (
        position(("kxk",), _EARLY_KERNELS, early, (1, 1)),
        position(("kx1_1xk_dw",), _EARLY_KERNELS, early, (1, 1)),
        position(_STRIDED, _EARLY_KERNELS, later, halved),
        position(_UNSTRIDED, _EARLY_KERNELS, later, (1, 1)),
        position(_STRIDED, _EARLY_KERNELS, later, halved),
        *(position(_UNSTRIDED, _LATE_KERNELS, later, (1, 1)) for _ in range(4)),
        position(_LATE_STRIDED, _LATE_KERNELS, later, halved),
        position(_UNSTRIDED, _LATE_KERNELS, later, (1, 1)),
        position(_LAST, _LATE_KERNELS, later, (1, 1)),
    )
    return SearchSpace("paper_1d", Stem(layout="1d"), positions, Head(classes=classes))


_SPACES: Mapping[str, Callable[[int], SearchSpace]] = {"paper_2d": paper_2d, "paper_1d": paper_1d}
NAMES: tuple[str, ...] = tuple(_SPACES)


def by_name(name: str, classes: int = 9) -> SearchSpace:
    """The space called `name` (one of `NAMES`) with `classes` outputs. Raises ValueError for an unknown name."""
    if name not in _SPACES:
        raise ValueError(f"there is no search space {name!r}; known are {', '.join(NAMES)}")
    return _SPACES[name](classes)
