"""A search space as its page shows it: position by position, and what its networks cost."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from nas_engine.architecture import BLOCK_KINDS, BlockKind
from nas_engine.search_space.position_spec import PositionSpec
from nas_engine.search_space.spec import SpaceSpec, problems
from nas_engine.search_space.validation import MOST_OPTIONS, SpaceProblem
from webapp.models import Study
from webapp.queries.space_costs import QUANTITIES, Bounds, bounds_of, sample_table
from webapp.queries.spaces import SPACE_NAMES, misfit
from webapp.queries.summaries import KIND_NAMES, SHORT_KINDS
from webapp.translation import frontend

Size = tuple[int, int]
_NAMED = re.compile(rf"\b(?:{'|'.join(sorted(BLOCK_KINDS, key=len, reverse=True))})(?:-\d+-\d+(?:-t\d+)?)?\b")


@dataclass(frozen=True, slots=True)
class OptionChip:
    """One option of a position; `text` is its short form, such as "V1-3·32"."""

    label: str
    text: str
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class KindMark:
    """A kind of block with its short name, as on the trials' pages."""

    kind: BlockKind
    short: str
    name: str


@dataclass(frozen=True, slots=True)
class PositionOutcome:
    """What a position makes of its lists: sizes (time, frequency) before and behind it, its options, its problems.

    `hidden_exclusions` are kept for later where the options cannot be listed just now.
    """

    number: int
    spec: PositionSpec
    input_size: Size
    output_size: Size
    options: int
    chips: tuple[OptionChip, ...]
    hidden_exclusions: tuple[str, ...]
    kinds: tuple[KindMark, ...]
    problems: tuple[SpaceProblem, ...]


def space_context(spec: SpaceSpec, bounds: Bounds) -> dict[str, Any]:
    """A space to read: its positions, its problems, and the costs of its networks within `bounds`."""
    found = tuple(map(in_short_names, problems(spec)))
    return _summary_context(spec, bounds, found) | {"spec": spec, "positions": outcomes(spec, found)}


def space_editor_context(study: Study, spec: SpaceSpec, found: Sequence[SpaceProblem]) -> dict[str, Any]:
    """The space that stands in a draft's editor, with the problems `found` while it was read."""
    reason = misfit(study.dataset, spec.stem)
    of_the_input = (SpaceProblem(None, reason),) if reason else ()
    shown = (*of_the_input, *map(in_short_names, found))
    return _summary_context(spec, bounds_of(study), shown) | {
        "study": study,
        "title": f"Search space of {study.name}",
        "positions": outcomes(spec, shown),
        "input": frontend(study.dataset),
        "paper": SPACE_NAMES,
    }


def _summary_context(spec: SpaceSpec, bounds: Bounds, found: Sequence[SpaceProblem]) -> dict[str, Any]:
    """The panel: how many networks, their costs, the shares within limits ("table"); or the errors that forbid it."""
    errors = [problem for problem in found if problem.severity == "error"]
    context: dict[str, Any] = {
        "errors": errors,
        "warnings": [problem for problem in found if problem.severity == "warning"],
        "quantities": QUANTITIES,
        "all_kinds": [kind_mark(kind) for kind in BLOCK_KINDS],
    }
    return context if errors else context | {"table": sample_table(spec, bounds)}


def kind_mark(kind: BlockKind) -> KindMark:
    """The identity's short name elsewhere is a dash, which is unclear in a list of choices."""
    return KindMark(kind, kind if kind == "identity" else SHORT_KINDS[kind], KIND_NAMES[kind])


def outcomes(spec: SpaceSpec, problems: Sequence[SpaceProblem]) -> tuple[PositionOutcome, ...]:
    """One a position, in order. Chips are left out where there are more options than a position may have."""
    height, width, _ = spec.stem.input_shape
    sizes = ((height, width), *spec.output_sizes())
    return tuple(
        _outcome(number, position, change, tuple(problem for problem in problems if problem.position == number))
        for number, (position, change) in enumerate(zip(spec.positions, pairwise(sizes), strict=True), start=1)
    )


def _outcome(
    number: int, position: PositionSpec, sizes: tuple[Size, Size], problems: tuple[SpaceProblem, ...]
) -> PositionOutcome:
    labels, excluded = option_labels(position), set(position.excluded)
    return PositionOutcome(
        number=number,
        spec=position,
        input_size=sizes[0],
        output_size=sizes[1],
        options=position.combination_count - len(excluded & set(labels)),
        hidden_exclusions=() if labels else position.excluded,
        chips=tuple(OptionChip(label, option_text(label), label in excluded) for label in labels[: 2 * MOST_OPTIONS]),
        kinds=tuple(kind_mark(kind) for kind in position.kinds),
        problems=problems,
    )


def option_labels(position: PositionSpec) -> tuple[str, ...]:
    """The labels of all options, those left out too; none where there are too many, or a kind cannot be built."""
    try:
        return tuple(block.label for block in position.combinations())
    except ValueError:
        return ()


def in_short_names(problem: SpaceProblem) -> SpaceProblem:
    """The problem with kinds and options called as the page calls them."""
    return replace(problem, message=_NAMED.sub(lambda found: option_text(found[0]), problem.message))


def option_text(label: str) -> str:
    """`Block.label` with the short name of its kind: "mobilenet_v2-3-32-t6" as "V2-3·32·t6"."""
    kind, *numbers = label.split("-")
    short = kind if kind == "identity" else SHORT_KINDS.get(kind, kind)
    return "-".join([short, "·".join(numbers)]) if numbers else short
