"""Editable form of one position of a search space: lists of kinds, kernel sizes and filters."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Self

from nas_engine.architecture import (
    BLOCK_KINDS,
    EXPANDING_KINDS,
    Block,
    BlockKind,
    json_fields,
    json_list,
    json_pair,
    require_choice,
    require_int,
)
from nas_engine.search_space.space import Pair, Position

MOST_COMBINATIONS = 2_000
"""Upper limit for the combinations of one position, excluded ones included: more are slow to list."""

_REQUIRED = ("kinds", "kernel_sizes", "filters", "strides")
_OPTIONAL = ("expansions", "excluded")


@dataclass(frozen=True, slots=True)
class PositionSpec:
    """The options are every combination of kind, kernel size, filters and, for `EXPANDING_KINDS`, expansion.

    An identity has none of these and counts once. `excluded` names combinations that are left out by their
    `Block.label`, so every set of options can be written. Lists are kept sorted (kinds in the order of `BLOCK_KINDS`)
    and without repetitions, so equal positions are equal values; that is also the order of the options.
    """

    kinds: tuple[BlockKind, ...]
    kernel_sizes: tuple[int, ...]
    filters: tuple[int, ...]
    strides: Pair
    expansions: tuple[int, ...] = (1,)
    excluded: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for kind in self.kinds:
            require_choice(kind, "kinds", BLOCK_KINDS)
        object.__setattr__(self, "kinds", tuple(kind for kind in BLOCK_KINDS if kind in self.kinds))
        for name in ("kernel_sizes", "filters", "expansions"):
            values = getattr(self, name)
            for value in values:
                require_int(value, name, 1)
            object.__setattr__(self, name, tuple(sorted(set(values))))
        if not (isinstance(self.strides, tuple) and len(self.strides) == 2):
            raise ValueError(f"strides must be a pair (time, frequency), not {self.strides!r}")
        for stride in self.strides:
            require_int(stride, "strides", 1)
        for label in self.excluded:
            if not isinstance(label, str):
                raise ValueError(f'excluded must hold names of options such as "mobilenet_v1-3-32", not {label!r}')
        object.__setattr__(self, "excluded", tuple(sorted(set(self.excluded))))

    @property
    def combination_count(self) -> int:
        """Number of combinations, excluded ones included."""
        plain = len(self.kernel_sizes) * len(self.filters)
        return sum(
            1 if kind == "identity" else plain * (len(self.expansions) if kind in EXPANDING_KINDS else 1)
            for kind in self.kinds
        )

    def combinations(self) -> tuple[Block, ...]:
        """Every combination, excluded ones included.

        Raises ValueError where a kind cannot have the position's strides or there are more than `MOST_COMBINATIONS`.
        """
        if self.combination_count > MOST_COMBINATIONS:
            raise ValueError(
                f"{self.combination_count:,} combinations of kinds, kernel sizes and filters; at most "
                f"{MOST_COMBINATIONS:,} can be handled: shorten the lists"
            )
        return tuple(block for kind in self.kinds for block in self._blocks(kind))

    def options(self) -> tuple[Block, ...]:
        """Blocks to choose from: combinations without the excluded. Raises ValueError as `combinations` does."""
        return tuple(block for block in self.combinations() if block.label not in self.excluded)

    def position(self) -> Position:
        """Position with these options. Raises ValueError if none is left or a kind cannot have these strides."""
        return Position(self.strides, self.options())

    @classmethod
    def from_position(cls, position: Position) -> Self:
        """Shortest lists with these options: `from_position(p).position()` equals `p` up to the order of options.

        Raises ValueError where the lists would combine to more than `MOST_COMBINATIONS`.
        """
        sized = [block for block in position.options if block.kind != "identity"]
        spec = cls(
            kinds=tuple({block.kind for block in position.options}),
            kernel_sizes=tuple({block.kernel_size for block in sized}),
            filters=tuple({block.filters for block in sized}),
            strides=position.strides,
            expansions=tuple({block.expansion for block in sized if block.kind in EXPANDING_KINDS}) or (1,),
        )
        left_out = (block.label for block in spec.combinations() if position.index(block) is None)
        return cls(spec.kinds, spec.kernel_sizes, spec.filters, spec.strides, spec.expansions, tuple(left_out))

    def to_json(self) -> dict[str, Any]:
        """All fields by name, each as a list."""
        return {name: list(getattr(self, name)) for name in (*_REQUIRED, *_OPTIONAL)}

    @classmethod
    def from_json(cls, data: object, where: str = "position") -> Self:
        """Inverse of `to_json`; `expansions` and `excluded` may be missing.

        Raises ValueError naming the place of what is missing, unknown or wrong.
        """
        given = tuple(name for name in _OPTIONAL if isinstance(data, dict) and name in data)
        fields = json_fields(data, where, (*_REQUIRED, *given))
        lists = {name: tuple(json_list(fields[name], f"{where}.{name}")) for name in fields if name != "strides"}
        try:
            return cls(**lists, strides=json_pair(fields["strides"], f"{where}.strides"))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error

    def _blocks(self, kind: BlockKind) -> Iterator[Block]:
        if kind == "identity":
            yield Block("identity", strides=self.strides)
            return
        expansions = self.expansions if kind in EXPANDING_KINDS else (1,)
        for kernel_size, filters, expansion in product(self.kernel_sizes, self.filters, expansions):
            yield Block(kind, kernel_size, filters, self.strides, expansion)
