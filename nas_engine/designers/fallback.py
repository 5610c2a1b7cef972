"""Fallback suggestions, for when a designer repeats itself or suggests only architectures that violate constraints."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.constraints import ConstraintCheck, Violation
from nas_engine.designers.base import Outcome, Suggestion
from nas_engine.designers.new_architectures import new_anywhere, new_neighbours
from nas_engine.search_space.paper_spaces import SearchSpace

MOST_DRAWS = 2_000  # architectures from anywhere that may violate the constraints in a row: under a second
_BEST = 5  # finished architectures whose neighbours are tried


@dataclass(frozen=True, slots=True)
class ViolatingArchitecture:
    """Architecture and the constraints it violates."""

    architecture: Architecture
    violation: Violation


class ConstraintFilter:
    """Constraint check that counts violations and remembers the architecture of the least excess."""

    def __init__(self, check: ConstraintCheck) -> None:
        self._check = check
        self.violating = 0
        self.nearest: ViolatingArchitecture | None = None

    def violation(self, architecture: Architecture) -> Violation | None:
        """Result of the constraint check for `architecture`, None where it meets all constraints."""
        violation = self._check(architecture)
        if violation is not None:
            self.violating += 1
            if self.nearest is None or violation.excess < self.nearest.violation.excess:
                self.nearest = ViolatingArchitecture(architecture, violation)
        return violation


def fallback_suggestions(
    space: SearchSpace,
    best: Iterable[Outcome],
    taken: set[str],
    constraint_filter: ConstraintFilter,
    rng: np.random.Generator,
) -> Iterator[Suggestion]:
    """New architectures that meet the constraints, until the space or the number of draws is used up.

    First neighbours of the five best outcomes in `best`, then architectures from anywhere, then a descent from the one
    of the least violation. Adds to `taken` the network hashes of those that it yields or finds violating.
    """
    feasible = ((outcome.reward, outcome.architecture) for outcome in best if outcome.reward is not None)
    for _, architecture in nlargest(_BEST, feasible, key=lambda pair: pair[0]):
        yield from _passing(new_neighbours(space, architecture, taken, rng), "neighbour", taken, constraint_filter)
    yield from _passing(_anywhere(space, taken, constraint_filter, rng), "random", taken, constraint_filter)
    yield from _descent(space, taken, constraint_filter, rng)


def _passing(
    architectures: Iterable[Architecture], source: str, taken: set[str], constraint_filter: ConstraintFilter
) -> Iterator[Suggestion]:
    for architecture in architectures:
        taken.add(architecture.network_hash)
        if constraint_filter.violation(architecture) is None:
            yield Suggestion(architecture, {"source": source})


def _anywhere(
    space: SearchSpace, taken: set[str], constraint_filter: ConstraintFilter, rng: np.random.Generator
) -> Iterator[Architecture]:
    """New architectures from the whole space, until MOST_DRAWS of them in a row violate the constraints."""
    in_a_row = 0
    while in_a_row < MOST_DRAWS and (architecture := new_anywhere(space, taken, rng)) is not None:
        before = constraint_filter.violating
        yield architecture
        in_a_row = in_a_row + 1 if constraint_filter.violating > before else 0


def _descent(
    space: SearchSpace, taken: set[str], constraint_filter: ConstraintFilter, rng: np.random.Generator
) -> Iterator[Suggestion]:
    """Feasible neighbours on a descent in the excess of violations, from the least one found so far: constraints
    may leave so little of a space that no random draw falls inside.
    """
    left: ViolatingArchitecture | None = None
    while (nearest := constraint_filter.nearest) is not None and nearest is not left:
        yield from _passing(
            new_neighbours(space, nearest.architecture, taken, rng), "descent", taken, constraint_filter
        )
        left = nearest
