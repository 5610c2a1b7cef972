"""Base of evolution and NSGA-II: parents among the reported trials, children that were not tried before.

All state but a counter follows from the outcomes in the order of their numbers, so that a restarted designer continues
like one that was not restarted, in whatever order trials end.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Outcome, State, Suggestion, accepted_state
from nas_engine.designers.new_architectures import first_new, new_anywhere, new_neighbour
from nas_engine.search_space.paper_spaces import SearchSpace

Indices = tuple[int, ...]
_DRAWS = 10  # children of other parents, before a neighbour of the last is taken


class BreedingDesigner(ABC):
    """Random draws first, then children. The state is the number of suggestions made."""

    FORMAT: ClassVar[str]
    SOURCE: ClassVar[str]

    def __init__(
        self, space: SearchSpace, seed: int, state: State | None = None, history: Sequence[Outcome] = ()
    ) -> None:
        state = accepted_state(state, self.FORMAT)
        self._space = space
        self._seed = seed
        self._sizes = tuple(len(position.options) for position in space.positions)
        self._suggested: int = state["suggested"] if state else len(history)
        self._outcomes: dict[int, Outcome] = {}
        self._indices: dict[int, Indices] = {}
        self._tried: set[str] = set()
        self.update(history)

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """Children of reported trials, or random draws while these are too few; new networks where there are any."""
        waiting = {architecture.network_hash for architecture in pending}
        suggestions = []
        for _ in range(count):
            suggestion = self._suggest_one(waiting)
            waiting.add(suggestion.architecture.network_hash)
            suggestions.append(suggestion)
        return suggestions

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """Add trials by number; an outcome of a known number is ignored."""
        for outcome in outcomes:
            if outcome.number not in self._outcomes:  # an answer from a stored result is no new evidence
                self._indices[outcome.number] = self._space.encode(outcome.architecture)
                self._outcomes[outcome.number] = outcome
                self._tried.add(outcome.architecture.network_hash)

    def dump(self) -> State:
        """Format and number of suggestions made."""
        return {"format": self.FORMAT, "suggested": self._suggested}

    @abstractmethod
    def _child(self, rng: np.random.Generator) -> Indices | None:
        """Option indices [positions] of a child of reported trials; None while they are too few."""

    def _suggest_one(self, waiting: set[str]) -> Suggestion:
        self._suggested += 1
        rng = np.random.default_rng([self._seed, self._suggested])
        taken = self._tried | waiting
        return first_new(lambda: self._draw(rng), taken, _DRAWS) or self._step_aside(taken, waiting, rng)

    def _draw(self, rng: np.random.Generator) -> Suggestion:
        child = self._child(rng)
        if child is None:
            return Suggestion(self._space.sample(rng), {"source": "random"})
        return Suggestion(self._space.decode(child), {"source": self.SOURCE})

    def _step_aside(self, taken: set[str], waiting: set[str], rng: np.random.Generator) -> Suggestion:
        """A child changed in one more block, or whatever is left, or one that is at least not waiting."""
        suggestion = self._draw(rng)
        other = (
            new_neighbour(self._space, suggestion.architecture, taken, rng)
            or new_anywhere(self._space, taken, rng)
            or new_anywhere(self._space, waiting, rng)
        )
        return suggestion if other is None else replace(suggestion, architecture=other)

    def _numbers(self) -> list[int]:
        """The trials with a reward, the oldest first."""
        return sorted(number for number, outcome in self._outcomes.items() if outcome.reward is not None)

    def _another_option(self, position: int, index: int, rng: np.random.Generator) -> int:
        """One of the other options at a position that has some, each equally likely."""
        return (index + 1 + int(rng.integers(self._sizes[position] - 1))) % self._sizes[position]
