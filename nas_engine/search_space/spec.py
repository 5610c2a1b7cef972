"""Editable form of a search space, with lists per position; `SearchSpace` lists every option."""

from dataclasses import dataclass
from typing import Any, Self

from nas_engine.architecture import Head, Pair, Stem, json_fields, json_list, strided
from nas_engine.search_space.position_spec import PositionSpec
from nas_engine.search_space.space import SearchSpace
from nas_engine.search_space.validation import SpaceProblem, find_problems

__all__ = ["PositionSpec", "SpaceProblem", "SpaceSpec", "problems"]


@dataclass(frozen=True, slots=True)
class SpaceSpec:
    """Every network with this stem and head and, at each position, one of the options that its lists combine to.

    Only types are checked, so that a space under edit can be stored; `problems` lists what keeps it from being built.
    """

    name: str
    stem: Stem
    positions: tuple[PositionSpec, ...]
    head: Head

    def search_space(self) -> SearchSpace:
        """Search space with every option listed. Raises ValueError with the first error of `problems`."""
        for problem in problems(self):
            if problem.severity == "error":
                raise ValueError(str(problem))
        return SearchSpace(self.name, self.stem, tuple(position.position() for position in self.positions), self.head)

    @classmethod
    def from_search_space(cls, space: SearchSpace) -> Self:
        """Spec of `space`: `from_search_space(s).search_space()` has exactly the options of `s` at each position.

        They are in the order of `PositionSpec`, so it equals `s` if `s` was made from a spec, as every study's is.
        Raises ValueError where a position's options have too little in common to be written as lists.
        """
        positions = []
        for number, position in enumerate(space.positions, start=1):
            try:
                positions.append(PositionSpec.from_position(position))
            except ValueError as error:
                raise ValueError(f"position {number}: {error}") from error
        return cls(space.name, space.stem, tuple(positions), space.head)

    def output_sizes(self) -> tuple[Pair, ...]:
        """(height = time, width = frequency) after each position; equal for all its options."""
        sizes = []
        size: Pair = self.stem.input_shape[:2]
        for position in self.positions:
            size = strided(size, position.strides)
            sizes.append(size)
        return tuple(sizes)

    def to_json(self) -> dict[str, Any]:
        """Name, stem, head and the lists of each position as JSON-able values."""
        return {
            "name": self.name,
            "stem": self.stem.to_json(),
            "positions": [position.to_json() for position in self.positions],
            "head": self.head.to_json(),
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Inverse of `to_json`. A head without `hidden_units` has no hidden layer, since TOML has no null, and needs no
        `hidden_activation` then.

        Raises ValueError with a line for each wrong part, naming its place and the key that is missing, unknown or not
        a whole number. `problems` checks whether the space can be built.
        """
        fields = json_fields(data, "search space", ("name", "stem", "positions", "head"))
        errors: list[str] = []

        def part(read: Any, *arguments: object) -> Any:
            try:
                return read(*arguments)
            except ValueError as error:
                errors.append(str(error))

        name = part(_name, fields["name"])
        stem = part(Stem.from_json, fields["stem"])
        listed = part(json_list, fields["positions"], "positions") or []
        positions = [part(PositionSpec.from_json, item, f"positions[{i}]") for i, item in enumerate(listed)]
        head = part(Head.from_json, _completed_head(fields["head"]))
        if errors:
            raise ValueError("\n".join(errors))
        return cls(name, stem, tuple(positions), head)


def problems(spec: SpaceSpec) -> tuple[SpaceProblem, ...]:
    """Errors and warnings about `spec`; it can be built if none is an "error"."""
    return find_problems(spec.name, spec.stem, spec.positions, spec.head)


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"name must be a text, not {value!r}")
    return value


def _completed_head(head: object) -> object:
    if not isinstance(head, dict) or head.get("hidden_units") is not None:
        return head
    return {"hidden_units": None, "hidden_activation": Head().hidden_activation, **head}
