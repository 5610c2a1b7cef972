"""A search space as it stands in the editor: texts and ticks, read into a `SpaceSpec`, with nothing typed lost."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from django.http import QueryDict

from nas_engine.architecture import BLOCK_KINDS, EXPANDING_KINDS, Head, HiddenActivation, Layout, Stem
from nas_engine.search_space.position_spec import PositionSpec
from nas_engine.search_space.spec import SpaceSpec, problems
from nas_engine.search_space.validation import MOST_POSITIONS, SpaceProblem
from webapp.queries.pages.space import option_labels
from webapp.queries.whole_numbers import whole_number

_LARGEST = 999_999  # keeps a mistyped number short; what is sensible is judged by `problems`
_LISTS: Mapping[str, str] = {"kernel_sizes": "kernel sizes", "filters": "filters", "expansions": "expansions"}
_STRIDES: Mapping[str, str] = {"stride_time": "stride in time", "stride_frequency": "stride in frequency"}


@dataclass(frozen=True, slots=True)
class PositionFields:
    """One position as typed. `excluded` holds labels of options that are left out."""

    kinds: tuple[str, ...]
    kernel_sizes: str
    filters: str
    expansions: str
    stride_time: str
    stride_frequency: str
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpaceFields:
    """The editor's form as typed. No text in `hidden_units`: no hidden layer."""

    name: str
    frames: str
    mel_bins: str
    layout: str
    hidden_units: str
    hidden_activation: str
    positions: tuple[PositionFields, ...]


@dataclass(frozen=True, slots=True)
class SpaceReading:
    """Search space read from the fields. `spec` is the nearest one that could be parsed; it is exact if `is_sound`."""

    spec: SpaceSpec
    problems: tuple[SpaceProblem, ...]

    @property
    def is_sound(self) -> bool:
        """Whether the space can be built and saved."""
        return not any(problem.severity == "error" for problem in self.problems)


def fields_of(spec: SpaceSpec) -> SpaceFields:
    """The fields that say `spec`."""
    return SpaceFields(
        name=spec.name,
        frames=str(spec.stem.frames),
        mel_bins=str(spec.stem.mel_bins),
        layout=spec.stem.layout,
        hidden_units=str(spec.head.hidden_units or ""),
        hidden_activation=spec.head.hidden_activation,
        positions=tuple(_position_fields(position) for position in spec.positions),
    )


def posted_fields(post: QueryDict) -> SpaceFields:
    """The fields of a submitted form; what is missing is empty."""
    count = post.get("positions", "")
    numbers = range(1, min(whole_number(count) or 0, 2 * MOST_POSITIONS) + 1)
    names = ("name", "frames", "mel_bins", "layout", "hidden_units", "hidden_activation")
    texts = {name: post.get(name, "").strip() for name in names}
    return SpaceFields(**texts, positions=tuple(_posted_position(post, number) for number in numbers))


def read(fields: SpaceFields, classes: int) -> SpaceReading:
    """The space in the fields with `classes` outputs, and every problem of it in words."""
    found: list[SpaceProblem] = []

    def say(message: str, position: int | None = None) -> None:
        found.append(SpaceProblem(position, message))

    stem = Stem(
        frames=_number(fields.frames, "frames", say) or Stem().frames,
        mel_bins=_number(fields.mel_bins, "mel bins", say) or Stem().mel_bins,
        layout=_choice(fields.layout, get_args(Layout), "layout", say),
    )
    head = Head(
        classes=classes,
        hidden_units=_number(fields.hidden_units, "hidden units", say) if fields.hidden_units else None,
        hidden_activation=_choice(fields.hidden_activation, get_args(HiddenActivation), "hidden activation", say),
    )
    positions = tuple(_position(position, number, say) for number, position in enumerate(fields.positions, start=1))
    spec = SpaceSpec(fields.name, stem, positions, head)
    unclear = {problem.position for problem in found}
    found += [problem for problem in problems(spec) if problem.position not in unclear or problem.position is None]
    return SpaceReading(spec, tuple(sorted(found, key=lambda problem: problem.position or 0)))


def changed(fields: SpaceFields, action: str) -> SpaceFields:
    """The fields after "add-N" (a block after block N), "remove-N", "up-N" or "down-N"; else the same."""
    name, _, text = action.partition("-")
    number = whole_number(text)
    if number is None:
        return fields
    positions = list(fields.positions)
    if name == "add" and 0 <= number <= len(positions):
        positions.insert(number, _new_position(positions[max(0, number - 1)] if positions else None))
    elif name == "remove" and 1 <= number <= len(positions):
        del positions[number - 1]
    elif name in ("up", "down") and 1 <= number <= len(positions):
        target = number - 2 if name == "up" else number
        if 0 <= target < len(positions):
            positions.insert(target, positions.pop(number - 1))
    return replace(fields, positions=tuple(positions))


def _position_fields(position: PositionSpec) -> PositionFields:
    return PositionFields(
        kinds=position.kinds,
        **{name: ", ".join(map(str, getattr(position, name))) for name in _LISTS},
        stride_time=str(position.strides[0]),
        stride_frequency=str(position.strides[1]),
        excluded=position.excluded,
    )


def _posted_position(post: QueryDict, number: int) -> PositionFields:
    texts = {name: post.get(f"p{number}-{name}", "").strip() for name in (*_LISTS, *_STRIDES)}
    return PositionFields(
        kinds=tuple(post.getlist(f"p{number}-kinds")), excluded=tuple(post.getlist(f"p{number}-excluded")), **texts
    )


def _new_position(before: PositionFields | None) -> PositionFields:
    """A block that changes no size, with the choices of the block before it as far as these need no stride."""
    if before is None:
        return PositionFields(("mobilenet_v1",), "3", "16, 24, 32", "1", "1", "1")
    kinds = tuple(kind for kind in before.kinds if kind != "mobilenet_v2_avg_pool")
    return replace(before, kinds=kinds or ("mobilenet_v1",), stride_time="1", stride_frequency="1", excluded=())


Say = Callable[..., None]


def _position(fields: PositionFields, number: int, say: Say) -> PositionSpec:
    def say_here(message: str) -> None:
        say(message, number)

    if unknown := [kind for kind in fields.kinds if kind not in BLOCK_KINDS]:
        say_here(f"there is no kind of block named {', '.join(unknown)}")
    lists: dict[str, Any] = {
        name: tuple(_numbers(getattr(fields, name), words, say_here)) for name, words in _LISTS.items()
    }
    strides = [_number(getattr(fields, name), words, say_here) or 1 for name, words in _STRIDES.items()]
    spec = PositionSpec(
        kinds=tuple(kind for kind in BLOCK_KINDS if kind in fields.kinds),
        strides=(strides[0], strides[1]),
        **{**lists, "expansions": lists["expansions"] if set(fields.kinds) & set(EXPANDING_KINDS) else (1,)},
    )
    labels = option_labels(spec)
    return replace(spec, excluded=tuple(set(fields.excluded) & set(labels)) if labels else fields.excluded)


def _numbers(text: str, what: str, say: Callable[[str], None]) -> Iterator[int]:
    """The whole numbers of a list such as "3, 4, 5" or "3 4 5"."""
    for word in text.replace(",", " ").replace(";", " ").split():
        if (number := _whole(word)) is None:
            say(f"{what}: {word!r} is no whole number from 1 on; write a list such as 16, 24, 32")
        else:
            yield number


def _number(text: str, what: str, say: Callable[[str], None]) -> int | None:
    number = _whole(text)
    if number is None:
        say(f"{what}: {text!r} is no whole number from 1 on" if text else f"{what}: a whole number is missing")
    return number


def _whole(text: str) -> int | None:
    return whole_number(text, least=1, most=_LARGEST)


def _choice(text: str, choices: tuple[Any, ...], what: str, say: Callable[[str], None]) -> Any:
    if text in choices:
        return text
    say(f"{what}: choose one of {', '.join(choices)}")
    return choices[0]
