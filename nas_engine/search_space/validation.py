"""Validation of an edited search space, with messages for its author. No TensorFlow.

`layers.expand_block`, which training follows too, `layers.check_computed` and `Block` itself decide whether a block can
be built; this module adds upper bounds.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from nas_engine.architecture import EXPANDING_KINDS, Block, BlockKind, Head, Pair, Stem, strided
from nas_engine.cost import layer_parameters
from nas_engine.errors import InfeasibleArchitecture
from nas_engine.layers import INPUT_NAME, BlockLayers, Tensor, check_computed, expand_block
from nas_engine.search_space.position_spec import MOST_COMBINATIONS, PositionSpec

LONGEST_NAME = 100
MOST_POSITIONS = 40  # MobileNetV2, the deepest network of the paper, has 19 blocks
MOST_OPTIONS = 200  # the paper has thirty at most; a designer scores them all
MOST_FRAMES = 2_000  # 20 s at a hop of 10 ms
MOST_MEL_BINS = 256
MOST_CLASSES = 1_000
MOST_HIDDEN_UNITS = 4_096
LARGEST_KERNEL = 31  # TC-ResNet has 9
LARGEST_STRIDE = 16
LARGEST_EXPANSION = 10  # MobileNetV2 has 6
MOST_FILTERS = 2_048  # MobileNetV2's last convolution has 1280
LARGEST_TENSOR = 4_000_000  # values: a training step of 64 examples keeps 1 GB of float32 for it
LARGEST_LAYER = 10_000_000  # parameters: three MobileNets in one layer

_LABELS_SHOWN = 3

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class SpaceProblem:
    """Problem of a search space at `position` (counted from 1; None: of the space as a whole).

    An "error" keeps the space from being built. A "warning" does not: a setting has no effect, or an option cannot
    follow some options before it, so that networks with both are INFEASIBLE when suggested.
    """

    position: int | None
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return self.message if self.position is None else f"position {self.position}: {self.message}"


def find_problems(name: str, stem: Stem, positions: Sequence[PositionSpec], head: Head) -> tuple[SpaceProblem, ...]:
    """Errors and warnings, those of the space as a whole first, then position by position."""
    found = [*_of_the_whole(name, stem, len(positions), head)]
    size: Pair = stem.input_shape[:2]
    for number, position in enumerate(positions, start=1):
        for message in (*_of_kinds(position), *_of_lists(position), *_of_sizes(position)):
            found.append(SpaceProblem(number, message))
        for message in (*_without_effect(position), *_idle_strides(position.strides, stem, size)):
            found.append(SpaceProblem(number, message, "warning"))
        size = strided(size, _in_layout(position.strides, stem))
    if len(positions) <= MOST_POSITIONS:
        found += _of_the_walk(stem, positions)
    return tuple(sorted(found, key=lambda problem: problem.position or 0))


def _of_the_whole(name: str, stem: Stem, positions: int, head: Head) -> Iterator[SpaceProblem]:
    if not name.strip() or len(name) > LONGEST_NAME:
        yield SpaceProblem(None, f"the space needs a name of 1 to {LONGEST_NAME} characters")
    if not positions:
        yield SpaceProblem(None, "the space needs at least one position")
    for value, most, what in (
        (positions, MOST_POSITIONS, "positions"),
        (stem.frames, MOST_FRAMES, "frames"),
        (stem.mel_bins, MOST_MEL_BINS, "mel bins"),
        (head.classes, MOST_CLASSES, "classes"),
        (head.hidden_units or 0, MOST_HIDDEN_UNITS, "hidden units"),
    ):
        if value > most:
            yield SpaceProblem(None, f"{value:,} {what} are too many: at most {most:,}")


def _of_kinds(position: PositionSpec) -> Iterator[str]:
    for kind in position.kinds:
        if reason := _invalid_reason(kind, position.strides):
            yield f"{kind} cannot stand at strides {position.strides}: {reason}"


def _invalid_reason(kind: BlockKind, strides: Pair) -> str | None:
    """Message of `Block` where a block of this kind cannot have these strides, else None."""
    try:
        Block(kind, *((0, 0) if kind == "identity" else (3, 8)), strides)
    except ValueError as error:
        return str(error)
    return None


def _options(position: PositionSpec) -> tuple[Block, ...]:
    """The options whose kinds may have the position's strides; none where there are too many to list."""
    kinds = tuple(kind for kind in position.kinds if not _invalid_reason(kind, position.strides))
    return replace(position, kinds=kinds).options() if position.combination_count <= MOST_COMBINATIONS else ()


def _of_lists(position: PositionSpec) -> Iterator[str]:
    """Lists that leave nothing to choose, or too much."""
    sized = ", ".join(kind for kind in position.kinds if kind != "identity")
    expanding = ", ".join(kind for kind in position.kinds if kind in EXPANDING_KINDS)
    if not position.kinds:
        yield "choose at least one kind of block"
    if sized and not position.kernel_sizes:
        yield f"choose a kernel size for {sized}"
    if sized and not position.filters:
        yield f"choose filters for {sized}"
    if expanding and not position.expansions:
        yield f"choose an expansion for {expanding}"
    if position.combination_count > MOST_COMBINATIONS:
        yield f"{position.combination_count:,} combinations are too many: at most {MOST_COMBINATIONS:,}"
    elif (count := len(_options(position))) > MOST_OPTIONS:
        yield f"{count} options are too many: at most {MOST_OPTIONS}"
    elif position.combination_count and not count and position.excluded:
        yield "every option is excluded: leave at least one"


def _of_sizes(position: PositionSpec) -> Iterator[str]:
    for values, most, what in (
        (position.kernel_sizes, LARGEST_KERNEL, "kernel size"),
        (position.filters, MOST_FILTERS, "number of filters"),
        (position.strides, LARGEST_STRIDE, "stride"),
        (position.expansions, LARGEST_EXPANSION, "expansion"),
    ):
        if too_large := [f"{value:,}" for value in values if value > most]:
            yield f"{what} {', '.join(too_large)} is too large: at most {most:,}"


def _without_effect(position: PositionSpec) -> Iterator[str]:
    if position.combination_count <= MOST_COMBINATIONS:
        known = {block.label for block in _options(replace(position, excluded=()))}
        if unknown := [label for label in position.excluded if label not in known]:
            yield f"excluded names labels that are not options: {_some(unknown)}"
    if position.expansions != (1,) and not set(position.kinds) & set(EXPANDING_KINDS):
        yield f"expansions have no effect: only {', '.join(EXPANDING_KINDS)} expands"
    if position.kinds == ("identity",) and (position.kernel_sizes or position.filters):
        yield "kernel sizes and filters have no effect on identity"


def _idle_strides(strides: Pair, stem: Stem, size: Pair) -> Iterator[str]:
    if stem.layout == "1d" and strides[1] not in (1, strides[0]):
        yield f"the frequency stride {strides[1]} has no effect in one dimension"
    for axis, stride, left in zip(("time", "frequency"), _in_layout(strides, stem), size, strict=True):
        if stride > 1 and left == 1:
            yield f"the {axis} stride {stride} has no effect: the map is down to 1 in {axis}"


def _of_the_walk(stem: Stem, positions: Sequence[PositionSpec]) -> Iterator[SpaceProblem]:
    """Options that cannot be built after any, or after some, of the options before them, or whose layers are too large.

    Ends where no option can be built, since the inputs of later positions are then unknown.
    """
    inputs = {Tensor(INPUT_NAME, stem.input_shape)}
    for number, position in enumerate(positions, start=1):
        options = _options(position)
        if not 0 < len(options) <= MOST_OPTIONS:
            return
        outputs: set[Tensor] = set()
        failures: dict[tuple[str, Severity], list[Block]] = {}
        for block in options:
            expanded, reasons = _expanded(block, _representative(inputs, block.filters), stem, number)
            outputs |= {each.output._replace(name=INPUT_NAME) for each in expanded}
            outputs |= inputs if block.kind == "identity" else set()
            for failure in _failures(expanded, reasons):
                failures.setdefault(failure, []).append(block)
        for (reason, severity), failed in failures.items():
            yield SpaceProblem(number, f"{_named(failed, options)} {reason}", severity)
        if not outputs:
            return
        inputs = outputs


def _representative(inputs: Collection[Tensor], filters: int) -> Iterator[Tensor]:
    """Inputs that can differ in effect on a block: it depends on whether a depthwise layer wrote them and on whether
    their channels equal its filters; its layers are largest after the most channels."""
    for from_depthwise in (False, True):
        channels = {x.channels: x for x in inputs if x.from_depthwise == from_depthwise}
        most = sorted(channels, reverse=True)[:2]
        yield from (channels[count] for count in dict.fromkeys((*most, filters)) if count in channels)


def _expanded(
    block: Block, inputs: Iterable[Tensor], stem: Stem, number: int
) -> tuple[list[BlockLayers], dict[str, None]]:
    """The layers of `block` behind each input where it can be built, and the different reasons where it cannot."""
    expanded: list[BlockLayers] = []
    reasons: dict[str, None] = {}
    for x in inputs:
        try:
            layers = expand_block(block, x, stem.layout, f"b{number}")
            check_computed(layers.layers)
            expanded.append(layers)
        except InfeasibleArchitecture as error:
            reasons[str(error).removeprefix(f"block b{number}: ")] = None
    return expanded, reasons


def _failures(expanded: Sequence[BlockLayers], reasons: Iterable[str]) -> Iterator[tuple[str, Severity]]:
    for reason in reasons:
        if expanded:
            yield f"cannot follow some of the options before, such networks will be INFEASIBLE: {reason}", "warning"
        else:
            yield f"cannot be built: {reason}", "error"
    layers = [layer for each in expanded for layer in each.layers]
    if any(prod(layer.output_shape) > LARGEST_TENSOR for layer in layers):
        yield (
            f"can write more than {LARGEST_TENSOR:,} values in a layer: take fewer filters, or stride earlier",
            "error",
        )
    if any(layer_parameters(layer) > LARGEST_LAYER for layer in layers):
        yield f"can have more than {LARGEST_LAYER:,} parameters in a layer: take fewer filters", "error"


def _in_layout(strides: Pair, stem: Stem) -> Pair:
    return strides if stem.layout == "2d" else (strides[0], 1)


def _named(failed: Collection[Block], options: Iterable[Block]) -> str:
    """Labels of the failed options; the name of the kind alone where all of its options failed."""
    standing = {block.kind for block in options if block not in failed}
    names = (block.label if block.kind in standing else f"every {block.kind}" for block in failed)
    return _some(list(dict.fromkeys(names)))


def _some(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:_LABELS_SHOWN])
    return shown if len(labels) <= _LABELS_SHOWN else f"{shown} and {len(labels) - _LABELS_SHOWN} more"
