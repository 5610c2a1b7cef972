"""Uniform random search: baseline for other designers, and the start of those that need data."""

from collections.abc import Sequence

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Outcome, State, Suggestion, accepted_state
from nas_engine.designers.new_architectures import first_new, new_anywhere
from nas_engine.search_space.paper_spaces import SearchSpace

FORMAT = "random-1"
_DRAWS = 20  # before the space is enumerated instead


class RandomDesigner:
    """Draws 1, 2, 3, ... of a sequence that the seed fixes; the state is the number of draws made."""

    def __init__(
        self, space: SearchSpace, seed: int, state: State | None = None, history: Sequence[Outcome] = ()
    ) -> None:
        state = accepted_state(state, FORMAT)
        self._space = space
        self._seed = seed
        self._drawn: int = state["drawn"] if state else len(history)

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """`count` architectures drawn uniformly, different networks where the space has as many."""
        taken = {architecture.network_hash for architecture in pending}
        suggestions = []
        for _ in range(count):
            suggestion = first_new(self._draw, taken, _DRAWS) or self._search(taken)
            taken.add(suggestion.architecture.network_hash)
            suggestions.append(suggestion)
        return suggestions

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """No effect: random search does not depend on outcomes."""

    def dump(self) -> State:
        """Format and number of draws made."""
        return {"format": FORMAT, "drawn": self._drawn}

    def _next_rng(self) -> np.random.Generator:
        self._drawn += 1
        return np.random.default_rng([self._seed, self._drawn])

    def _draw(self) -> Suggestion:
        return Suggestion(self._space.sample(self._next_rng()), {"source": "random"})

    def _search(self, taken: set[str]) -> Suggestion:
        architecture = new_anywhere(self._space, taken, self._next_rng())
        return self._draw() if architecture is None else Suggestion(architecture, {"source": "random"})
