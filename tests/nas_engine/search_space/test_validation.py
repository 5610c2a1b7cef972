"""A space that cannot be built is refused with every reason, at its position."""

import re
from dataclasses import replace
from typing import Any

import pytest

from nas_engine.architecture import Head, Stem
from nas_engine.search_space.paper_spaces import PAPER_2D
from nas_engine.search_space.spec import PositionSpec, SpaceProblem, SpaceSpec, problems


def edited(number: int, **changes: Any) -> SpaceSpec:
    """The paper's 2-D space with changes at one position, counted from 1."""
    positions = list(PAPER_2D.positions)
    positions[number - 1] = replace(positions[number - 1], **changes)
    return replace(PAPER_2D, positions=tuple(positions))


DEPTHWISE = "a depthwise convolution cannot have the unequal strides (2, 1)"

ERRORS = {
    "unequal depthwise strides": (
        edited(2, kinds=("kx1_1xk_dw", "mobilenet_v1")),
        2,
        f"every mobilenet_v1 cannot be built: {DEPTHWISE}",
    ),
    "strided identity": (edited(3, kinds=("kxk", "identity")), 3, "identity cannot stand at strides (2, 2)"),
    "average pool without strides": (
        edited(4, kinds=("mobilenet_v2_avg_pool",)),
        4,
        "mobilenet_v2_avg_pool cannot stand at strides (1, 1)",
    ),
    "no kind": (edited(5, kinds=()), 5, "choose at least one kind of block"),
    "no kernel size": (
        edited(6, kernel_sizes=()),
        6,
        "choose a kernel size for kx1_1xk_dw, mobilenet_v1, mobilenet_v2",
    ),
    "no filters": (edited(1, filters=()), 1, "choose filters for kxk"),
    "no expansion": (edited(7, expansions=()), 7, "choose an expansion for mobilenet_v2"),
    "all excluded": (
        edited(1, kernel_sizes=(3,), filters=(8,), excluded=("kxk-3-8",)),
        1,
        "every option is excluded: leave at least one",
    ),
    "absurd kernel": (edited(1, kernel_sizes=(3, 99)), 1, "kernel size 99 is too large: at most 31"),
    "absurd filters": (edited(1, filters=(8, 5000)), 1, "number of filters 5,000 is too large: at most 2,048"),
    "absurd stride": (edited(1, strides=(20, 1)), 1, "stride 20 is too large: at most 16"),
    "absurd expansion": (edited(6, expansions=(1, 11)), 6, "expansion 11 is too large: at most 10"),
    "absurd tensor": (
        edited(1, strides=(1, 1), filters=(8, 1024)),
        1,
        "kxk-3-1024, kxk-4-1024, kxk-5-1024 can write more than 4,000,000 values in a layer",
    ),
    "absurd layer": (
        edited(12, kinds=("kx1_1xk",), kernel_sizes=(3,), filters=(2048,)),
        12,
        "every kx1_1xk can have more than 10,000,000 parameters in a layer",
    ),
    "many options": (edited(4, filters=tuple(range(8, 200))), 4, "1729 options are too many: at most 200"),
    "many combinations": (
        edited(4, filters=tuple(range(1, 1000))),
        4,
        "8,992 combinations are too many: at most 2,000",
    ),
    "many positions": (
        replace(PAPER_2D, positions=PAPER_2D.positions * 4),
        None,
        "48 positions are too many: at most 40",
    ),
    "no positions": (replace(PAPER_2D, positions=()), None, "the space needs at least one position"),
    "no name": (replace(PAPER_2D, name=" "), None, "the space needs a name"),
    "many frames": (replace(PAPER_2D, stem=Stem(5000)), None, "5,000 frames are too many: at most 2,000"),
    "many mel bins": (replace(PAPER_2D, stem=Stem(196, 300)), None, "300 mel bins are too many: at most 256"),
    "many classes": (replace(PAPER_2D, head=Head(2000)), None, "2,000 classes are too many: at most 1,000"),
    "wide head": (replace(PAPER_2D, head=Head(9, 9999)), None, "9,999 hidden units are too many: at most 4,096"),
}


@pytest.mark.parametrize(("spec", "position", "words"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_built_is_refused_with_position_and_reason(
    spec: SpaceSpec, position: int | None, words: str
) -> None:
    errors = [problem for problem in problems(spec) if problem.severity == "error"]
    assert any(problem.position == position and words in problem.message for problem in errors), errors
    with pytest.raises(ValueError, match=re.escape(str(errors[0]))):
        spec.search_space()


def test_all_problems_are_named_at_once() -> None:
    positions = list(PAPER_2D.positions)
    positions[1] = replace(positions[1], kinds=("mobilenet_v2",))
    positions[2] = replace(positions[2], kinds=("mobilenet_v1", "identity"), filters=(8, 4000))
    found = problems(replace(PAPER_2D, name="", positions=tuple(positions)))
    assert [problem.position for problem in found if problem.severity == "error"] == [None, 2, 3, 3]


WARNINGS = {
    "unknown label": (edited(1, excluded=("kxk-9-8",)), 1, "excluded names labels that are not options: kxk-9-8"),
    "expansions": (edited(1, expansions=(1, 6)), 1, "expansions have no effect: only mobilenet_v2 expands"),
    "identity alone": (edited(4, kinds=("identity",)), 4, "kernel sizes and filters have no effect on identity"),
    "map used up": (replace(PAPER_2D, stem=Stem(12, 40)), 10, "the time stride 2 has no effect: the map is down to 1"),
}


@pytest.mark.parametrize(("spec", "position", "words"), WARNINGS.values(), ids=WARNINGS)
def test_what_has_no_effect_is_a_warning_and_keeps_nothing_from_being_built(
    spec: SpaceSpec, position: int, words: str
) -> None:
    found = problems(spec)
    assert {problem.severity for problem in found} == {"warning"}
    assert any(problem.position == position and words in problem.message for problem in found), found
    assert spec.search_space().cardinality > 1


def test_a_frequency_stride_in_one_dimension_is_a_warning() -> None:
    positions = (PositionSpec(("kxk",), (3,), (8,), (2, 4)), PositionSpec(("mobilenet_v1",), (3,), (8,), (2, 1)))
    spec = SpaceSpec("one", Stem(layout="1d"), positions, Head())
    assert problems(spec) == (SpaceProblem(1, "the frequency stride 4 has no effect in one dimension", "warning"),)
