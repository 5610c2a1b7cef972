"""What differs between networks, position by position and in words."""

from dataclasses import replace

from nas_engine.architecture import Architecture, Block, Head, Stem
from webapp.queries.pages.differences import difference_rows

FIRST = Architecture(Stem(), (Block("kxk", 3, 8, (2, 1)), Block("mobilenet_v1", 3, 24), Block("identity")), Head())


def changes(other: Architecture) -> dict[str, tuple[str, ...]]:
    rows = difference_rows([FIRST, other])
    assert all(not row.parts[0].changes for row in rows)
    return {row.name: row.parts[1].changes for row in rows if row.differs}


def with_block(place: int, block: Block) -> Architecture:
    return replace(FIRST, blocks=(*FIRST.blocks[:place], block, *FIRST.blocks[place + 1 :]))


def test_equal_networks_differ_nowhere() -> None:
    assert changes(replace(FIRST)) == {}
    assert [row.name for row in difference_rows([FIRST])] == ["input", "b1", "b2", "b3", "head"]
    assert difference_rows([]) == ()


def test_each_property_of_a_block_that_differs_is_named() -> None:
    assert changes(with_block(0, Block("kxk", 5, 16, (2, 2)))) == {
        "b1": ("kernel 3 → 5", "filters 8 → 16", "strides 2×1 → 2×2")
    }
    assert changes(with_block(1, Block("mobilenet_v2", 3, 24, expansion=6))) == {
        "b2": ("kind MobileNetV1 → MobileNetV2", "expansion 1 → 6")
    }
    assert changes(with_block(2, Block("kxk", 3, 8))) == {
        "b3": ("kind identity → K×K convolution", "kernel none → 3", "filters none → 8", "expansion none → 1")
    }


def test_blocks_that_only_one_has_are_added_or_left_out() -> None:
    longer = replace(FIRST, blocks=(*FIRST.blocks, Block("kxk", 3, 8)))
    assert changes(longer) == {"b4": ("added",)}
    assert changes(replace(FIRST, blocks=FIRST.blocks[:2])) == {"b3": ("left out",)}


def test_inputs_and_heads_are_compared_too() -> None:
    other = replace(FIRST, stem=Stem(98, 40, "1d"), head=Head(classes=9, hidden_units=None))
    assert changes(other) == {
        "input": ("frames 196 → 98", "layout 2d → 1d"),
        "head": ("hidden units 32 → none", "activation relu → none"),
    }
