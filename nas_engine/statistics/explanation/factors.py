"""Choices of a search space apart: kind, kernel size and filters of the block at each position.

An identity has neither kernel nor filters: it counts as a kind, and with it those two choices say nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Block
from nas_engine.search_space.space import Position, SearchSpace

Aspect = Literal["kind", "kernel_size", "filters"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
NO_LEVEL = -1
"""Level of a kernel size or a number of filters where the block is an identity."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One choice: `aspect` of the block at `position` (counted from 0), with its two or more `levels` as text.

    Kernel sizes and filters ascend; kinds stand in the order of the options.
    """

    position: int
    aspect: Aspect
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Factors:
    """All choices of a space; those with a single level are none. `codes_of_options[f]` are levels by option [options]
    of the position of factor f.
    """

    factors: tuple[Factor, ...]
    codes_of_options: tuple[NDArray[np.int16], ...]

    def codes(self, options: NDArray[np.int16]) -> NDArray[np.int16]:
        """Levels [n, factors] of networks by their `options` [n, positions], which are those of `SearchSpace.encode`.

        `NO_LEVEL` stands where an identity has none.
        """
        found = np.empty((len(options), len(self.factors)), np.int16)
        for index, (factor, codes) in enumerate(zip(self.factors, self.codes_of_options, strict=True)):
            found[:, index] = codes[options[:, factor.position]]
        return found

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """Position of each factor [factors]."""
        return np.array([factor.position for factor in self.factors], np.int64)


def factors_of(space: SearchSpace) -> Factors:
    """Every choice of the space, position by position."""
    found = [
        (factor, codes) for number, position in enumerate(space.positions) for factor, codes in _of(number, position)
    ]
    return Factors(tuple(factor for factor, _ in found), tuple(codes for _, codes in found))


def _of(number: int, position: Position) -> Iterator[tuple[Factor, NDArray[np.int16]]]:
    for aspect in ASPECTS:
        values = [_value(block, aspect) for block in position.options]
        levels = list(dict.fromkeys(value for value in values if value is not None))
        if aspect != "kind":
            levels.sort()
        if len(levels) > 1:
            codes = [NO_LEVEL if value is None else levels.index(value) for value in values]
            yield Factor(number, aspect, tuple(map(str, levels))), np.array(codes, np.int16)


def _value(block: Block, aspect: Aspect) -> str | int | None:
    """Of MobileNetV2, each expansion is a kind of its own."""
    if aspect == "kind":
        return f"{block.kind}-t{block.expansion}" if block.expansion > 1 else block.kind
    if block.kind == "identity":
        return None
    return block.kernel_size if aspect == "kernel_size" else block.filters
