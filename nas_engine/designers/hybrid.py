"""Hybrid of a Gaussian process and Hyper-Firefly (Speckhard et al., section 5).

A Gaussian process learns most from few trials and slows down with many. After `switch_at` trials, feasible or not,
Hyper-Firefly takes over with the best of them as its first flies. Where `by_compute`, the unit is the compute of a
whole training: a trial stopped early counts as the share that it took, every other one, open ones included, as one.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Designer, Outcome, State, Suggestion, accepted_state
from nas_engine.designers.firefly.hyperfirefly import WINDOW, HyperFireflyDesigner
from nas_engine.search_space.paper_spaces import SearchSpace

FORMAT = "hybrid-1"
_Maker = Callable[[SearchSpace, int, State | None, Sequence[Outcome]], Designer]


class HybridDesigner:
    """`first()` returns the constructor of the first designer; it is not called after the switch, which is final.

    The state is that of the active designer, and which one is active.
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int,
        state: State | None = None,
        history: Sequence[Outcome] = (),
        *,
        first: Callable[[], _Maker],
        switch_at: int,
        by_compute: bool = False,
    ) -> None:
        state = accepted_state(state, FORMAT)
        self._space = space
        self._seed = seed
        self._switch_at = switch_at
        self._by_compute = by_compute
        was_switched = bool(state and state["switched"])
        made_by_second = any(WINDOW in outcome.metadata for outcome in history)
        self._switched = was_switched or made_by_second or self._spent(history) >= switch_at
        self._before = {} if self._switched else {outcome.number: outcome for outcome in history}
        maker: _Maker = HyperFireflyDesigner if self._switched else first()
        own_state = state["at_work"] if state and was_switched == self._switched else None
        self._at_work = maker(space, seed, own_state, history)

    def suggest(self, count: int, pending: Sequence[Architecture]) -> list[Suggestion]:
        """Suggestions of the active designer; switches within the call where `switch_at` is reached."""
        if self._switched:
            return self._at_work.suggest(count, pending)
        left = min(math.ceil(self._switch_at - self._spent(self._before.values()) - len(pending)), count)
        suggestions = self._at_work.suggest(left, pending) if left > 0 else []
        if len(suggestions) < count:
            self._switch()
            waiting = [*pending, *(suggestion.architecture for suggestion in suggestions)]
            suggestions += self._at_work.suggest(count - len(suggestions), waiting)
        return suggestions

    def update(self, outcomes: Sequence[Outcome]) -> None:
        """Pass `outcomes` to the active designer and keep them for the switch."""
        if not self._switched:
            for outcome in outcomes:
                self._before.setdefault(outcome.number, outcome)
        self._at_work.update(outcomes)

    def dump(self) -> State:
        """Format, whether it has switched, and the state of the active designer."""
        return {"format": FORMAT, "switched": self._switched, "at_work": self._at_work.dump()}

    def _spent(self, outcomes: Iterable[Outcome]) -> float:
        """Trials, or where `by_compute` the compute of so many whole trainings; the same in any order of outcomes."""
        return math.fsum(outcome.trained_share if self._by_compute else 1.0 for outcome in outcomes)

    def _switch(self) -> None:
        history = [self._before[number] for number in sorted(self._before)]
        self._at_work = HyperFireflyDesigner(self._space, self._seed, None, history)
        self._switched, self._before = True, {}
