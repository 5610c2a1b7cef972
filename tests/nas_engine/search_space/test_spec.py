"""Spaces as lists a person edits: exact both ways."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.architecture import Block, Head, Stem
from nas_engine.cost import cost
from nas_engine.layers import expand
from nas_engine.search_space.paper_spaces import PAPER_1D, PAPER_2D, by_name, paper_2d
from nas_engine.search_space.space import Position, SearchSpace
from nas_engine.search_space.spec import SpaceSpec, problems
from tests.nas_engine.specs import space_specs

PAPERS = {spec.name: spec for spec in (PAPER_2D, PAPER_1D)}


@given(space_specs())
def test_a_spec_and_its_space_say_the_same(spec: SpaceSpec) -> None:
    space = spec.search_space()
    again = SpaceSpec.from_search_space(space)
    assert again.search_space() == space
    assert SpaceSpec.from_search_space(again.search_space()) == again
    assert SpaceSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@settings(max_examples=50)
@given(space_specs(), st.randoms(use_true_random=False))
def test_any_order_of_options_gives_a_spec_with_the_same_options(spec: SpaceSpec, random: Any) -> None:
    space = spec.search_space()
    shuffled = [Position(p.strides, tuple(random.sample(p.options, len(p.options)))) for p in space.positions]
    again = SpaceSpec.from_search_space(replace(space, positions=tuple(shuffled)))
    assert again == SpaceSpec.from_search_space(space)


@given(space_specs(), st.integers(0, 2**32 - 1))
@settings(max_examples=50)
def test_every_network_of_a_space_without_problems_can_be_counted(spec: SpaceSpec, seed: int) -> None:
    space = spec.search_space()
    architecture = space.sample(np.random.default_rng(seed))
    assert cost(architecture).flops > 0
    assert [block.output.shape[:2] for block in expand(architecture)[:-1]] == list(spec.output_sizes())


@pytest.mark.parametrize("name", PAPERS)
def test_the_papers_spaces_have_no_problems_and_come_back_exactly(name: str) -> None:
    spec = PAPERS[name]
    assert problems(spec) == ()
    assert SpaceSpec.from_search_space(by_name(name)) == spec
    assert SpaceSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_options_with_too_little_in_common_are_refused_instead_of_listed() -> None:
    options = tuple(Block("kxk", number, number) for number in range(1, 60))
    space = SearchSpace("odd", Stem(), (Position((1, 1), options),), Head())
    with pytest.raises(ValueError, match="position 1: 3,481 combinations"):
        SpaceSpec.from_search_space(space)


JSON_MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "frames as text": (
        {"stem": {"frames": "196", "mel_bins": 40, "layout": "2d"}},
        "stem.frames must be a whole number",
    ),
    "infinite": (
        {"stem": {"frames": float("inf"), "mel_bins": 40, "layout": "2d"}},
        "stem.frames must be a whole number",
    ),
    "layout": ({"stem": {"frames": 196, "mel_bins": 40, "layout": "3d"}}, "stem.layout must be one of 2d, 1d"),
    "stem": ({"stem": {"frames": 196, "mel_bins": 40}}, "stem: key 'layout' is missing"),
    "head": ({"head": {"classes": 9, "hidden_activation": "relu", "units": 3}}, "head: unknown key 'units'"),
    "name": ({"name": 3}, "name must be a text"),
    "positions": ({"positions": {}}, "positions must be a list"),
    "unknown key": ({"stride": 2}, "search space: unknown key 'stride'"),
}

POSITION_MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "not a number": (
        {"filters": [8, float("nan")]},
        "positions[1]: filters must be a whole number of at least 1, not nan",
    ),
    "boolean": ({"kernel_sizes": [True]}, "positions[1]: kernel_sizes must be a whole number of at least 1, not True"),
    "zero": ({"filters": [0]}, "positions[1]: filters must be a whole number of at least 1, not 0"),
    "text": ({"filters": "8"}, "positions[1].filters must be a list, not str"),
    "kind": ({"kinds": ["resnet"]}, "positions[1]: kinds must be one of kxk"),
    "strides": ({"strides": [1]}, "positions[1].strides must hold two numbers, not 1"),
    "stride": ({"strides": [1, 2.5]}, "positions[1]: strides must be a whole number of at least 1, not 2.5"),
    "unknown key": ({"depth": 3}, "positions[1]: unknown key 'depth'"),
    "excluded": ({"excluded": [3]}, "positions[1]: excluded must hold names of options"),
}


@pytest.mark.parametrize(("change", "words"), JSON_MISTAKES.values(), ids=JSON_MISTAKES)
def test_json_that_is_no_space_is_refused_naming_the_place(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        SpaceSpec.from_json(PAPER_2D.to_json() | change)
    with pytest.raises(ValueError, match="search space must be an object"):
        SpaceSpec.from_json([change])


@pytest.mark.parametrize(("change", "words"), POSITION_MISTAKES.values(), ids=POSITION_MISTAKES)
def test_a_position_that_is_none_is_refused_naming_the_place(change: dict[str, Any], words: str) -> None:
    data = PAPER_2D.to_json()
    data["positions"][1] |= change
    with pytest.raises(ValueError, match=re.escape(words)):
        SpaceSpec.from_json(data)


def test_every_wrong_part_of_a_file_is_named_at_once() -> None:
    data = PAPER_2D.to_json() | {"head": {"classes": 1, "hidden_activation": "relu"}}
    del data["positions"][0]["filters"]
    data["positions"][4]["kinds"] = ["resnet"]
    with pytest.raises(ValueError, match="positions") as refusal:
        SpaceSpec.from_json(data)
    assert [line.split(":")[0] for line in str(refusal.value).splitlines()] == [
        "positions[0]",
        "positions[4]",
        "head.classes must be a whole number of at least 2, not 1",
    ]


def test_what_a_file_leaves_out_takes_its_default() -> None:
    data = PAPER_2D.to_json()
    for position in data["positions"]:
        del position["expansions"], position["excluded"]
    assert SpaceSpec.from_json(data) == PAPER_2D
    del data["head"]["hidden_units"]
    assert SpaceSpec.from_json(data).head == Head(hidden_units=None)


def test_the_spec_of_table_2s_network_alone_is_a_space_of_one() -> None:
    """What a person gets who leaves one option at every position."""
    space = paper_2d()
    one = space.decode([0] * 12)
    single = SearchSpace("one", one.stem, tuple(Position(b.strides, (b,)) for b in one.blocks), one.head)
    spec = SpaceSpec.from_search_space(single)
    assert spec.search_space() == single
    assert single.cardinality == 1
