"""Deduplication: no network is trained twice in a study, and none that violates the constraints.

Such suggestions are answered at once. Two architectures that differ only in the places of identities are one network
(`Architecture.network_hash`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.constraints import ConstraintCheck
from nas_engine.designers.base import (
    Designer,
    NothingFeasible,
    Outcome,
    SpaceExhausted,
    Suggestion,
    ViolatingSuggestion,
)
from nas_engine.designers.fallback import ConstraintFilter, fallback_suggestions
from nas_engine.designers.new_architectures import new_anywhere
from nas_engine.search_space.paper_spaces import SearchSpace

MOST_VIOLATING = 12  # suggestions after which a designer whose suggestions violate the constraints is not called again
_EQUIVALENTS = 10  # architectures that are one network: seldom more, and then the designer finds nothing new


@dataclass(frozen=True, slots=True)
class FilledSuggestions:
    """Suggestions to try, the number of repetitions answered from stored outcomes, and the violating suggestions."""

    suggestions: tuple[Suggestion, ...]
    duplicates_answered: int
    violating: tuple[ViolatingSuggestion, ...] = ()


def fill(
    designer: Designer,
    count: int,
    *,
    space: SearchSpace,
    finished: Mapping[str, Outcome],
    pending: Sequence[Architecture],
    rng: np.random.Generator,
    check: ConstraintCheck = lambda architecture: None,
    next_number: int = 1,
    rounds: int = 4,
) -> FilledSuggestions:
    """Up to `count` suggestions of different networks, none in `finished` or `pending`, none violating `check`.

    `finished` maps architecture hashes to outcomes. A finished network that the designer suggests is answered with
    `designer.update` from the stored outcome, under the suggestion's own metadata, as if it had been tried again. A new
    one that violates `check` is answered as infeasible, and is a trial: `FilledSuggestions.violating` numbers them from
    `next_number` on, fewer than MOST_VIOLATING + `count` of them. The designer is called until `rounds` calls brought
    no violation. `fallback_suggestions` complete the list; violating ones among them are skipped. Fewer than `count`
    are returned where no others are found.

    Raises ValueError for a `count` below 1 and, where no suggestion is found, NothingFeasible if any architecture
    violates `check`, SpaceExhausted otherwise. Dump the designer after this call, since the answers are in no history.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    filling = _Filling(space, finished, pending, ConstraintFilter(check), next_number)
    quiet = 0
    while quiet < rounds and filling.wants_more(count, rng):
        quiet += not filling.request(designer, count)
    filling.complete(count, rng)
    return FilledSuggestions(tuple(filling.chosen), filling.answered, tuple(filling.violating))


class _Filling:
    """Suggestions and violations found so far by one call of `fill`."""

    def __init__(
        self,
        space: SearchSpace,
        finished: Mapping[str, Outcome],
        pending: Sequence[Architecture],
        constraint_filter: ConstraintFilter,
        next_number: int,
    ) -> None:
        self.chosen: list[Suggestion] = []
        self.violating: list[ViolatingSuggestion] = []
        self.answered = 0
        self._space = space
        self._finished = finished
        # finished networks, and violating ones found since
        self._known = {outcome.architecture.network_hash: outcome for outcome in finished.values()}
        self._pending = pending
        self._taken = set(self._known) | {architecture.network_hash for architecture in pending}
        self._constraint_filter = constraint_filter
        self._next_number = next_number

    def wants_more(self, count: int, rng: np.random.Generator) -> bool:
        """Whether suggestions are missing and the designer can still find new ones."""
        if len(self.chosen) == count or len(self.violating) >= MOST_VIOLATING:
            return False
        if len(self._taken) * _EQUIVALENTS < self._space.cardinality:
            return True
        return new_anywhere(self._space, self._taken, rng) is not None

    def request(self, designer: Designer, count: int) -> bool:
        """Request missing suggestions and answer those that need no training; returns whether any was violating."""
        before = len(self.violating)
        waiting = [*self._pending, *(suggestion.architecture for suggestion in self.chosen)]
        answers = [self._judge(item) for item in designer.suggest(count - len(self.chosen), waiting)]
        designer.update([answer for answer in answers if answer is not None])
        return len(self.violating) > before

    def _judge(self, suggestion: Suggestion) -> Outcome | None:
        """Accept or reject a suggestion; returns the outcome to report to the designer at once, if there is one."""
        key = suggestion.architecture.network_hash
        if stored := self._known.get(key):
            self.answered += 1
            return replace(stored, architecture=suggestion.architecture, metadata=suggestion.metadata)
        if key in self._taken:
            return None
        self._taken.add(key)
        violation = self._constraint_filter.violation(suggestion.architecture)
        if violation is None:
            self.chosen.append(suggestion)
            return None
        violating = ViolatingSuggestion(self._next_number + len(self.violating), suggestion, violation.reason)
        self.violating.append(violating)
        self._known[key] = violating.outcome
        return violating.outcome

    def complete(self, count: int, rng: np.random.Generator) -> None:
        """Add missing suggestions without the designer. Raises NothingFeasible or SpaceExhausted if none is found."""
        others = fallback_suggestions(self._space, self._finished.values(), self._taken, self._constraint_filter, rng)
        self.chosen.extend(islice(others, count - len(self.chosen)))
        if self.chosen:
            return
        if (nearest := self._constraint_filter.nearest) is None:
            raise SpaceExhausted(
                f"every one of the {self._space.cardinality} architectures of {self._space.name} is finished, violates "
                "a constraint or is being tried"
            )
        raise NothingFeasible(
            f"{self._constraint_filter.violating:,} architectures of {self._space.name} were checked and none meets "
            f"the constraints; the nearest: {nearest.violation.reason}",
            self.violating,
        )
