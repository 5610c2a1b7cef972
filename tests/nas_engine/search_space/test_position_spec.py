"""Lists of kinds, kernel sizes and filters stand for options."""

from typing import Any

import pytest

from nas_engine.architecture import Block, BlockKind
from nas_engine.search_space.position_spec import PositionSpec
from nas_engine.search_space.space import Position


def test_lists_are_sorted_and_free_of_repetitions_so_equal_positions_are_equal() -> None:
    one = PositionSpec(("identity", "mobilenet_v1", "kxk"), (5, 3, 3), (16, 8), (1, 1), (1, 1))
    assert one == PositionSpec(("kxk", "mobilenet_v1", "identity"), (3, 5), (8, 16), (1, 1))
    assert [block.label for block in one.options()][:3] == ["kxk-3-8", "kxk-3-16", "kxk-5-8"]


def test_expansions_multiply_the_options_of_kinds_that_expand_alone() -> None:
    spec = PositionSpec(("mobilenet_v1", "mobilenet_v2", "identity"), (3,), (8, 16), (1, 1), (1, 6))
    assert [block.label for block in spec.options()] == [
        "mobilenet_v1-3-8", "mobilenet_v1-3-16", "mobilenet_v2-3-8", "mobilenet_v2-3-8-t6", "mobilenet_v2-3-16",
        "mobilenet_v2-3-16-t6", "identity",
    ]  # fmt: skip


def test_any_set_of_options_can_be_written_by_leaving_some_out() -> None:
    options = (Block("kxk", 3, 8), Block("mobilenet_v2", 5, 24, expansion=6), Block("identity"))
    spec = PositionSpec.from_position(Position((1, 1), options))
    assert spec.options() == options
    assert len(spec.excluded) == 6


def test_a_position_spec_of_wrong_types_cannot_be_made() -> None:
    kind: Any = "resnet"
    with pytest.raises(ValueError, match="kinds must be one of"):
        PositionSpec((kind,), (3,), (8,), (1, 1))
    kinds: tuple[BlockKind, ...] = ("kxk",)
    strides: Any = (1, 1, 1)
    with pytest.raises(ValueError, match="strides must be a pair"):
        PositionSpec(kinds, (3,), (8,), strides)
