"""No architecture is trained twice in a study: a designer's repetitions are answered from the stored results."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice

import numpy as np

from nas_engine.architecture import Architecture
from nas_engine.designers.base import Designer, Outcome, SpaceExhausted, Suggestion
from nas_engine.designers.distinct import new_anywhere, new_neighbour
from nas_engine.search_space import SearchSpace

_BEST = 5  # of the finished ones, whose neighbours are tried where the designer has no more to say


@dataclass(frozen=True, slots=True)
class Filled:
    """New architectures to try, and how many repetitions the designer was answered on the way."""

    suggestions: tuple[Suggestion, ...]
    duplicates_answered: int


def fill(
    designer: Designer,
    count: int,
    *,
    space: SearchSpace,
    finished: Mapping[str, Outcome],
    pending: Sequence[Architecture],
    rng: np.random.Generator,
    rounds: int = 4,
) -> Filled:
    """Up to `count` suggestions, all different and none in `finished` (by architecture hash) or `pending`.

    The designer is asked up to `rounds` times. A finished architecture that it suggests is answered with
    `designer.update` from the stored outcome, under the suggestion's own metadata, as if it had been tried again. What
    is missing after that are neighbours of the best finished ones, then architectures from anywhere. Fewer than
    `count` means that these were the last ones of the space. Raises SpaceExhausted where there is none at all.

    Dump the designer after this, not before: the answers are in no history.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    taken = set(finished) | {architecture.hash for architecture in pending}
    chosen: list[Suggestion] = []
    answered = 0
    for _ in range(rounds):
        if len(chosen) == count or _is_used_up(space, taken, rng):
            break
        waiting = [*pending, *(suggestion.architecture for suggestion in chosen)]
        repeated = []
        for suggestion in designer.suggest(count - len(chosen), waiting):
            key = suggestion.architecture.hash
            if key in finished:
                repeated.append(_answer(finished[key], suggestion))
            elif key not in taken:
                taken.add(key)
                chosen.append(suggestion)
        designer.update(repeated)
        answered += len(repeated)
    chosen.extend(islice(_others(space, finished, taken, rng), count - len(chosen)))
    if not chosen:
        raise SpaceExhausted(
            f"every one of the {space.cardinality} architectures of {space.name} has been tried or is being tried"
        )
    return Filled(tuple(chosen), answered)


def _is_used_up(space: SearchSpace, taken: set[str], rng: np.random.Generator) -> bool:
    return len(taken) >= space.cardinality and new_anywhere(space, taken, rng) is None


def _answer(stored: Outcome, suggestion: Suggestion) -> Outcome:
    return Outcome(stored.number, stored.architecture, stored.reward, suggestion.metadata)


def _others(
    space: SearchSpace, finished: Mapping[str, Outcome], taken: set[str], rng: np.random.Generator
) -> Iterator[Suggestion]:
    """New architectures without a designer, until the space is used up. Adds to `taken` what it yields."""
    feasible = ((outcome.reward, outcome.architecture) for outcome in finished.values() if outcome.reward is not None)
    for _, best in nlargest(_BEST, feasible, key=lambda pair: pair[0]):
        while (neighbour := new_neighbour(space, best, taken, rng)) is not None:
            taken.add(neighbour.hash)
            yield Suggestion(neighbour, {"source": "neighbour"})
    while (other := new_anywhere(space, taken, rng)) is not None:
        taken.add(other.hash)
        yield Suggestion(other, {"source": "random"})
