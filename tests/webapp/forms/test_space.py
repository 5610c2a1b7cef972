"""The editor's fields and the space they say."""

from dataclasses import replace

import pytest

from nas_engine.architecture import Head
from nas_engine.search_space.paper_spaces import PAPER_1D, PAPER_2D
from nas_engine.search_space.spec import SpaceSpec
from webapp.forms.space import SpaceFields, changed, fields_of, read


def with_position(fields: SpaceFields, number: int, **values: object) -> SpaceFields:
    positions = list(fields.positions)
    positions[number - 1] = replace(positions[number - 1], **values)
    return replace(fields, positions=tuple(positions))


WITH_EVERYTHING = replace(
    PAPER_2D,
    positions=(
        *PAPER_2D.positions[:8],
        replace(PAPER_2D.positions[8], expansions=(1, 6), excluded=("identity", "mobilenet_v2-3-40-t6")),
    ),
    head=Head(hidden_units=None, hidden_activation="linear"),
)


@pytest.mark.parametrize("spec", [PAPER_2D, PAPER_1D, WITH_EVERYTHING])
def test_fields_say_the_space_they_were_made_from(spec: SpaceSpec) -> None:
    reading = read(fields_of(spec), spec.head.classes)
    assert reading.spec == spec
    assert reading.is_sound


@pytest.mark.parametrize("text", ["3,4,5", " 5 4 3 ", "3; 4; 5", "3, 3, 4, 5"])
def test_lists_may_be_written_in_any_way(text: str) -> None:
    assert read(with_position(fields_of(PAPER_2D), 1, kernel_sizes=text), 9).spec == PAPER_2D


def test_every_problem_is_named_at_once_and_the_rest_is_read() -> None:
    fields = with_position(fields_of(PAPER_2D), 2, filters="a, 16", stride_time="0")
    fields = with_position(replace(fields, frames="none"), 7, kinds=())
    reading = read(fields, 9)
    assert [problem.position for problem in reading.problems] == [None, 2, 2, 7]
    assert reading.spec.positions[1].filters == (16,)
    assert not reading.is_sound


def test_expansions_of_a_position_without_an_expanding_kind_are_ignored() -> None:
    fields = with_position(fields_of(PAPER_2D), 1, expansions="1, 6")
    assert read(fields, 9) == read(fields_of(PAPER_2D), 9)


def test_an_unknown_kind_is_named() -> None:
    reading = read(with_position(fields_of(PAPER_2D), 1, kinds=("kxk", "resnext")), 9)
    assert [str(problem) for problem in reading.problems] == ["position 1: there is no kind of block named resnext"]


def test_an_added_block_changes_no_size_and_can_be_built() -> None:
    for number in range(13):
        spec = read(changed(fields_of(PAPER_1D), f"add-{number}"), 9).spec
        assert spec.output_sizes()[-1] == PAPER_1D.output_sizes()[-1]
        assert spec.search_space().cardinality > PAPER_1D.search_space().cardinality


def test_a_block_moved_up_and_down_again_is_where_it_was() -> None:
    fields = fields_of(PAPER_2D)
    assert changed(changed(fields, "up-4"), "down-3") == fields
    assert changed(fields, "up-1") == changed(fields, "down-12") == fields
